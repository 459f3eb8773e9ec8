/* expect: pass */
/*
 * Nobody switches from one coroutine to another: each goes back to a loop on
 * the thread's own stack, and says whose turn it is. So a coroutine has one
 * context only, and so has the thread.
 */
#include "coroutines.h"

#include <errno.h>
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
    struct coroutine *resumer; /* NULL: the thread itself */

    char *memory; /* guard page and stack */
    size_t size;  /* of both */

    /* of a stage */
    struct coroutine *source;
    void *(*change)(void *value, void *arg);
    bool (*keep)(void *value, void *arg);
    void *stage_arg;
    size_t count;
};

/* In which coroutine this thread is, or is to be next; NULL: in none. */
static _Thread_local struct coroutine *current;

/* Where the thread's loop goes on. */
static _Thread_local ucontext_t hub;

/* ---- step 1: send and yield --------------------------------------------- */

/* The first function on the new stack. */
static void enter(void)
{
    struct coroutine *co = current;

    co->value = co->function(co->arg);
    co->state = ENDED;
    current = co->resumer;
    setcontext(&hub);
}

/* Guard page and stack. Returns 0 or ENOMEM. */
static int map_stack(struct coroutine *co, size_t stack)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    co->size = page + (stack + page - 1) / page * page;
    co->memory =
        mmap(NULL, co->size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (co->memory == MAP_FAILED)
        return ENOMEM;
    if (mprotect(co->memory, page, PROT_NONE) != 0) {
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
    co->here.uc_stack.ss_size = co->size - page;
    makecontext(&co->here, enter, 0); /* it finds itself in `current` */
}

struct coroutine *coro_create(void *(*function)(void *arg), void *arg,
                              size_t stack)
{
    struct coroutine *co = calloc(1, sizeof *co);

    if (co == NULL)
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

/* Runs it until it yields or ends. */
static void resume(struct coroutine *co)
{
    struct coroutine *caller = current;

    co->state = RUNNING;
    co->resumer = caller;
    current = co;
    if (caller != NULL)
        swapcontext(&caller->here, &hub);
    else
        while (current != NULL)
            swapcontext(&hub, &current->here);
    if (co->state == ENDED && co->source != NULL)
        coro_close(co->source);
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
    struct coroutine *co = current;

    if (co == NULL)
        return EPERM;
    if (co->closing)
        return ECANCELED;
    co->value = value;
    co->state = SUSPENDED;
    current = co->resumer;
    swapcontext(&co->here, &hub);
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
    coro_destroy(co->source);
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
        if (co->source != NULL)
            coro_close(co->source);
    }
    return 0;
}

/* ---- step 3: coroutines that use others --------------------------------- */

int coro_await(struct coroutine *co, void **result)
{
    void *value = NULL;
    int error;

    if (co->state == RUNNING || co->state == ENDED)
        return EBUSY;
    if (current == NULL)
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
    struct task *next;
    struct coroutine *co;
    unsigned long wake; /* while it sleeps */
};

struct tasks {
    struct task *first, **end; /* the queue */
    struct task *asleep;       /* by time; equal ones as they came */
    unsigned long now;
    bool running;
};

struct tasks *tasks_create(void)
{
    struct tasks *tasks = calloc(1, sizeof *tasks);

    if (tasks != NULL)
        tasks->end = &tasks->first;
    return tasks;
}

static void enqueue(struct tasks *tasks, struct task *task)
{
    task->next = NULL;
    *tasks->end = task;
    tasks->end = &task->next;
}

static struct task *dequeue(struct tasks *tasks)
{
    struct task *task = tasks->first;

    if (task != NULL && (tasks->first = task->next) == NULL)
        tasks->end = &tasks->first;
    return task;
}

int tasks_start(struct tasks *tasks, void *(*function)(void *arg), void *arg)
{
    struct task *task = malloc(sizeof *task);

    if (task == NULL)
        return ENOMEM;
    task->co = coro_create(function, arg, 0);
    if (task->co == NULL) {
        free(task);
        return ENOMEM;
    }
    enqueue(tasks, task);
    return 0;
}

static void free_task(struct task *task)
{
    coro_destroy(task->co);
    free(task);
}

static void fall_asleep(struct tasks *tasks, struct task *task,
                        unsigned long ticks)
{
    struct task **at = &tasks->asleep;

    task->wake = tasks->now + ticks;
    while (*at != NULL && (*at)->wake <= task->wake)
        at = &(*at)->next;
    task->next = *at;
    *at = task;
}

/* Nobody can run: the clock goes on to those who wake next. */
static void wake_next(struct tasks *tasks)
{
    tasks->now = tasks->asleep->wake;
    while (tasks->asleep != NULL && tasks->asleep->wake == tasks->now) {
        struct task *task = tasks->asleep;

        tasks->asleep = task->next;
        enqueue(tasks, task);
    }
}

int tasks_run(struct tasks *tasks)
{
    if (tasks->running)
        return EBUSY;
    tasks->running = true;
    while (tasks->first != NULL || tasks->asleep != NULL) {
        struct task *task;
        void *wish = NULL;

        if (tasks->first == NULL)
            wake_next(tasks);
        task = dequeue(tasks);
        coro_send(task->co, NULL, &wish);
        if (coro_done(task->co))
            free_task(task);
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
    struct task *task;

    if (tasks == NULL)
        return;
    while ((task = dequeue(tasks)) != NULL)
        free_task(task);
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
