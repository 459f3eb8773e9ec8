/*
 * machine.h - what this machine lets the grader do.
 */
#ifndef MACHINE_H
#define MACHINE_H

/*
 * NULL when the grader can see in /proc in which call another process sleeps
 * and how often it has run: all that is said of deadlocks and meetings rests
 * on it (stillness.h). Else what forbids it, and what helps. Takes half a
 * millisecond. Not to be called while other threads run.
 */
const char *machine_cannot_watch(void);

#endif
