/*
 * coroutines.h - functions that stop in the middle and go on later: the
 * contract, in four steps. Each step has points of its own.
 *
 * All of it happens in the calling thread; no thread is created. Each thread
 * may have coroutines of its own, and they have nothing to do with those of
 * others: no locks, and nothing shared. Whatever is made here is used only by
 * the thread that has made it.
 *
 * The switch from one stack to another is done with <ucontext.h>, which is
 * getcontext(), makecontext(), swapcontext(), setcontext(). The kit tells its
 * tools of these calls. It cannot tell them of other ways (longjmp() to
 * another stack, assembler), and they would accuse what they do not
 * understand; so no other way is used.
 *
 * "Running" is a coroutine whose function is at work, or that has resumed
 * another one and waits for it to yield or to end.
 *
 * Functions that can fail return an error number, or NULL if they return a
 * pointer; errno is not used. After an error nothing has happened, and what a
 * pointer points to is as it was. Pointers for results may be NULL.
 */
#ifndef COROUTINES_H
#define COROUTINES_H

#include <stdbool.h>
#include <stddef.h>

struct coroutine;

/* ---- step 1: send and yield --------------------------------------------- */

/*
 * A new coroutine. It does not begin yet: the first coro_send() calls
 * function(arg), on a stack of its own.
 *
 * `stack` is the stack's size in bytes, from 8 KiB to 1 GiB; 0 means 64 KiB.
 * The function can use at least that much, but for 1 KiB; and no more than that
 * and 64 KiB more, since directly below the stack is a guard page, which is
 * mapped and may not be touched: who goes too far gets SIGSEGV and does not
 * damage what belongs to others. (What coro_yield() uses is used on that stack,
 * too; an fprintf(stderr, ...) in it may need more than 8 KiB.)
 *
 * Returns NULL when there is no memory; the next call tries again. The caller
 * gives the coroutine back with coro_destroy().
 */
struct coroutine *coro_create(void *(*function)(void *arg), void *arg,
                              size_t stack);

/*
 * Resumes a coroutine, and comes back when it yields or ends. The first
 * coro_send() lets its function begin; no coro_yield() waits for a value then,
 * so it must be NULL. Later ones let the coro_yield() in which it stands return
 * `value`. A coroutine may resume others, to any depth.
 *
 * Returns
 *
 *   0       *result is what the coroutine has yielded, or, if coro_done() is
 *           true now, what its function has returned.
 *   EINVAL  It has not begun, and `value` is not NULL.
 *   EBUSY   It is running, or has ended.
 *
 * (One that was closed before it began has ended and has not begun: either
 * error is right for a value.)
 */
int coro_send(struct coroutine *co, void *value, void **result);

/*
 * In a coroutine: suspends it. coro_send() comes back with `value`; the next
 * coro_send() is where this one returns from, with its value in *sent.
 *
 * Returns
 *
 *   0          It was resumed, and *sent is set.
 *   ECANCELED  It is being closed (step 2). From then on every coro_yield()
 *              of this coroutine returns that at once, without suspending.
 *   EPERM      The caller is in no coroutine.
 */
int coro_yield(void *value, void **sent);

/* Has it ended: has its function returned, or was it closed? */
bool coro_done(const struct coroutine *co);

/*
 * Gives back a coroutine and its stack; one that has not ended is closed
 * first. NULL is allowed. Returns 0, or EBUSY when it is running.
 *
 * When the last coroutine of a thread is destroyed, nothing is left of any.
 * (Until then, stacks may be kept for later.)
 */
int coro_destroy(struct coroutine *co);

/* ---- step 2: close ------------------------------------------------------ */

/*
 * Ends a coroutine before its time; anybody may, and not only who has resumed
 * it. If it is suspended, its coro_yield() returns ECANCELED; it is to clean up
 * and return. While it does so it is running, and may use other coroutines,
 * close and destroy them. coro_close() comes back when
 * its function has returned; what that returned is lost. If it has not begun,
 * its function is never called. If it has ended, nothing happens.
 *
 * Returns 0, or EBUSY when it is running.
 */
