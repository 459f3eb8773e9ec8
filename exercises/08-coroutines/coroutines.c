/*
 * coroutines.c - yours to write. The contract is in coroutines.h, the
 * explanation in the handout.
 *
 * It compiles, and there is no coroutine in it: coro_send() calls the function
 * as any function is called, so that it runs to its end, and all that it yields
 * on the way is lost. Go through the steps in their order; each can be checked
 * before the next is begun.
 */
#include "coroutines.h"

#include <errno.h>
#include <stdlib.h>
#include <ucontext.h>

struct coroutine {
    void *(*function)(void *arg);
    void *arg;
    bool begun, ended;
    /* TODO step 1: its stack; where it goes on (a ucontext_t); where the one
     * goes on that has resumed it, and who that is; a value on its way. */
};

/* TODO step 1: in which coroutine is this thread? Each thread needs an answer
 * of its own: _Thread_local. */

/* ---- step 1: send and yield --------------------------------------------- */

struct coroutine *coro_create(void *(*function)(void *arg), void *arg,
                              size_t stack)
{
    struct coroutine *co = calloc(1, sizeof *co);

    if (co == NULL)
        return NULL;
    co->function = function;
    co->arg = arg;
    /* TODO step 1: map a guard page and `stack` bytes above it; getcontext(),
     * uc_stack, uc_link, makecontext(). */
    (void)stack;
    return co;
}

int coro_send(struct coroutine *co, void *value, void **result)
{
    void *returned;

    if (co->begun)
        return EBUSY;
    co->begun = true;
    /* TODO step 1: switch to its stack, and come back when it yields. */
    (void)value;
    returned = co->function(co->arg);
    co->ended = true;
    if (result != NULL)
        *result = returned;
    return 0;
}

int coro_yield(void *value, void **sent)
{
    /* TODO step 1: switch back to whoever has resumed this coroutine. */
    (void)value;
    (void)sent;
    return ENOSYS;
}

bool coro_done(const struct coroutine *co)
{
    return co->ended;
}

int coro_destroy(struct coroutine *co)
{
    if (co == NULL)
        return 0;
    if (co->begun && !co->ended)
        return EBUSY;
    /* TODO step 1: give back its stack. Step 2: close it first. */
    free(co);
    return 0;
}

/* ---- step 2: close ------------------------------------------------------ */

int coro_close(struct coroutine *co)
{
    /* TODO step 2 */
    (void)co;
    return ENOSYS;
}

/* ---- step 3: coroutines that use others --------------------------------- */

int coro_await(struct coroutine *co, void **result)
{
    /* TODO step 3: send, and yield what comes, until it has ended. */
    (void)co;
    (void)result;
    return ENOSYS;
}

struct coroutine *gen_map(struct coroutine *source,
                          void *(*change)(void *value, void *arg), void *arg)
{
    /* TODO step 3: a coroutine, and what its function must know. */
    (void)source;
    (void)change;
    (void)arg;
    return NULL;
}

struct coroutine *gen_filter(struct coroutine *source,
                             bool (*keep)(void *value, void *arg), void *arg)
{
    /* TODO step 3 */
    (void)source;
    (void)keep;
    (void)arg;
    return NULL;
}

struct coroutine *gen_take(struct coroutine *source, size_t count)
{
    /* TODO step 3 */
    (void)source;
    (void)count;
    return NULL;
}

/* ---- step 4: tasks that take turns -------------------------------------- */

struct tasks *tasks_create(void)
{
    /* TODO step 4: a queue of those that can run, those that sleep, a clock. */
    return NULL;
}

int tasks_start(struct tasks *tasks, void *(*function)(void *arg), void *arg)
{
    /* TODO step 4 */
    (void)tasks;
    (void)function;
    (void)arg;
    return ENOSYS;
}

int tasks_run(struct tasks *tasks)
{
    /* TODO step 4 */
    (void)tasks;
    return ENOSYS;
}

unsigned long tasks_now(const struct tasks *tasks)
{
    /* TODO step 4 */
    (void)tasks;
    return 0;
}

void tasks_destroy(struct tasks *tasks)
{
    /* TODO step 4 */
    (void)tasks;
}

int task_pause(void)
{
    /* TODO step 4: what does a task yield when it pauses? */
    return ENOSYS;
}

int task_sleep(unsigned long ticks)
{
    /* TODO step 4 */
    (void)ticks;
    return ENOSYS;
}
