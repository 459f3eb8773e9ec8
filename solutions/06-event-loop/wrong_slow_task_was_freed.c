/* expect: fail memory */
/*
 * wrong_slow_task_was_freed.c - who held the loop is asked for its arg after
 * its task was freed.
 */
#include "event-loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64 };

/* What an event of the loop's own wakeup has in place of a descriptor. */
#define WAKEUP UINT64_MAX

struct timer {
    int64_t due;
    uint64_t id; /* grows: of two that are equal, the lower was set first */
    void (*callback)(void *arg);
    void *arg;
};

struct watch {
    void (*ready)(int fd, uint32_t what, void *arg); /* NULL: not watched */
    void *arg;
    uint32_t generation; /* one more with every loop_unwatch() */
};

enum kind { OWN, SLEEP, GATHER, BLOCKING };
enum state { STARTED, BEGUN, SETTLED };

struct task {
    struct loop *loop;
    enum kind kind;
    enum state state;
    bool queued; /* in the queue: to begin, or to complete */
    bool owed;   /* a task_finish(), or the end of a blocking call */
    bool told;   /* its completion was called */
    LIST_ENTRY(task) among_tasks;
    TAILQ_ENTRY(task) in_queue;

    int error;
    void *result;

    /* who is told: a completion, or the gather that waits for this one */
    void (*done)(int error, void *result, void *arg);
    void *arg;
    struct task *gather;
    size_t index; /* its place there */

    /* OWN */
    void (*begin)(struct task *task, void *arg);
    void *begin_arg;
    /* SLEEP */
    uint64_t timer;
    /* GATHER */
    struct outcome *outcomes;
    size_t count, missing;
};

/* A function in another thread. */
struct call {
    struct loop *loop;
    struct task *task;
    pthread_t thread;
    LIST_ENTRY(call) among_calls;
    int (*function)(void *arg, void **result);
    void *arg;

    /* the other thread's, until the call is in the list `ended` */
    int error;
    void *result;
    STAILQ_ENTRY(call) in_ended;
};

struct loop {
    struct loop_config config;
    struct loop_clock clock;
    bool stopped;
    int epoll;

    struct timer *timers; /* a heap */
    size_t timer_count, timer_room;
    uint64_t next_id;

    struct watch *watches;
    size_t watch_room, watch_count; /* places, and how many are watched */

    LIST_HEAD(, task) tasks; /* all of them */
    TAILQ_HEAD(, task) queue;
    size_t queue_length;

    LIST_HEAD(, call) calls; /* all of them */
    int wakeup;              /* eventfd: there is something in `ended` */
    pthread_mutex_t lock;

    /* guarded by lock */
    STAILQ_HEAD(, call) ended;
};

/* ---- the clock ---------------------------------------------------------- */

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

/* After each callback. */
static void held(struct loop *loop, int64_t since, void *arg)
{
    int64_t time = loop_now(loop) - since;

    if (loop->config.slow > 0 && time > loop->config.slow)
        loop->config.on_slow(time, arg, loop->config.slow_arg);
}

/* ---- timers ------------------------------------------------------------- */

static bool comes_before(const struct timer *a, const struct timer *b)
{
    return a->due != b->due ? a->due < b->due : a->id < b->id;
}

static void swap(struct timer *a, struct timer *b)
{
    struct timer keep = *a;

    *a = *b;
    *b = keep;
}

