/*
 * models.h - what the kit brings for this exercise: threads, processes and an
 * event loop, each in its smallest form. Nothing of it depends on what you
 * wrote in 04 to 07.
 *
 * Functions that can fail return 0 or an error number. After an error some of
 * the jobs may have been done, and nothing is left behind: no thread, no
 * process, no descriptor.
 */
#ifndef MODELS_H
#define MODELS_H

#include <stdint.h>

enum { MODELS_WORKERS_MAX = 64 };

/*
 * Makes `workers` threads, which do job(arg, 0) to job(arg, count - 1), each
 * once; whoever has nothing to do takes the next. Blocks until all is done
 * and the threads are joined. All that the jobs have written is visible to
 * the caller then. Errors: EINVAL (workers below 1 or above 64), EAGAIN.
 */
int threads_run(int workers, int count, void (*job)(void *arg, int i),
                void *arg);

/*
 * The same with processes, which it forks: results[i] becomes what job(arg, i)
 * has returned in one of them, sent back through a pipe. Nothing else that a
 * job writes is seen by anybody else. Blocks until all have ended and are
 * waited for. Errors: EINVAL, ENOMEM, EMFILE, EAGAIN; ECHILD when a process
 * has ended before its work was done.
 */
int processes_run(int workers, int count, uint64_t (*job)(void *arg, int i),
                  void *arg, uint64_t results[]);

/*
 * A loop, which belongs to one thread. It calls what is to be called, one
 * after the other: calls that were asked for by loop_soon(), and those that
 * tell of the end of something that was waited for (struct workload).
 */
struct loop;

/* NULL, with errno set, when there is no memory. Give it back by loop_free(),
 * from outside of its calls; what it still waits for is given up then. */
struct loop *loop_new(void);
void loop_free(struct loop *loop); /* NULL is allowed */

/*
 * In the loop's next turn, call(arg, i) is called, behind what was asked for
 * before. Between two turns the loop looks after what it waits for. Never
 * blocks. Errors: ENOMEM.
 */
int loop_soon(struct loop *loop, void (*call)(void *arg, int i), void *arg,
              int i);

/* Turns until there is nothing left to call or to wait for; asleep while it
 * can only wait. */
void loop_run(struct loop *loop);

#endif