int coro_close(struct coroutine *co);

/* ---- step 3: coroutines that use others --------------------------------- */

/*
 * In a coroutine: runs another one to its end, in the place of the caller.
 * What `co` yields is yielded by the caller, and what is sent to the caller is
 * sent on to `co`; whoever resumes the caller sees no difference. If `co` ends
 * without yielding, the caller is not suspended at all. One that is suspended
 * already is resumed with NULL, and goes on from there. Nothing is freed. As
 * long as it is awaited, nobody else resumes or closes `co`.
 *
 * Returns
 *
 *   0          `co` has ended, and *result is what it returned.
 *   ECANCELED  The caller is being closed; `co` has been closed, too. (If the
 *              caller was being closed before, `co` may run until it yields,
 *              and end if it does not; or it may be closed at once.)
 *   EBUSY      `co` is running, or has ended.
 *   EPERM      The caller is in no coroutine.
 */
int coro_await(struct coroutine *co, void **result);

/*
 * Stages of a pipeline. Each is a coroutine that takes from its source, with
 * coro_send(source, NULL, ...), one value whenever it needs one, and never
 * earlier. It ends, with NULL, when its source has ended, also if it had ended
 * before; what the source returned is lost. Values may be NULL, and end
 * nothing. A source that is running is not given to a stage.
 *
 *   gen_map     yields change(value, arg) for each value
 *   gen_filter  yields those values for which keep(value, arg) is true
 *   gen_take    yields `count` values; when it is asked for more it ends,
 *               without asking its source again
 *
 * A stage owns its source. As soon as the stage ends or is closed, the source
 * is closed, too; it is freed then or when the stage is destroyed. So the last
 * stage is all that one must keep.
 *
 * They return NULL when there is no memory; the source is the caller's then.
 */
struct coroutine *gen_map(struct coroutine *source,
                          void *(*change)(void *value, void *arg), void *arg);
struct coroutine *gen_filter(struct coroutine *source,
                             bool (*keep)(void *value, void *arg), void *arg);
struct coroutine *gen_take(struct coroutine *source, size_t count);

/* ---- step 4: tasks that take turns -------------------------------------- */

/*
 * Tasks are coroutines that one loop resumes in turn: a round-robin. They
 * share the thread, and each keeps it until it pauses, sleeps or ends.
 */
struct tasks;

/* No tasks yet. Returns NULL when there is no memory. */
struct tasks *tasks_create(void);

/*
 * A new task, at the end of the queue. It does not begin yet. Its function may
 * start others; what it returns is lost. Returns 0 or ENOMEM.
 */
int tasks_start(struct tasks *tasks, void *(*function)(void *arg), void *arg);

/*
 * Runs all tasks to their end. The first of the queue is resumed, until it
 * pauses (then it goes to the end of the queue), sleeps (then it leaves the
 * queue), or ends (then it is freed); and so on.
 *
 * The clock counts ticks. It stands still as long as the queue is not empty;
 * when all tasks sleep, it jumps to the earliest time at which one is to wake.
 * Those whose time has come go to the end of the queue, in the order in which
 * they fell asleep.
 *
 * Returns 0 when no task is left, or EBUSY if they are running already: in one
 * of these tasks, and in whatever such a task resumes. There, other tasks may
 * be run.
 */
int tasks_run(struct tasks *tasks);

/* The time in ticks, which was 0 at tasks_create(). */
unsigned long tasks_now(const struct tasks *tasks);

/* Closes the tasks that are left, which were started and have not begun, and
 * frees all. In none of these tasks. NULL is allowed. */
void tasks_destroy(struct tasks *tasks);

/*
 * Only in a task, or in what a task awaits with coro_await(), to any depth:
 * lets the others have their turn. task_sleep() comes back when `ticks` have
 * gone by; with 0 it is task_pause(). Returns 0, or ECANCELED as coro_yield()
 * does.
 *
 * What runs in a task yields nothing but by these two.
 */
int task_pause(void);
int task_sleep(unsigned long ticks);

#endif
