/*
 * gil.h - one lock for a whole interpreter: the contract.
 *
 * The interpreter of vm.h is for one thread at a time. A `struct gil` makes it
 * fit for many: each calls gil_run() with a program of its own, all at the
 * same moment, and they take turns.
 *
 *   One at a time. At every moment at most one thread holds the interpreter,
 *   and whatever vm.h says must happen with it held happens so.
 *
 *   Not while waiting. Nobody holds the interpreter during vm_wait(): while
 *   one thread waits, others execute, and any number can wait together.
 *
 *   A turn begins when a thread takes the interpreter: when it has come, when
 *   it comes back from vm_wait(), and when it was made to hand over and goes
 *   on. Its instructions are counted from there.
 *
 *   A turn has an end. While another thread waits for the interpreter, the
 *   one that holds it executes at most `interval` instructions more; the one
 *   during which the other came does not count. Then it hands the interpreter
 *   over: one of those who were waiting goes on, whichever, and only later it
 *   itself. A thread to which that has happened is one of those who wait. So
 *   the turn after it has at most `interval` instructions, the first included.
 *
 *   Not before its end. A thread that executes and does not wait is made to
 *   hand over no sooner than `interval` instructions after its turn began.
 *
 *   Nobody starves. Whoever waits for the interpreter gets it in the end,
 *   however many others want it again and again: whether it has just come,
 *   comes from a wait, or was made to hand over. With three threads, that is
 *   before another one has had sixteen turns.
 *
 *   Asleep. Who waits for the interpreter sleeps. It does not ask again and
 *   again.
 *
 * An instruction is a call of vm_step().
 */
#ifndef GIL_H
#define GIL_H

#include "vm.h"

/* What is in it is up to you: you define it in gil.c. */
struct gil;

/*
 * The lock of one interpreter, which nobody holds. `interval` is the switch
 * interval in instructions, 1 or more. Each interpreter has one of its own,
 * and does not wait for the others. Returns NULL when there is no memory. It
 * belongs to the caller, who gives it back with gil_destroy().
 */
struct gil *gil_create(int interval);

/* Frees it. No gil_run() is under way, and none follows. */
void gil_destroy(struct gil *gil);

/*
 * Executes the thread's program to its end: vm_step() again and again, and
 * vm_wait() after each VM_WAITS; then vm_finish(), once, whatever the end was.
 * Returns what vm_finish() returns. On return the caller does not hold the
 * interpreter.
 *
 * Blocks while others hold the interpreter, and as long as the program waits.
 * Any number of threads may be in here at the same moment, each with a
 * vm_thread of its own, all of one vm.
 */
int gil_run(struct gil *gil, struct vm_thread *thread);

#endif
