/* expect: pass */
/*
 * right_everything_a_timer.c - one sorted list. What comes "in the next turn"
 * is a timer whose delay is 0, and every task has one of its own inside, so
 * to set it cannot fail.
 *
 * Descriptors are named by pointer: a watch that ended stays where it is,
 * marked, until the turn is over and no event can point to it. Timers come
 * before descriptors. Blocking calls go to four workers, created when they
 * are first needed; a call that has ended comes back as a pointer through a
 * pipe. Helgrind does not see that a pipe gives an order.
 */
#define _GNU_SOURCE
#include "event-loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4 };

struct node {
    int64_t due;
    struct node *before, *after; /* in a ring; NULL: not in it */
    void (*fire)(struct loop *loop, struct node *node);
    unsigned turn; /* in which it was set */
};

struct timer {
    struct node node; /* first */
    uint64_t id;
    void (*callback)(void *arg);
    void *arg;
};

struct watch {
    int fd;
    bool ended;
    void (*ready)(int fd, uint32_t what, void *arg);
    void *arg;
    struct watch *next;
};

struct task {
    struct node node; /* first: to begin, to wake, to complete */
    struct loop *loop;
    struct task *next, *previous;
    void (*begin)(struct task *task, void *arg);
    void *begin_arg;
    bool settled, completed, owed, sleeps, gathers;
    struct outcome outcome;
    void (*done)(int error, void *result, void *arg);
    void *done_arg;
    struct task *parent;
    size_t place, missing, count;
    struct outcome *outcomes;
};

struct call {
    int (*function)(void *arg, void **result);
    void *arg;
    struct task *task;
    struct outcome outcome;
    struct call *next;
};

struct loop {
    struct loop_config config;
    struct loop_clock clock;
    int epoll;
    bool stop;
    unsigned turn;
    uint64_t ids;
    struct node ring; /* sorted, the earliest after it */
    struct watch *watches;
    int watched;
    struct task *tasks;
    int calls; /* given to the workers, and not back */
    int back[2];
    pthread_t workers[WORKERS];
    int worker_count;

    pthread_mutex_t lock;
    pthread_cond_t work; /* there is a call, or closed became true */

    /* guarded by lock */
    struct call *first, **last;
    int idle, waiting; /* workers that sleep; calls that nobody has taken */
    bool closed;
};

static int64_t monotonic(void *arg)
{
    struct timespec t;

    (void)arg;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static int plain_wait(void *arg, int epoll, struct epoll_event *events,
                      int most, int timeout)
{
    (void)arg;
    return epoll_wait(epoll, events, most, timeout);
}

int64_t loop_now(const struct loop *loop)
{
    return loop->clock.now(loop->clock.arg);
}

static void done_with(struct loop *loop, void *arg, int64_t since)
{
    int64_t held = loop_now(loop) - since;

    if (loop->config.slow != 0 && held > loop->config.slow)
        loop->config.on_slow(held, arg, loop->config.slow_arg);
}

/* ---- the list ----------------------------------------------------------- */

static void node_set(struct loop *loop, struct node *node, int64_t delay,
                     void (*fire)(struct loop *loop, struct node *node))
{
    struct node *at = loop->ring.before;

    node->due = loop_now(loop) + (delay < 0 ? 0 : delay);
    node->fire = fire;
    node->turn = loop->turn;
    while (at != &loop->ring && at->due > node->due)
        at = at->before;
    node->before = at;
    node->after = at->after;
    at->after->before = node;
    at->after = node;
}

static void node_clear(struct node *node)
{
    if (node->after == NULL)
        return;
    node->before->after = node->after;
    node->after->before = node->before;
    node->before = node->after = NULL;
}

static void fire_timer(struct loop *loop, struct node *node)
{
    struct timer timer = *(struct timer *)node;
    int64_t since = loop_now(loop);

    free(node);
    timer.callback(timer.arg);
    done_with(loop, timer.arg, since);
}

uint64_t loop_after(struct loop *loop, int64_t delay,
                    void (*callback)(void *arg), void *arg)
{
    struct timer *timer = calloc(1, sizeof *timer);

    if (timer == NULL)
        return 0;
    timer->id = ++loop->ids;
    timer->callback = callback;
    timer->arg = arg;
    node_set(loop, &timer->node, delay, fire_timer);
    return timer->id;
}

int loop_cancel(struct loop *loop, uint64_t id)
{
    struct node *at;

    for (at = loop->ring.after; at != &loop->ring; at = at->after)
        if (at->fire == fire_timer && ((struct timer *)at)->id == id) {
            node_clear(at);
            free(at);
            return 0;
        }
    return ENOENT;
}

/* ---- descriptors -------------------------------------------------------- */

static struct watch *watch_of(struct loop *loop, int fd)
{
    struct watch *watch = loop->watches;

    while (watch != NULL && (watch->fd != fd || watch->ended))
        watch = watch->next;
    return watch;
}

int loop_watch(struct loop *loop, int fd, uint32_t events,
               void (*ready)(int fd, uint32_t what, void *arg), void *arg)
{
    struct watch *watch = calloc(1, sizeof *watch);
    struct epoll_event event = {.events = events, .data.ptr = watch};

    if (watch == NULL)
        return ENOMEM;
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        int error = errno;

        free(watch);
        return error;
    }
    watch->fd = fd;
    watch->ready = ready;
    watch->arg = arg;
    watch->next = loop->watches;
    loop->watches = watch;
    loop->watched++;
    return 0;
}

