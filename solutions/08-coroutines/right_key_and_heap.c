/* expect: pass */
/*
 * Who is running is kept in a key of POSIX threads, each stack has a second guard
 * page above it, a stage destroys its source as soon as it has ended, and tasks
 * wait in a ring and sleep in a heap.
 */
#include "coroutines.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK = 64 * 1024 }; /* when none is asked for */

enum state { FRESH, SUSPENDED, RUNNING, ENDED };

/* Belongs to its thread, as everything here does: no locks. */
struct coroutine {
    enum state state;
    bool closing; /* every coro_yield() is an error now */

    void *(*function)(void *arg);
    void *arg;
    void *value; /* on its way, in either direction */

    ucontext_t here;           /* where it goes on */
    ucontext_t back;           /* where its resumer goes on */
    struct coroutine *resumer; /* who that is, NULL for none */

    char *memory; /* guard page and stack */
    size_t size;  /* of both */

    /* of a stage */
    struct coroutine *source;
    void *(*change)(void *value, void *arg);
    bool (*keep)(void *value, void *arg);
    void *stage_arg;
    size_t count;
};

/* In which coroutine this thread is, or NULL: in a key of POSIX threads. */
static pthread_mutex_t key_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static bool key_made; /* guarded by key_lock; true when a coroutine exists */

static bool make_key(void)
{
    bool made;

    pthread_mutex_lock(&key_lock);
    if (!key_made)
        key_made = pthread_key_create(&key, NULL) == 0;
    made = key_made;
    pthread_mutex_unlock(&key_lock);
    return made;
}

static struct coroutine *get_current(void)
{
    bool made;

    pthread_mutex_lock(&key_lock);
    made = key_made;
    pthread_mutex_unlock(&key_lock);
    return made ? pthread_getspecific(key) : NULL;
}

static void set_current(struct coroutine *co)
{
    pthread_setspecific(key, co);
}

/* ---- step 1: send and yield --------------------------------------------- */

/* The first function on the new stack. When it returns, the C library goes on
 * at uc_link, which is `back`. */
static void enter(void)
{
    struct coroutine *co = get_current();

    co->value = co->function(co->arg);
    co->state = ENDED;
}

/* Guard page and stack. Returns 0 or ENOMEM. */
static int map_stack(struct coroutine *co, size_t stack)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    co->size = 2 * page + (stack + page - 1) / page * page;
    co->memory =
        mmap(NULL, co->size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (co->memory == MAP_FAILED)
        return ENOMEM;
    if (mprotect(co->memory, page, PROT_NONE) != 0 ||
        mprotect(co->memory + co->size - page, page, PROT_NONE) != 0) {
        munmap(co->memory, co->size);
        return ENOMEM;
    }
    return 0;
}

static void make_context(struct coroutine *co)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    getcontext(&co->here);
    co->here.uc_stack.ss_sp = co->memory + page;
    co->here.uc_stack.ss_size = co->size - 2 * page;
    co->here.uc_link = &co->back;
    makecontext(&co->here, enter, 0); /* it finds itself in `current` */
}

struct coroutine *coro_create(void *(*function)(void *arg), void *arg,
                              size_t stack)
{
    struct coroutine *co;

    if (!make_key() || (co = calloc(1, sizeof *co)) == NULL)
        return NULL;
    co->function = function;
    co->arg = arg;
    if (map_stack(co, stack ? stack : STACK) != 0) {
        free(co);
        return NULL;
    }
    make_context(co);
    return co;
}

/* It is destroyed as soon as its stage has ended. */
static void lose_source(struct coroutine *co)
{
    struct coroutine *source = co->source;

    co->source = NULL;
    coro_destroy(source);
}

/* Runs it until it yields or ends. */
static void resume(struct coroutine *co)
{
    co->state = RUNNING;
    co->resumer = get_current();
    set_current(co);
    swapcontext(&co->back, &co->here);
    set_current(co->resumer);
    if (co->state == ENDED)
        lose_source(co);
}

int coro_send(struct coroutine *co, void *value, void **result)
{
    if (co->state == RUNNING || co->state == ENDED)
        return EBUSY;
    if (co->state == FRESH && value != NULL)
        return EINVAL;
    co->value = value;
    resume(co);
    if (result != NULL)
        *result = co->value;
    return 0;
}

