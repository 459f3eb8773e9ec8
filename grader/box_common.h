/*
 * box_common.h - what every box needs, whichever it is: the interrupt and the
 * meaning of a wait status.
 */
#ifndef BOX_COMMON_H
#define BOX_COMMON_H

#include "box.h"

/*
 * A descriptor that becomes, and stays, readable with box_interrupt(); or -1
 * when it could not be made. To be asked for before box_interrupted(): then no
 * interrupt is missed.
 */
int box_interrupt_fd(void);

/* What is known of a program that ended and was not stopped by its box. */
struct box_ending {
    int status;         /* from wait() */
    size_t peak_memory; /* of its largest process */
    bool flooded;       /* wrote far past output_bytes */
};

/* Sets `end` and `code` of a result whose cpu_seconds are known. */
void box_classify(const struct box_limits *limits,
                  const struct box_ending *ending, struct box_result *result);

#endif