int loop_unwatch(struct loop *loop, int fd)
{
    struct watch *watch = watch_of(loop, fd);

    if (watch == NULL)
        return ENOENT;
    watch->ended = true;
    loop->watched--;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    return 0;
}

static void bury(struct loop *loop, bool all)
{
    struct watch **at = &loop->watches;

    while (*at != NULL) {
        struct watch *watch = *at;

        if (watch->ended || all) {
            *at = watch->next;
            free(watch);
        } else {
            at = &watch->next;
        }
    }
}

/* ---- tasks -------------------------------------------------------------- */

static struct task *new_task(struct loop *loop)
{
    struct task *task = calloc(1, sizeof *task);

    if (task == NULL)
        return NULL;
    task->loop = loop;
    task->next = loop->tasks;
    if (task->next != NULL)
        task->next->previous = task;
    loop->tasks = task;
    return task;
}

static void drop_task(struct task *task)
{
    node_clear(&task->node);
    if (task->next != NULL)
        task->next->previous = task->previous;
    if (task->previous != NULL)
        task->previous->next = task->next;
    else
        task->loop->tasks = task->next;
    free(task);
}

static void fire_completion(struct loop *loop, struct node *node);

static void settle(struct task *task, int error, void *result)
{
    if (task->settled)
        return;
    node_clear(&task->node);
    task->settled = true;
    task->outcome = (struct outcome){error, result};
    if (task->done != NULL || task->parent != NULL)
        node_set(task->loop, &task->node, 0, fire_completion);
}

static void count_down(struct task *gather)
{
    int error = 0;

    if (gather->missing > 0)
        return;
    for (size_t i = gather->count; i-- > 0;)
        if (gather->outcomes[i].error != 0)
            error = gather->outcomes[i].error;
    settle(gather, error, gather->outcomes);
}

static void fire_completion(struct loop *loop, struct node *node)
{
    struct task *task = (struct task *)node, copy = *task;
    int64_t since = loop_now(loop);

    task->completed = true;
    if (!task->owed)
        drop_task(task);
    if (copy.parent != NULL) {
        copy.parent->outcomes[copy.place] = copy.outcome;
        copy.parent->missing--;
        count_down(copy.parent);
        return;
    }
    copy.done(copy.outcome.error, copy.outcome.result, copy.done_arg);
    done_with(loop, copy.done_arg, since);
}

static void fire_begin(struct loop *loop, struct node *node)
{
    struct task *task = (struct task *)node;
    void *arg = task->begin_arg;
    int64_t since = loop_now(loop);

    task->owed = true;
    task->begin(task, arg);
    done_with(loop, arg, since);
}

