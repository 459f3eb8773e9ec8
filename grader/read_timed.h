/*
 * read_timed.h - what a program that ran in virtual time has told
 * (harness/explorer/curve.h).
 */
#ifndef READ_TIMED_H
#define READ_TIMED_H

#include "judge.h"

/*
 * Adds the records of one process to `timed`, which may have those of another;
 * places by the debug information of `program`. `student` is the name of her
 * file; NULL: all is hers that is not the kit's. The run on `asked` cores
 * becomes `many`. Returns -1 with a sentence on `why` when the program cannot
 * be read.
 */
int read_timed(void *ctx, const struct records *records, const char *program,
               const char *student, int asked, struct timed *timed,
               const char **why);

/* When all is there: the runs by their number of cores. */
void read_timed_sort(struct timed *timed);

#endif
