/*
 * silence.h - several checks may run in one clone at one time; one that reads
 * the clock wants the others to hold still for a moment.
 *
 * A turnstile over two lock files below build/: whoever wants to run passes
 * the gate and shares the room; whoever wants silence holds the gate shut
 * and waits until the room is empty. So nobody starves, and a lock goes with
 * the process that held it. flock(2).
 */
#ifndef SILENCE_H
#define SILENCE_H

/* Blocks while somebody has asked for silence. Returns what to give back, or
 * -1 when there are no lock files (then nobody is kept out). */
int silence_enter(const char *root);

/* Blocks until nobody else is in. */
int silence_alone(const char *root);

void silence_leave(int room);

#endif