static void fire_wake(struct loop *loop, struct node *node)
{
    (void)loop;
    settle((struct task *)node, 0, NULL);
}

struct task *task_start(struct loop *loop,
                        void (*begin)(struct task *task, void *arg), void *arg)
{
    struct task *task = new_task(loop);

    if (task != NULL) {
        task->begin = begin;
        task->begin_arg = arg;
        node_set(loop, &task->node, 0, fire_begin);
    }
    return task;
}

/* What was owed is there. */
static void paid(struct task *task, int error, void *result)
{
    task->owed = false;
    settle(task, error, result);
    if (task->completed)
        drop_task(task);
}

void task_finish(struct task *task, int error, void *result)
{
    paid(task, error, result);
}

void task_then(struct task *task,
               void (*done)(int error, void *result, void *arg), void *arg)
{
    task->done = done;
    task->done_arg = arg;
    if (task->settled)
        node_set(task->loop, &task->node, 0, fire_completion);
}

struct task *task_sleep(struct loop *loop, int64_t delay)
{
    struct task *task = new_task(loop);

    if (task != NULL)
        node_set(loop, &task->node, delay, fire_wake);
    return task;
}

struct task *task_gather(struct loop *loop, struct task *const tasks[],
                         size_t count, struct outcome outcomes[])
{
    struct task *gather = new_task(loop);

    if (gather == NULL)
        return NULL;
    gather->gathers = true;
    gather->outcomes = outcomes;
    gather->count = gather->missing = count;
    for (size_t i = 0; i < count; i++) {
        tasks[i]->parent = gather;
        tasks[i]->place = i;
        if (tasks[i]->settled)
            node_set(loop, &tasks[i]->node, 0, fire_completion);
    }
    count_down(gather);
    return gather;
}

int task_cancel(struct task *task)
{
    if (task->settled)
        return EALREADY;
    if (!task->gathers) {
        settle(task, ECANCELED, NULL);
        return 0;
    }
    for (struct task *at = task->loop->tasks; at != NULL; at = at->next)
        if (at->parent == task && !at->settled)
            task_cancel(at);
    return 0;
}

/* ---- blocking calls ----------------------------------------------------- */

static void *work(void *arg)
{
    struct loop *loop = arg;
    struct call *call;

    pthread_mutex_lock(&loop->lock);
    for (;;) {
        loop->idle++;
        while (loop->first == NULL && !loop->closed)
            pthread_cond_wait(&loop->work, &loop->lock);
        loop->idle--;
        call = loop->first;
        if (loop->closed || call == NULL)
            break;
        loop->first = call->next;
        if (loop->first == NULL)
            loop->last = &loop->first;
        loop->waiting--;
        pthread_mutex_unlock(&loop->lock);

        call->outcome.error = call->function(call->arg, &call->outcome.result);
        while (write(loop->back[1], &call, sizeof call) < 0)
            ;

        pthread_mutex_lock(&loop->lock);
    }
    pthread_mutex_unlock(&loop->lock);
    return NULL;
}

struct task *task_blocking(struct loop *loop,
                           int (*function)(void *arg, void **result), void *arg)
{
    struct call *call = calloc(1, sizeof *call);
    struct task *task = new_task(loop);
    bool helped;

    if (call == NULL || task == NULL)
        goto fail;
    *call = (struct call){function, arg, task, {0, NULL}, NULL};
    pthread_mutex_lock(&loop->lock);
    helped = loop->idle > loop->waiting;
    pthread_mutex_unlock(&loop->lock);
    if (!helped && loop->worker_count < WORKERS) {
        if (pthread_create(&loop->workers[loop->worker_count], NULL, work,
                           loop) == 0)
            loop->worker_count++;
        else if (loop->worker_count == 0)
            goto fail;
    }
    pthread_mutex_lock(&loop->lock);
    *loop->last = call;
    loop->last = &call->next;
    loop->waiting++;
    pthread_cond_signal(&loop->work);
    pthread_mutex_unlock(&loop->lock);
    loop->calls++;
    task->owed = true;
    return task;

fail:
    if (task != NULL)
        drop_task(task);
    free(call);
    return NULL;
}

