/*
 * process-pool.h - a fixed number of processes that work on items: the
 * contract.
 *
 * The caller's process has one thread, and so has each worker. Functions that
 * can fail return 0 or an error number, as the pthread functions do; errno is
 * not used.
 *
 * A worker is a child of the caller's process, made by fork(); the function
 * that it runs came with it, items and results go through pipes or socket
 * pairs. It shares no memory with anyone. It never returns into the caller's
 * code, and leaves with _exit(): what the caller has registered with atexit(),
 * or has printed and not yet flushed, is the caller's alone.
 *
 * Do without pidfd_open(): the Memcheck that looks at your program does not
 * know it.
 */
#ifndef PROCESS_POOL_H
#define PROCESS_POOL_H

#include <stddef.h>

struct process_pool;

/* Some bytes. `data` may be NULL if `size` is 0. */
struct bytes {
    size_t size;
    void *data;
};

/*
 * The work on one item. It is called in a worker. The item is valid until the
 * function returns; its data may begin at any address, so the function copies
 * a number or a struct out of it. *result is {0, NULL} before; the function
 * may put there a block that it got from malloc(), which the worker frees
 * when it has sent it (or has no use for it).
 *
 * Returns 0, or the item's own error, any number but 0; then there is no
 * result. The worker goes on to its next item in either case.
 */
typedef int process_pool_work(const struct bytes *item, struct bytes *result);

struct process_pool_config {
    int workers; /* processes, 1 or more */
    process_pool_work *work;

    /*
     * Each of the two may be NULL. initialize(arg) is called once in each
     * worker, before its first item; it returns 0 or an error number.
     * finish(arg) is called once in each worker that process_pool_destroy()
     * ends, after its last item. Neither is called anywhere else, but finish()
     * may be: in a worker whose pool could not be created, or whose caller
     * has gone.
     */
    int (*initialize)(void *arg);
    void (*finish)(void *arg);
    void *arg;
};

/* What became of one item. */
struct process_pool_result {
    int error;          /* 0, or why there are no bytes */
    struct bytes bytes; /* after an error {0, NULL} */
};

/*
 * Starts the workers: exactly `workers` processes, all of them children of
 * the caller's. Blocks until each has initialized itself. *config may be gone
 * afterwards. On success *pool belongs to the caller, who gives it back with
 * process_pool_destroy(). Returns
 *
 *   0        All workers are ready.
 *   ECHILD   A worker died in its initialize().
 *   others   What initialize() returned in one of the workers, or the error
 *            of malloc, fork, pipe and the like.
 *
 * After an error nothing is left behind: no process, no zombie, no
 * descriptor; and *pool is NULL.
 */
int process_pool_create(struct process_pool **pool,
                        const struct process_pool_config *config);

/*
 * Has the workers call work() for each of the `count` items, as many at the
 * same moment as there are workers: no item waits while a worker has nothing
 * to do. Blocks until the outcome of all is known. Items and results may have
 * any size, 0 and more than a pipe holds among them.
 *
 * results[i] becomes the outcome of items[i], whichever ends first. Its bytes
 * come from malloc() and belong to the caller, who frees results[i].bytes.data.
 * Its error is
 *
 *   0        There is a result.
 *   ECHILD   The worker died while it had the item. The item is not tried
 *            again.
 *   others   What work() returned; ENOMEM, if the item or its result did not
 *            fit into the memory of either side (it is no reason to die: a
 *            worker that has no memory for an item says so, and goes on); or
 *            why there was no worker, see below.
 *
 * A worker that has died costs nothing but the item that it had, and a new
 * one takes its place, which initializes itself like the others: at the latest
 * when there is an item for it. If one died while it had none (somebody
 * killed it), then either nothing is lost, or the item that it is sent next
 * gets ECHILD. If a new worker cannot be made, or its initialize() fails or
 * dies, then the others go on without it. An item gets that error (ECHILD, if
 * it died) when it was meant for this worker, or when no worker is left. The
 * next call tries again.
 *
 * `count` may be 0. Returns the error of the lowest item that has one, or 0;
 * or ENOMEM when there was no memory to begin with: then nothing was run, and
 * each result is that error.
 */
int process_pool_map(struct process_pool *pool, const struct bytes items[],
                     struct process_pool_result results[], size_t count);

/*
 * Ends the workers: each calls finish() and leaves. Blocks until all have
 * ended and are waited for. Closes all descriptors, and frees the pool. NULL
 * is allowed.
 */
void process_pool_destroy(struct process_pool *pool);

/*
 * What else the program does must not disturb the pool, nor the pool the
 * program.
 *
 * - The caller may have other children, before, while and after there is a
 *   pool. The pool waits for its own workers only, and takes the exit status
 *   of no other child.
 * - Several pools may exist at one time and be destroyed in any order.
 * - Workers inherit what the caller has open, and may use it. Of the ends of
 *   pipes and socket pairs that one pool makes, each is open in one process
 *   of that pool only: in the caller's, or in one worker.
 *   Copies in other processes cannot be helped: a child that the caller forks
 *   later, for its own purposes or for another pool, has the caller's ends
 *   too, for as long as it lives. The functions above do not wait for it.
 * - A worker whose caller has gone, without process_pool_destroy(), ends too
 *   when nobody has a copy of the caller's ends any more. If that happens in
 *   the middle of an item, work() is not called for what has come of it.
 * - Each process may be interrupted by a signal for which it has a handler.
 *   Then nothing is lost, and none of the functions above fails with EINTR.
 *   Any call of the system that waits may return EINTR, even if all signals
 *   are blocked, as when a process is stopped and goes on: begin it again.
 * - When a function returns, the caller's signal mask, and what each signal
 *   does (its handler and that one's flags), are as before, whatever they
 *   were. In between signals may be blocked, and SIGPIPE may be ignored; it
 *   never ends the caller.
 * - initialize(), work() and finish() find the mask and the actions that the
 *   caller had when the worker was made; but SIGPIPE may be blocked or ignored
 *   in a worker, all the time.
 */

#endif
