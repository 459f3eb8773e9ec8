/*
 * event-loop.c - yours to write. The contract is in event-loop.h, the
 * explanation in the handout.
 *
 * It compiles, and there is no loop in it: loop_after() sleeps until the time
 * has come, and whoever comes next has to wait. Go through the steps in their
 * order; each can be checked before the next is begun.
 */
#include "event-loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct loop {
    struct loop_config config;
    struct loop_clock clock; /* what loop_now() and loop_wait() ask */
    int epoll;
    /* TODO step 1: the timers; step 2: the descriptors; ... */
};

/* ---- the clock: this part is done --------------------------------------- */

static int64_t real_now(void *arg)
{
    struct timespec now;

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int real_wait(void *arg, int epoll, struct epoll_event *events, int most,
                     int timeout)
{
    (void)arg;
    return epoll_wait(epoll, events, most, timeout);
}

int64_t loop_now(const struct loop *loop)
{
    return loop->clock.now(loop->clock.arg);
}

/* epoll_wait(), or what the clock has in its place. */
static int loop_wait(struct loop *loop, struct epoll_event *events, int most,
                     int timeout)
{
    return loop->clock.wait(loop->clock.arg, loop->epoll, events, most,
                            timeout);
}

struct loop *loop_create(const struct loop_config *config)
{
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return NULL;
    if (config != NULL)
        loop->config = *config;
    loop->clock = (struct loop_clock){real_now, real_wait, NULL};
    if (loop->config.clock != NULL)
        loop->clock = *loop->config.clock;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return NULL;
    }
    return loop;
}

void loop_destroy(struct loop *loop)
{
    /* TODO in every step: what the loop has got since. */
    close(loop->epoll);
    free(loop);
}

/* ---- step 1: timers, and how the loop waits ----------------------------- */

uint64_t loop_after(struct loop *loop, int64_t delay,
                    void (*callback)(void *arg), void *arg)
{
    struct epoll_event events[1];

    /* TODO step 1: keep it until its time has come, and return at once. */
    loop_wait(loop, events, 1, (int)(delay / 1000));
    callback(arg);
    return 1;
}

int loop_cancel(struct loop *loop, uint64_t timer)
{
    /* TODO step 1 */
    (void)loop;
    (void)timer;
    return ENOENT;
}

int loop_run(struct loop *loop)
{
    /* TODO step 1: turn after turn: wait, then run what is due. */
    (void)loop;
    return 0;
}

void loop_stop(struct loop *loop)
{
    /* TODO step 1 */
    (void)loop;
}

/* ---- step 2: descriptors ------------------------------------------------ */

int loop_watch(struct loop *loop, int fd, uint32_t events,
               void (*ready)(int fd, uint32_t what, void *arg), void *arg)
{
    /* TODO step 2: keep it, and tell epoll. */
    (void)loop;
    (void)fd;
    (void)events;
    (void)ready;
    (void)arg;
    return ENOSYS;
}

int loop_unwatch(struct loop *loop, int fd)
{
    /* TODO step 2 */
    (void)loop;
    (void)fd;
    return ENOSYS;
}

/* ---- step 3: tasks ------------------------------------------------------ */

struct task {
    struct loop *loop;
    /* TODO step 3: what state it is in, its outcome, its completion. */
};

struct task *task_start(struct loop *loop,
                        void (*begin)(struct task *task, void *arg), void *arg)
{
    /* TODO step 3: its turn comes later. */
    (void)loop;
    (void)begin;
    (void)arg;
    return NULL;
}

void task_finish(struct task *task, int error, void *result)
{
    /* TODO step 3: settle it. */
    (void)task;
    (void)error;
    (void)result;
}

void task_then(struct task *task,
               void (*done)(int error, void *result, void *arg), void *arg)
{
    /* TODO step 3 */
    (void)task;
    (void)done;
    (void)arg;
}

struct task *task_sleep(struct loop *loop, int64_t delay)
{
    /* TODO step 3: a timer that settles a task. */
    (void)loop;
    (void)delay;
    return NULL;
}

struct task *task_gather(struct loop *loop, struct task *const tasks[],
                         size_t count, struct outcome outcomes[])
{
    /* TODO step 3: count those that are missing. */
    (void)loop;
    (void)tasks;
    (void)count;
    (void)outcomes;
    return NULL;
}

int task_cancel(struct task *task)
{
    /* TODO step 3 */
    (void)task;
    return ENOSYS;
}

/* ---- step 4: blocking calls --------------------------------------------- */

struct task *task_blocking(struct loop *loop,
                           int (*function)(void *arg, void **result), void *arg)
{
    /* TODO step 4: call it in another thread, and bring back its result. */
    (void)loop;
    (void)function;
    (void)arg;
    return NULL;
}