int coro_yield(void *value, void **sent)
{
    struct coroutine *co = get_current();

    if (co == NULL)
        return EPERM;
    if (co->closing)
        return ECANCELED;
    co->value = value;
    co->state = SUSPENDED;
    swapcontext(&co->here, &co->back);
    if (co->closing)
        return ECANCELED;
    if (sent != NULL)
        *sent = co->value;
    return 0;
}

bool coro_done(const struct coroutine *co)
{
    return co->state == ENDED;
}

int coro_destroy(struct coroutine *co)
{
    if (co == NULL)
        return 0;
    if (coro_close(co) != 0)
        return EBUSY;
    munmap(co->memory, co->size);
    free(co);
    return 0;
}

/* ---- step 2: close ------------------------------------------------------ */

int coro_close(struct coroutine *co)
{
    if (co->state == RUNNING)
        return EBUSY;
    if (co->state == SUSPENDED) {
        co->closing = true;
        resume(co);
    } else if (co->state == FRESH) {
        co->state = ENDED;
        lose_source(co);
    }
    return 0;
}

/* ---- step 3: coroutines that use others --------------------------------- */

int coro_await(struct coroutine *co, void **result)
{
    void *value = NULL;
    int error;

    if (get_current() == NULL)
        return EPERM;
    for (;;) {
        void *yielded = NULL;

        error = coro_send(co, value, &yielded);
        if (error != 0)
            return error;
        if (coro_done(co)) {
            if (result != NULL)
                *result = yielded;
            return 0;
        }
        error = coro_yield(yielded, &value);
        if (error != 0) {
            coro_close(co);
            return error;
        }
    }
}

static void *run_map(void *arg)
{
    struct coroutine *co = arg;
    void *value;

    while (coro_send(co->source, NULL, &value) == 0 && !coro_done(co->source))
        if (coro_yield(co->change(value, co->stage_arg), NULL) != 0)
            break;
    return NULL;
}

static void *run_filter(void *arg)
{
    struct coroutine *co = arg;
    void *value;

    while (coro_send(co->source, NULL, &value) == 0 && !coro_done(co->source))
        if (co->keep(value, co->stage_arg) && coro_yield(value, NULL) != 0)
            break;
    return NULL;
}

static void *run_take(void *arg)
{
    struct coroutine *co = arg;
    void *value;

    while (co->count-- > 0 && coro_send(co->source, NULL, &value) == 0 &&
           !coro_done(co->source))
        if (coro_yield(value, NULL) != 0)
            break;
    return NULL;
}

static struct coroutine *new_stage(void *(*function)(void *arg),
                                   struct coroutine *source, void *arg)
{
    struct coroutine *co = coro_create(function, NULL, 0);

    if (co == NULL)
        return NULL;
    co->arg = co;
    co->source = source;
    co->stage_arg = arg;
    return co;
}

struct coroutine *gen_map(struct coroutine *source,
                          void *(*change)(void *value, void *arg), void *arg)
{
    struct coroutine *co = new_stage(run_map, source, arg);

    if (co != NULL)
        co->change = change;
    return co;
}

struct coroutine *gen_filter(struct coroutine *source,
                             bool (*keep)(void *value, void *arg), void *arg)
{
    struct coroutine *co = new_stage(run_filter, source, arg);

    if (co != NULL)
        co->keep = keep;
    return co;
}

struct coroutine *gen_take(struct coroutine *source, size_t count)
{
    struct coroutine *co = new_stage(run_take, source, NULL);

    if (co != NULL)
        co->count = count;
    return co;
}

/* ---- step 4: tasks that take turns -------------------------------------- */

struct task {
    struct coroutine *co;
    unsigned long wake, order; /* while it sleeps */
};

/* `room` places in each: whoever is started has one in both. */
struct tasks {
    struct task **ring, **heap;
    size_t room, alive, first, ready, asleep;
    unsigned long now, orders;
    bool running;
};

struct tasks *tasks_create(void)
{
    return calloc(1, sizeof(struct tasks));
}

static void enqueue(struct tasks *tasks, struct task *task)
{
    tasks->ring[(tasks->first + tasks->ready++) % tasks->room] = task;
}

