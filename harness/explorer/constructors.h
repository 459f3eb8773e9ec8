/*
 * constructors.h - what a program does before main(), and after it, is a part
 * of each schedule.
 */
#ifndef CONSTRUCTORS_H
#define CONSTRUCTORS_H

/* The program's constructors, in their order; the first thread calls it
 * before all else. */
void constructors_run(void);

/* Its destructors, in the opposite order; for exit(), behind the handlers. */
void destructors_run(void);

#endif