static void take_back(struct loop *loop)
{
    struct call *call;

    while (read(loop->back[0], &call, sizeof call) == sizeof call) {
        loop->calls--;
        paid(call->task, call->outcome.error, call->outcome.result);
        free(call);
    }
}

/* ---- the loop ----------------------------------------------------------- */

static void run_nodes(struct loop *loop)
{
    int64_t now = loop_now(loop);
    unsigned turn = loop->turn++;

    while (!loop->stop && loop->ring.after != &loop->ring) {
        struct node *node = loop->ring.after;

        if (node->due > now || (int)(node->turn - turn) > 0)
            return;
        node_clear(node);
        node->fire(loop, node);
    }
}

static int timeout(const struct loop *loop)
{
    int64_t rest;

    if (loop->ring.after == &loop->ring)
        return -1;
    rest = loop->ring.after->due - loop_now(loop);
    if (rest <= 0)
        return 0;
    return rest > 3600000000ll ? 3600000 : (int)((rest + 999) / 1000);
}

int loop_run(struct loop *loop)
{
    struct epoll_event events[16];
    int count;

    loop->stop = false;
    for (;;) {
        run_nodes(loop);
        bury(loop, false);
        if (loop->stop || (loop->ring.after == &loop->ring &&
                           loop->watched == 0 && loop->calls == 0))
            return 0;
        count = loop->clock.wait(loop->clock.arg, loop->epoll, events, 16,
                                 timeout(loop));
        if (count < 0 && errno != EINTR)
            return errno;
        for (int i = 0; i < count && !loop->stop; i++) {
            struct watch *watch = events[i].data.ptr;
            int64_t since = loop_now(loop);

            if (watch == NULL) {
                take_back(loop);
            } else if (!watch->ended) {
                void *arg = watch->arg;

                watch->ready(watch->fd, events[i].events, arg);
                done_with(loop, arg, since);
            }
        }
    }
}

void loop_stop(struct loop *loop)
{
    loop->stop = true;
}

struct loop *loop_create(const struct loop_config *config)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return NULL;
    loop->clock = (struct loop_clock){monotonic, plain_wait, NULL};
    if (config != NULL)
        loop->config = *config;
    if (config != NULL && config->clock != NULL)
        loop->clock = *config->clock;
    loop->ring.before = loop->ring.after = &loop->ring;
    loop->last = &loop->first;
    loop->epoll = epoll_create1(0);
    if (loop->epoll < 0)
        goto no_epoll;
    if (pipe2(loop->back, O_CLOEXEC) != 0)
        goto no_pipe;
    fcntl(loop->back[0], F_SETFL, O_NONBLOCK);
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->back[0], &event) != 0)
        goto no_event;
    pthread_mutex_init(&loop->lock, NULL);
    pthread_cond_init(&loop->work, NULL);
    return loop;

no_event:
    close(loop->back[0]);
    close(loop->back[1]);
no_pipe:
    close(loop->epoll);
no_epoll:
    free(loop);
    return NULL;
}

void loop_destroy(struct loop *loop)
{
    struct call *call;

    pthread_mutex_lock(&loop->lock);
    loop->closed = true;
    pthread_cond_broadcast(&loop->work);
    pthread_mutex_unlock(&loop->lock);
    for (int i = 0; i < loop->worker_count; i++)
        pthread_join(loop->workers[i], NULL);
    take_back(loop);
    while ((call = loop->first) != NULL) {
        loop->first = call->next;
        free(call);
    }
    while (loop->tasks != NULL)
        drop_task(loop->tasks);
    while (loop->ring.after != &loop->ring) {
        struct node *node = loop->ring.after;

        node_clear(node);
        free(node);
    }
    bury(loop, true);
    pthread_cond_destroy(&loop->work);
    pthread_mutex_destroy(&loop->lock);
    close(loop->back[0]);
    close(loop->back[1]);
    close(loop->epoll);
    free(loop);
}
