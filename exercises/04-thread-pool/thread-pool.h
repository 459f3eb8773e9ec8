/*
 * thread-pool.h - a fixed number of threads that carry out tasks: the
 * contract, in four steps. Each step has points of its own.
 *
 * Functions that can fail return 0 or an error number, as the pthread
 * functions do; errno is not used. All functions may be called by several
 * threads at the same moment, but for those that destroy. "Inside a task"
 * means: in a thread of a pool, in a function that the pool has called.
 */
#ifndef THREAD_POOL_H
#define THREAD_POOL_H

#include <stddef.h>

/* ---- step 1: a future --------------------------------------------------- */

/*
 * The outcome of something that is still under way: one thread sets it, once;
 * any number of threads wait for it. What is in it is up to you.
 */
struct future;

/*
 * A new future, not set. Returns NULL when there is no memory for it. It
 * belongs to the caller, who gives it back with future_destroy().
 */
struct future *future_create(void);

/*
 * Sets the outcome and wakes everyone who waits for it. `error` is 0 or an
 * error number. Is called once for each future. Does not block. Whatever the
 * thread wrote before is seen by everyone who comes back from future_wait().
 */
void future_set(struct future *future, int error, void *result);

/*
 * Blocks until the future is set; then, and whenever it is called later, sets
 * *result to the result and returns the error. `result` may be NULL, if only
 * the error is wanted.
 *
 * From step 2 on: inside a task (of any pool) it never blocks. For a future
 * that is not set it returns EDEADLK and leaves *result alone. For one that
 * is set it may do either.
 */
int future_wait(struct future *future, void **result);

/*
 * Frees a future. Nobody waits for it and nobody will; it has been set, or
 * never will be. It may be destroyed as soon as one future_wait() for it has
 * returned, if no other is under way. `result` is the caller's affair.
 */
void future_destroy(struct future *future);

/* ---- step 2: the queue and the workers ---------------------------------- */

struct pool;

/*
 * What a task does. It puts its result into *result, which is NULL before,
 * and returns 0 or an error number; both become its future's outcome.
 */
typedef int pool_task(void *arg, void **result);

struct pool_config {
    int workers;  /* threads, 1 or more */
    int capacity; /* tasks that may stand in the queue, 1 or more */

    /* Step 3; each of the two may be NULL. */
    void *(*open_session)(void *arg);
    void (*close_session)(void *session);
    void *arg; /* for open_session() */
};

/*
 * Starts the workers: exactly `workers` threads, which are all there ever
 * are. Returns NULL when there is no memory or a thread cannot be created;
 * then (from step 4 on) nothing is left behind. *config may be gone when the
 * function has returned. The pool belongs to the caller, who gives it back
 * with pool_destroy().
 */
struct pool *pool_create(const struct pool_config *config);

/*
 * Puts a task into the queue, where it stands until a worker is free to run
 * task(arg). It never runs in the caller. A free worker takes the task that
 * has stood there longest, at once: no task waits while a worker has nothing
 * to do. With one worker, tasks therefore begin in the order in which they
 * were submitted; with more, no order is promised.
 *
 * The pool holds no lock while a task runs: tasks run at the same moment, and
 * they may use the pool.
 *
 * On success *future is the task's future. It belongs to the caller; it
 * lives on when the pool is gone. Returns
 *
 *   0          The task is in the queue. While `capacity` tasks stand there,
 *              the function blocks. Tasks that run have left the queue.
 *   EAGAIN     The queue is full, and the caller is inside a task of this
 *              very pool: it would wait for itself.
 *   ESHUTDOWN  The pool has been shut down, or is shut down while the
 *              function blocks (step 4).
 *   ENOMEM     There is no memory.
 *
 * After an error nothing has happened, and *future is what it was.
 */
int pool_submit(struct pool *pool, pool_task *task, void *arg,
                struct future **future);

/*
 * Frees a pool. Nobody else uses it, and the caller is not inside one of its
 * tasks. If it has not been shut down, pool_shutdown(pool, POOL_DRAIN) comes
 * first (from step 4 on).
 */
void pool_destroy(struct pool *pool);

/* ---- step 3: map, and a session for each worker ------------------------- */

/*
 * Runs task(args[i]) for each i below `count`, by the workers, as many at the
 * same moment as there are workers, and blocks until all have ended.
 * results[i] becomes the result of args[i]. All are run, whatever errors
 * there are. `count` may be 0, and more than the queue holds. Returns
 *
 *   0          Every task returned 0.
 *   EDEADLK    The caller is inside a task of this pool; nothing was run.
 *   others     The error of the lowest i that has one: what the task
 *              returned, ECANCELED, or the error of pool_submit(), whose
 *              results[i] is then NULL.
 */
int pool_map(struct pool *pool, pool_task *task, void *const args[],
             void *results[], size_t count);

/*
 * Each worker calls config.open_session(config.arg) once, before its first
 * task, and keeps what it returns: its session. A session needs no lock, as
 * it has only one user. At its end, after its last task, the worker calls
 * config.close_session(session).
 *
 * Returns the session of the worker that calls it; NULL outside a task, or
 * without open_session.
 */
void *pool_session(void);

/* ---- step 4: the end ---------------------------------------------------- */

enum pool_ending {
    POOL_DRAIN, /* the tasks in the queue are still run */
    POOL_CANCEL /* those not yet begun are not: their futures get ECANCELED */
};

/*
 * Closes the queue: from now on pool_submit() returns ESHUTDOWN, and so does
 * each one that is blocked, at once, without waiting for a task to end. Tasks
 * that run come to their end in either case. Blocks until all workers have
 * ended, their sessions are closed, and the threads are joined.
 *
 * Returns 0; ESHUTDOWN when the pool had been shut down before; EDEADLK
 * inside a task of this pool (then nothing has happened).
 */
int pool_shutdown(struct pool *pool, enum pool_ending ending);

#endif
