/*
 * event-loop.h - one thread that waits for many things: the contract, in four
 * steps. Each step has points of its own.
 *
 * A loop belongs to one thread. It alone calls the functions below, and all
 * callbacks run in it, one after the other; so none of them needs a lock. The
 * one exception is the function that task_blocking() runs. No thread is
 * created before the first task_blocking().
 *
 * A callback may call everything here but loop_run() and loop_destroy(). It
 * should not block: while it does, all others wait.
 *
 * Functions that can fail return an error number, or NULL or 0 where they
 * return something else; errno is not used. After an error nothing has
 * happened. Times are in microseconds. `arg` is what was handed over together
 * with the function that gets it.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

/* ---- step 1: timers, and how the loop waits ----------------------------- */

/*
 * What the loop knows of time. A test that brings a clock of its own needs
 * no time at all. Both functions are called by the loop's thread only.
 */
struct loop_clock {
    /* The time. It never goes back. */
    int64_t (*now)(void *arg);

    /*
     * In place of epoll_wait(2), and just like it: -1 and errno after an
     * error, `timeout` in whole milliseconds, -1 for ever. There is no other
     * place where the loop waits.
     */
    int (*wait)(void *arg, int epoll, struct epoll_event *events, int most,
                int timeout);

    void *arg;
};

struct loop_config {
    /* NULL: CLOCK_MONOTONIC and epoll_wait(2). */
    const struct loop_clock *clock;

    /*
     * A callback that has held the loop for more than `slow` by the loop's
     * clock is reported: on_slow(held, its arg, slow_arg), after it has
     * returned and before the next callback. 0: nothing is reported.
     */
    int64_t slow;
    void (*on_slow)(int64_t held, void *its_arg, void *slow_arg);
    void *slow_arg;
};

/*
 * A new loop. `config` may be NULL, for all zero; it and the clock are
 * copied. Returns NULL when there is no memory or no descriptor for it. It
 * belongs to the caller, who gives it back with loop_destroy().
 */
struct loop *loop_create(const struct loop_config *config);

/* The time by the loop's clock. */
int64_t loop_now(const struct loop *loop);

/*
 * Sets a timer: callback(arg) runs once, when `delay` from now is over.
 * "Now" is the clock's time at this call; below 0 counts as 0, and nobody asks
 * for more than a hundred years. It never runs earlier, and at most a
 * millisecond later if nothing holds the loop. Timers run in the order of their
 * times, equal ones in the order of their setting.
 *
 * Returns a number for loop_cancel(), never 0 and never the same again, or 0
 * when there is no memory.
 */
uint64_t loop_after(struct loop *loop, int64_t delay,
                    void (*callback)(void *arg), void *arg);

/*
 * The timer will not run, even if it is due by now. Returns 0, or ENOENT
 * when it has begun to run, has been cancelled, or never was.
 */
int loop_cancel(struct loop *loop, uint64_t timer);

/*
 * Runs callbacks, turn after turn. In each turn the loop waits until
 * something is due or ready, or not at all if that is so already. Then it
 * runs the timers that are due, the descriptors that are ready (step 2), and
 * the tasks whose turn has come (step 3), in whatever order among these
 * three. What a callback sets has its turn later: delay 0 means the next
 * turn, so nothing can keep the others from theirs.
 *
 * Returns
 *
 *   0       There is nothing left to wait for: no timer, no descriptor, no
 *           task that is to begin, to sleep or to complete, no blocking call.
 *           Or loop_stop() was called.
 *   others  The error of waiting. EINTR is none: a signal came, and the loop
 *           goes on.
 *
 * What is left stays; loop_run() may be called again, and goes on with it.
 */
int loop_run(struct loop *loop);

/*
 * From a callback: loop_run() returns when this callback has, without running
 * another. Outside a callback it does nothing.
 */
void loop_stop(struct loop *loop);

/*
 * Frees a loop and all timers and tasks that it still has; none of their
 * callbacks is called. Descriptors are not closed, but for the loop's own.
 * Blocks until the functions of task_blocking() that run have returned, and
 * their threads have ended.
 */
void loop_destroy(struct loop *loop);

/* ---- step 2: descriptors ------------------------------------------------ */

