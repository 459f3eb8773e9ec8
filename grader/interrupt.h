/*
 * interrupt.h - Ctrl-C and its like, for the verbs that run boxes.
 */
#ifndef INTERRUPT_H
#define INTERRUPT_H

/* From now on SIGINT, SIGTERM and SIGHUP end every box soon (box_interrupt),
 * and a broken pipe is an error and no signal. */
void interrupt_by_signals(void);

#endif