static struct task *dequeue(struct tasks *tasks)
{
    struct task *task = tasks->ring[tasks->first];

    tasks->first = (tasks->first + 1) % tasks->room;
    tasks->ready--;
    return task;
}

static int make_room(struct tasks *tasks)
{
    size_t room = 2 * tasks->room + 1;
    struct task **ring, **heap;

    if (tasks->alive < tasks->room)
        return 0;
    ring = calloc(room, sizeof(*ring));
    heap = realloc(tasks->heap, room * sizeof(*heap));
    if (heap != NULL)
        tasks->heap = heap;
    if (ring == NULL || heap == NULL) {
        free(ring);
        return ENOMEM;
    }
    for (size_t i = 0; i < tasks->ready; i++)
        ring[i] = tasks->ring[(tasks->first + i) % tasks->room];
    free(tasks->ring);
    tasks->ring = ring;
    tasks->first = 0;
    tasks->room = room;
    return 0;
}

int tasks_start(struct tasks *tasks, void *(*function)(void *arg), void *arg)
{
    struct task *task;

    if (make_room(tasks) != 0 || (task = malloc(sizeof *task)) == NULL)
        return ENOMEM;
    task->co = coro_create(function, arg, 0);
    if (task->co == NULL) {
        free(task);
        return ENOMEM;
    }
    tasks->alive++;
    enqueue(tasks, task);
    return 0;
}

static void free_task(struct tasks *tasks, struct task *task)
{
    coro_destroy(task->co);
    free(task);
    tasks->alive--;
}

static bool before(const struct task *a, const struct task *b)
{
    return a->wake != b->wake ? a->wake < b->wake : a->order < b->order;
}

static void swap(struct tasks *tasks, size_t i, size_t k)
{
    struct task *task = tasks->heap[i];

    tasks->heap[i] = tasks->heap[k];
    tasks->heap[k] = task;
}

static void fall_asleep(struct tasks *tasks, struct task *task,
                        unsigned long ticks)
{
    size_t at = tasks->asleep++;

    task->wake = tasks->now + ticks;
    task->order = tasks->orders++;
    tasks->heap[at] = task;
    for (; at > 0 && before(task, tasks->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(tasks, at, (at - 1) / 2);
}

static struct task *wake_first(struct tasks *tasks)
{
    struct task *first = tasks->heap[0];
    size_t at = 0, child;

    tasks->heap[0] = tasks->heap[--tasks->asleep];
    while ((child = 2 * at + 1) < tasks->asleep) {
        if (child + 1 < tasks->asleep &&
            before(tasks->heap[child + 1], tasks->heap[child]))
            child++;
        if (!before(tasks->heap[child], tasks->heap[at]))
            break;
        swap(tasks, at, child);
        at = child;
    }
    return first;
}

int tasks_run(struct tasks *tasks)
{
    if (tasks->running)
        return EBUSY;
    tasks->running = true;
    while (tasks->alive > 0) {
        struct task *task;
        void *wish = NULL;

        if (tasks->ready == 0) {
            tasks->now = tasks->heap[0]->wake;
            while (tasks->asleep > 0 && tasks->heap[0]->wake == tasks->now)
                enqueue(tasks, wake_first(tasks));
        }
        task = dequeue(tasks);
        coro_send(task->co, NULL, &wish);
        if (coro_done(task->co))
            free_task(tasks, task);
        else if (wish == NULL)
            enqueue(tasks, task);
        else
            fall_asleep(tasks, task, *(unsigned long *)wish);
    }
    tasks->running = false;
    return 0;
}

unsigned long tasks_now(const struct tasks *tasks)
{
    return tasks->now;
}

void tasks_destroy(struct tasks *tasks)
{
    if (tasks == NULL)
        return;
    while (tasks->ready > 0)
        free_task(tasks, dequeue(tasks));
    free(tasks->ring);
    free(tasks->heap);
    free(tasks);
}

/* What a task yields is its wish: NULL for a pause, else the ticks. It goes up
 * through all that await it, to tasks_run(). */
int task_pause(void)
{
    return coro_yield(NULL, NULL);
}

int task_sleep(unsigned long ticks)
{
    return ticks == 0 ? task_pause() : coro_yield(&ticks, NULL);
}