/*
 * Watches a descriptor: whenever it is ready for one of `events` (EPOLLIN,
 * EPOLLOUT, EPOLLRDHUP; no other bits), ready(fd, what, arg) is called, once
 * a turn. It is called for EPOLLHUP and EPOLLERR, too. `what` is what
 * epoll_wait() said.
 *
 * Level-triggered: as long as the descriptor is ready it is called again in
 * each turn, however little it read or wrote. Reading and writing are its own
 * affair, and so are short reads, EAGAIN, and the end of the file.
 *
 * Returns 0; EEXIST when the descriptor is watched; ENOMEM; or what
 * epoll_ctl(2) says: EBADF, or EPERM for a regular file.
 */
int loop_watch(struct loop *loop, int fd, uint32_t events,
               void (*ready)(int fd, uint32_t what, void *arg), void *arg);

/*
 * Ends that, at once: ready() will not be called again, even if the
 * descriptor was found ready in this turn. This comes before close(). The
 * number may then be given to another descriptor and be watched again, in
 * the same callback: what was found of the old one is not told to the new.
 *
 * Returns 0, or ENOENT when it is not watched.
 */
int loop_unwatch(struct loop *loop, int fd);

/* ---- step 3: tasks ------------------------------------------------------ */

/*
 * Something that begins, and later is settled: it has an error (0: none) and
 * a result. The first to settle it counts. Then its completion is called,
 * once: done(error, result, arg).
 *
 * The loop frees a task. The pointer is valid until its completion is
 * called, and beyond that for one call: a task_finish() that is still owed.
 * (A task without a completion is kept until loop_destroy().)
 *
 * Tasks begin in the order in which they were started. Completions are
 * called in the order in which their tasks were settled (or, if that comes
 * later, got their completion). Both have a turn of their own: neither is
 * called inside one of these functions.
 */
struct task;

/*
 * A task that the caller writes. begin(task, arg) is called in its turn, the
 * next one at the latest. It owes one task_finish(), now or in some later
 * callback. Returns NULL when there is no memory.
 */
struct task *task_start(struct loop *loop,
                        void (*begin)(struct task *task, void *arg), void *arg);

/*
 * Settles a task of task_start() that has begun. If it has been cancelled,
 * this changes nothing any more, but it is still owed. Cannot fail.
 */
void task_finish(struct task *task, int error, void *result);

/*
 * Gives a task its completion; it may be settled already. A task gets one,
 * here or by being gathered. Cannot fail.
 */
void task_then(struct task *task,
               void (*done)(int error, void *result, void *arg), void *arg);

/*
 * A task that is settled with 0 and NULL when `delay` from now is over, as a
 * timer would be. Returns NULL when there is no memory.
 */
struct task *task_sleep(struct loop *loop, int64_t delay);

struct outcome {
    int error;
    void *result;
};

/*
 * A task that waits for all of `count` others, which have no completion yet.
 * When the last of them is settled, outcomes[i] is the outcome of tasks[i],
 * in whatever order they were, and this task is settled: with the error of
 * the lowest i that has one, or with 0; the result is `outcomes`. With
 * `count` 0 that is so at once.
 *
 * `tasks` may be gone when the function has returned, `outcomes` when the
 * completion has been called. Returns NULL when there is no memory; then
 * `tasks` are as they were.
 */
struct task *task_gather(struct loop *loop, struct task *const tasks[],
                         size_t count, struct outcome outcomes[]);

/*
 * Settles a task with ECANCELED and NULL: one that has not begun never does,
 * one that sleeps does not wake, even if its time has come. To cancel a
 * task_gather() is to cancel all that it still waits for; it is settled by
 * that, in its own way. Returns 0, or EALREADY when the task is settled.
 */
int task_cancel(struct task *task);

/* ---- step 4: blocking calls --------------------------------------------- */

/*
 * A task for a function that blocks: function(arg, &result) is called in
 * another thread, at once, and the task is settled with the error that it
 * returns and its result, which is NULL before. The loop goes on meanwhile.
 * At least four such functions run at the same moment; more may have to wait.
 * Whatever a function wrote is seen by its completion.
 *
 * It cannot be stopped: when its task has been cancelled, its error and
 * result are thrown away. loop_run() may, but need not, wait for it then.
 *
 * Returns NULL when there is no memory or no thread.
 */
struct task *task_blocking(struct loop *loop,
                           int (*function)(void *arg, void **result),
                           void *arg);

#endif