/* The timer at `i` may come before those above it. */
static void sift_up(struct timer *timers, size_t i)
{
    while (i > 0 && comes_before(&timers[i], &timers[(i - 1) / 2])) {
        swap(&timers[i], &timers[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

/* The timer at `i` may come after those below it. */
static void sift_down(struct timer *timers, size_t count, size_t i)
{
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < count && comes_before(&timers[child], &timers[least]))
                least = child;
        if (least == i)
            return;
        swap(&timers[i], &timers[least]);
        i = least;
    }
}

static struct timer take_timer(struct loop *loop, size_t i)
{
    struct timer taken = loop->timers[i];

    loop->timers[i] = loop->timers[--loop->timer_count];
    if (i < loop->timer_count) {
        sift_up(loop->timers, i);
        sift_down(loop->timers, loop->timer_count, i);
    }
    return taken;
}

uint64_t loop_after(struct loop *loop, int64_t delay,
                    void (*callback)(void *arg), void *arg)
{
    if (loop->timer_count == loop->timer_room) {
        size_t room = loop->timer_room > 0 ? 2 * loop->timer_room : 16;
        struct timer *grown = realloc(loop->timers, room * sizeof *grown);

        if (grown == NULL)
            return 0;
        loop->timers = grown;
        loop->timer_room = room;
    }
    loop->timers[loop->timer_count] = (struct timer){
        .due = loop_now(loop) + (delay > 0 ? delay : 0),
        .id = loop->next_id++,
        .callback = callback,
        .arg = arg,
    };
    sift_up(loop->timers, loop->timer_count++);
    return loop->next_id - 1;
}

int loop_cancel(struct loop *loop, uint64_t timer)
{
    for (size_t i = 0; i < loop->timer_count; i++)
        if (loop->timers[i].id == timer) {
            take_timer(loop, i);
            return 0;
        }
    return ENOENT;
}

static void run_timers(struct loop *loop)
{
    uint64_t first_new = loop->next_id;
    int64_t now = loop_now(loop);

    while (!loop->stopped && loop->timer_count > 0 &&
           loop->timers[0].due <= now && loop->timers[0].id < first_new) {
        struct timer timer = take_timer(loop, 0);
        int64_t since = loop_now(loop);

        timer.callback(timer.arg);
        held(loop, since, timer.arg);
    }
}

/* ---- descriptors -------------------------------------------------------- */

static int make_room(struct loop *loop, int fd)
{
    size_t room = loop->watch_room;
    struct watch *grown;

    if (fd < 0)
        return EBADF;
    if ((size_t)fd < room)
        return 0;
    room = (size_t)fd < 2 * room ? 2 * room : (size_t)fd + 16;
    grown = realloc(loop->watches, room * sizeof *grown);
    if (grown == NULL)
        return ENOMEM;
    for (size_t i = loop->watch_room; i < room; i++)
        grown[i] = (struct watch){NULL, NULL, 0};
    loop->watches = grown;
    loop->watch_room = room;
    return 0;
}

int loop_watch(struct loop *loop, int fd, uint32_t events,
               void (*ready)(int fd, uint32_t what, void *arg), void *arg)
{
    struct epoll_event event = {.events = events};
    int error = make_room(loop, fd);
    struct watch *watch;

    if (error != 0)
        return error;
    watch = &loop->watches[fd];
    if (watch->ready != NULL)
        return EEXIST;
    event.data.u64 = (uint64_t)watch->generation << 32 | (uint32_t)fd;
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        return errno;
    watch->ready = ready;
    watch->arg = arg;
    loop->watch_count++;
    return 0;
}

int loop_unwatch(struct loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->watch_room ||
        loop->watches[fd].ready == NULL)
        return ENOENT;
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    loop->watches[fd].ready = NULL;
    loop->watches[fd].generation++;
    loop->watch_count--;
    return 0;
}

static void tell_ready(struct loop *loop, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    struct watch watch = loop->watches[fd]; /* a callback may move the array */
    int64_t since;

    if (watch.ready == NULL || watch.generation != event->data.u64 >> 32)
        return; /* it was unwatched in this turn */
    since = loop_now(loop);
    watch.ready(fd, event->events, watch.arg);
    held(loop, since, watch.arg);
}

/* ---- tasks -------------------------------------------------------------- */

static struct task *task_create(struct loop *loop, enum kind kind)
{
    struct task *task = calloc(1, sizeof *task);

    if (task == NULL)
        return NULL;
    task->loop = loop;
    task->kind = kind;
    task->state = kind == OWN ? STARTED : BEGUN;
    LIST_INSERT_HEAD(&loop->tasks, task, among_tasks);
    return task;
}

static void task_free(struct task *task)
{
    LIST_REMOVE(task, among_tasks);
    free(task);
}

/* The queue is made of the tasks themselves, so this cannot fail. */
static void enqueue(struct task *task)
{
    task->queued = true;
    task->loop->queue_length++;
    TAILQ_INSERT_TAIL(&task->loop->queue, task, in_queue);
}

static void dequeue(struct task *task)
{
    task->queued = false;
    task->loop->queue_length--;
    TAILQ_REMOVE(&task->loop->queue, task, in_queue);
}

/* The first to settle it counts. */
static void settle(struct task *task, int error, void *result)
{
    if (task->state == SETTLED)
        return;
    if (task->queued) /* to begin: not any more */
        dequeue(task);
    task->state = SETTLED;
    task->error = error;
    task->result = result;
    if (task->done != NULL || task->gather != NULL)
        enqueue(task);
}

/* What was owed to the task has come. */
static void pay(struct task *task, int error, void *result)
{
    task->owed = false;
    settle(task, error, result);
    if (task->told)
        task_free(task);
}

/* One of a gather's tasks is settled, or there are none. */
static void look_at_outcomes(struct task *gather)
{
    int error = 0;

    if (gather->missing > 0)
        return;
    for (size_t i = 0; i < gather->count && error == 0; i++)
        error = gather->outcomes[i].error;
    settle(gather, error, gather->outcomes);
}

/* The task is gone before its completion is called, but for what is owed. */
static void complete(struct task *task)
{
    struct loop *loop = task->loop;
    struct task *gather = task->gather;
    struct outcome outcome = {task->error, task->result};
    void (*done)(int, void *, void *) = task->done;
    void *arg = task->arg;
    size_t index = task->index;

    task->told = true;
    if (!task->owed)
        task_free(task);
    if (gather != NULL) {
        gather->outcomes[index] = outcome;
        gather->missing--;
        look_at_outcomes(gather);
    } else {
        int64_t since = loop_now(loop);

        done(outcome.error, outcome.result, arg);
        if (loop->config.slow > 0 && loop_now(loop) - since > loop->config.slow)
            loop->config.on_slow(loop_now(loop) - since, task->arg, /* BUG */
                                 loop->config.slow_arg);
    }
}

static void begin(struct task *task)
{
    struct loop *loop = task->loop;
    void *arg = task->begin_arg;
    int64_t since = loop_now(loop);

    task->state = BEGUN;
    task->owed = true;
    task->begin(task, arg);
    held(loop, since, arg);
}

static void run_queue(struct loop *loop)
{
    size_t turns = loop->queue_length;

    while (!loop->stopped && turns-- > 0 && !TAILQ_EMPTY(&loop->queue)) {
        struct task *task = TAILQ_FIRST(&loop->queue);

        dequeue(task);
        if (task->state == STARTED)
            begin(task);
        else
            complete(task);
    }
}

struct task *task_start(struct loop *loop,
                        void (*begin)(struct task *task, void *arg), void *arg)
{
    struct task *task = task_create(loop, OWN);

    if (task == NULL)
        return NULL;
    task->begin = begin;
    task->begin_arg = arg;
    enqueue(task);
    return task;
}

void task_finish(struct task *task, int error, void *result)
{
    pay(task, error, result);
}

void task_then(struct task *task,
               void (*done)(int error, void *result, void *arg), void *arg)
{
    task->done = done;
    task->arg = arg;
    if (task->state == SETTLED)
        enqueue(task);
}

static void wake(void *arg)
{
    struct task *task = arg;

    settle(task, 0, NULL);
}

struct task *task_sleep(struct loop *loop, int64_t delay)
{
    struct task *task = task_create(loop, SLEEP);

    if (task == NULL)
        return NULL;
    task->timer = loop_after(loop, delay, wake, task);
    if (task->timer == 0) {
        task_free(task);
        return NULL;
    }
    return task;
}

struct task *task_gather(struct loop *loop, struct task *const tasks[],
                         size_t count, struct outcome outcomes[])
{
    struct task *gather = task_create(loop, GATHER);

    if (gather == NULL)
        return NULL;
    gather->outcomes = outcomes;
    gather->count = gather->missing = count;
    for (size_t i = 0; i < count; i++) {
        tasks[i]->gather = gather;
        tasks[i]->index = i;
        if (tasks[i]->state == SETTLED)
            enqueue(tasks[i]);
    }
    look_at_outcomes(gather);
    return gather;
}

int task_cancel(struct task *task)
{
    struct task *other;

    if (task->state == SETTLED)
        return EALREADY;
    if (task->kind == GATHER) {
        for (other = LIST_FIRST(&task->loop->tasks); other != NULL;
             other = LIST_NEXT(other, among_tasks))
            if (other->gather == task && !other->told)
                task_cancel(other);
        return 0;
    }
    if (task->kind == SLEEP)
        loop_cancel(task->loop, task->timer);
    settle(task, ECANCELED, NULL);
    return 0;
}

/* ---- blocking calls ----------------------------------------------------- */

/* In the call's own thread. It tells nobody but by the list, as everything
 * else is the loop's. */
static void *run_call(void *arg)
{
    struct call *call = arg;
    struct loop *loop = call->loop;
    const uint64_t one = 1;

    call->error = call->function(call->arg, &call->result);

    pthread_mutex_lock(&loop->lock);
    STAILQ_INSERT_TAIL(&loop->ended, call, in_ended);
    pthread_mutex_unlock(&loop->lock);
    /* After the list: whoever is woken finds the call there. */
    while (write(loop->wakeup, &one, sizeof one) < 0)
        ;
    return NULL;
}

struct task *task_blocking(struct loop *loop,
                           int (*function)(void *arg, void **result), void *arg)
{
    struct call *call = calloc(1, sizeof *call);
    struct task *task = task_create(loop, BLOCKING);

    if (call == NULL || task == NULL)
        goto fail;
    call->loop = loop;
    call->task = task;
    call->function = function;
    call->arg = arg;
    task->owed = true;
    LIST_INSERT_HEAD(&loop->calls, call, among_calls);
    if (pthread_create(&call->thread, NULL, run_call, call) != 0) {
        LIST_REMOVE(call, among_calls);
        goto fail;
    }
    return task;

fail:
    if (task != NULL)
        task_free(task);
    free(call);
    return NULL;
}

static void call_free(struct call *call)
{
    LIST_REMOVE(call, among_calls);
    free(call);
}

/* In the loop's thread: the wakeup says that calls have ended, one or more. */
static void take_ended(struct loop *loop)
{
    STAILQ_HEAD(, call) ended = STAILQ_HEAD_INITIALIZER(ended);
    uint64_t count;

    if (read(loop->wakeup, &count, sizeof count) < 0)
        return; /* level-triggered: next turn */
    pthread_mutex_lock(&loop->lock);
    STAILQ_CONCAT(&ended, &loop->ended);
    pthread_mutex_unlock(&loop->lock);

    while (!STAILQ_EMPTY(&ended)) {
        struct call *call = STAILQ_FIRST(&ended);

        STAILQ_REMOVE_HEAD(&ended, in_ended);
        pthread_join(call->thread, NULL); /* it is about to end, if not over */
        pay(call->task, call->error, call->result);
        call_free(call);
    }
}

/* ---- the loop ----------------------------------------------------------- */

static bool anything_left(const struct loop *loop)
{
    return loop->timer_count > 0 || loop->watch_count > 0 ||
           !TAILQ_EMPTY(&loop->queue) || !LIST_EMPTY(&loop->calls);
}

/* For epoll_wait(): whole milliseconds, rounded up. Rounded down, the last
 * piece of each wait would be 0, and the loop would ask again and again. */
static int time_out(const struct loop *loop)
{
    int64_t left;

    if (!TAILQ_EMPTY(&loop->queue))
        return 0;
    if (loop->timer_count == 0)
        return -1;
    left = loop->timers[0].due - loop_now(loop);
    if (left <= 0)
        return 0;
    left = (left + 999) / 1000;
    return left < INT_MAX ? (int)left : INT_MAX;
}

int loop_run(struct loop *loop)
{
    struct epoll_event events[EVENTS];

    loop->stopped = false;
    while (!loop->stopped && anything_left(loop)) {
        int count = loop->clock.wait(loop->clock.arg, loop->epoll, events,
                                     EVENTS, time_out(loop));

        if (count < 0 && errno != EINTR)
            return errno;
        for (int i = 0; i < count && !loop->stopped; i++)
            if (events[i].data.u64 == WAKEUP)
                take_ended(loop);
            else
                tell_ready(loop, &events[i]);
        run_timers(loop);
        run_queue(loop);
    }
    return 0;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

struct loop *loop_create(const struct loop_config *config)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKEUP};
    struct loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return NULL;
    if (config != NULL)
        loop->config = *config;
    loop->clock = (struct loop_clock){real_now, real_wait, NULL};
    if (loop->config.clock != NULL)
        loop->clock = *loop->config.clock;
    loop->next_id = 1;
    LIST_INIT(&loop->tasks);
    TAILQ_INIT(&loop->queue);
    LIST_INIT(&loop->calls);
    STAILQ_INIT(&loop->ended);
    pthread_mutex_init(&loop->lock, NULL);

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll < 0 || loop->wakeup < 0 ||
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wakeup, &event) != 0) {
        loop_destroy(loop);
        return NULL;
    }
    return loop;
}

void loop_destroy(struct loop *loop)
{
    struct call *call;

    /* First all, then the rest: until the last has ended they hang on to each
     * other in the list `ended`. */
    for (call = LIST_FIRST(&loop->calls); call != NULL;
         call = LIST_NEXT(call, among_calls))
        pthread_join(call->thread, NULL);
    while (!LIST_EMPTY(&loop->calls))
        call_free(LIST_FIRST(&loop->calls));
    while (!LIST_EMPTY(&loop->tasks))
        task_free(LIST_FIRST(&loop->tasks));
    if (loop->wakeup >= 0)
        close(loop->wakeup);
    if (loop->epoll >= 0)
        close(loop->epoll);
    pthread_mutex_destroy(&loop->lock);
    free(loop->watches);
    free(loop->timers);
    free(loop);
}
