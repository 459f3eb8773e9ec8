/*
 * calls_threads.c - threads: creation, join, their own data, their end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <string.h>

#include "calls.h"
#include "trace.h"

#define NAME_OF(thread) ((pthread_t)((thread)->number + 1))

static struct object *object_of(const struct thread *thread)
{
    return object_at((void *)(uintptr_t)NAME_OF(thread), OBJECT_THREAD);
}

/* NULL for what is no thread, or one that was joined or let go. */
static struct thread *thread_named(pthread_t name)
{
    if (name == 0 || name > (pthread_t)world->thread_count)
        return NULL;
    return &world->threads[name - 1];
}

CALL(int, pthread_create, pthread_t *name, const pthread_attr_t *attributes,
     void *(*start)(void *), void *argument)
{
    struct thread *thread;
    int detached = PTHREAD_CREATE_JOINABLE;

    announce(OP_CREATE, NULL, NULL, PC);
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &detached);
    thread = thread_new(start, argument);
    thread->detached = detached == PTHREAD_CREATE_DETACHED;
    explorer_range(name, sizeof *name, true, PC);
    *name = NAME_OF(thread);
    depend(NULL, OP_CREATE, false);
    trace_created(thread, ADDRESS(start));
    spin_progress();
    return 0;
}

static bool has_ended(struct thread *thread)
{
    return thread->object->dead;
}

static int join(pthread_t name, void **result, bool timed, uint64_t deadline,
                uint64_t pc)
{
    struct thread *other = thread_named(name);
    struct object *object;

    if (other == NULL)
        fail(FAULT_MISUSE, pc, 0, "join of what is no thread");
    if (other->joined)
        fail(FAULT_MISUSE, pc, 0, "join of a thread that was joined before");
    if (other->detached)
        fail(FAULT_MISUSE, pc, 0, "join of a detached thread");
    if (other == world->self)
        return EDEADLK;
    object = object_of(other);
    announce_wait(OP_JOIN, object, NULL, has_ended, timed, deadline, pc);
    if (world->self->timed_out)
        return ETIMEDOUT;
    acquire(object);
    other->joined = true;
    depend(object, OP_JOIN, false);
    spin_progress();
    if (result != NULL) {
        explorer_range(result, sizeof *result, true, pc);
        *result = other->result;
    }
    return 0;
}

CALL(int, pthread_join, pthread_t name, void **result)
{
    return join(name, result, false, 0, PC);
}

CALL(int, pthread_timedjoin_np, pthread_t name, void **result,
     const struct timespec *until)
{
    return join(name, result, true, moment(CLOCK_REALTIME, until), PC);
}

CALL(int, pthread_clockjoin_np, pthread_t name, void **result, clockid_t clock,
     const struct timespec *until)
{
    return join(name, result, true, moment(clock, until), PC);
}

CALL(int, pthread_tryjoin_np, pthread_t name, void **result)
{
    struct thread *other = thread_named(name);

    if (other == NULL || other->joined || other->detached)
        fail(FAULT_MISUSE, PC, 0, "join of what cannot be joined");
    announce(OP_TRYLOCK, object_of(other), NULL, PC);
    if (other->life != ENDED) {
        depend(object_of(other), OP_TRYLOCK, false);
        spin_read(ADDRESS(other), 0, PC);
        return EBUSY;
    }
    return join(name, result, false, 0, PC);
}

CALL(int, pthread_detach, pthread_t name)
{
    struct thread *other = thread_named(name);

    if (other == NULL || other->joined || other->detached)
        fail(FAULT_MISUSE, PC, 0, "detach of what cannot be detached");
    other->detached = true;
    return 0;
}

CALL(pthread_t, pthread_self, void)
{
    return NAME_OF(world->self);
}

CALL(int, sched_yield, void)
{
    announce_yield(OP_YIELD, PC);
    return 0;
}

CALL(int, pthread_yield, void)
{
    announce_yield(OP_YIELD, PC);
    return 0;
}

/* Names and cores change nothing here. */
CALL(int, pthread_setname_np, pthread_t name, const char *text)
{
    (void)name;
    (void)text;
    return 0;
}

CALL(int, pthread_setaffinity_np, pthread_t name, size_t size, const void *set)
{
    (void)name;
    (void)size;
    (void)set;
    return 0;
}

CALL(int, pthread_setcancelstate, int state, int *old)
{
    (void)state;
    if (old != NULL)
        *old = PTHREAD_CANCEL_ENABLE;
    return 0;
}

CALL(int, pthread_setcanceltype, int type, int *old)
{
    (void)type;
    if (old != NULL)
        *old = PTHREAD_CANCEL_DEFERRED;
    return 0;
}

/* ---- keys --------------------------------------------------------------- */

enum { KEYS = sizeof((struct thread *)0)->values / sizeof(void *) };

static struct {
    uint32_t schedule; /* in which it was made */
    bool used;         /* and not deleted */
    void (*destructor)(void *);
} keys[KEYS];

static bool is_key(pthread_key_t key)
{
    return key < KEYS && keys[key].used &&
           keys[key].schedule == world->schedule;
}

CALL(int, pthread_key_create, pthread_key_t *key, void (*destructor)(void *))
{
    for (unsigned i = 0; i < KEYS; i++) {
        if (is_key(i))
            continue;
        keys[i].used = true;
        keys[i].schedule = world->schedule;
        keys[i].destructor = destructor;
        explorer_range(key, sizeof *key, true, PC);
        *key = i;
        return 0;
    }
    return EAGAIN;
}

CALL(int, pthread_key_delete, pthread_key_t key)
{
    if (!is_key(key))
        return EINVAL;
    keys[key].used = false;
    for (int i = 0; i < world->thread_count; i++)
        world->threads[i].values[key] = NULL;
    return 0;
}

CALL(void *, pthread_getspecific, pthread_key_t key)
{
    return is_key(key) ? world->self->values[key] : NULL;
}

CALL(int, pthread_setspecific, pthread_key_t key, const void *value)
{
    if (!is_key(key))
        return EINVAL;
    world->self->values[key] = (void *)(uintptr_t)value;
    return 0;
}

static void run_destructors(void)
{
    struct thread *self = world->self;
    bool again = true;

    for (int round = 0; again && round < PTHREAD_DESTRUCTOR_ITERATIONS;
         round++) {
        again = false;
        for (pthread_key_t key = 0; key < KEYS; key++) {
            void *value = self->values[key];

            if (!is_key(key) || value == NULL || keys[key].destructor == NULL)
                continue;
            self->values[key] = NULL;
            again = true;
            keys[key].destructor(value);
        }
    }
}

/* ---- the end ------------------------------------------------------------ */

noreturn void thread_ends(void)
{
    struct thread *self = world->self;
    struct object *object = object_of(self);

    run_destructors();
    announce(OP_END, object, NULL, 0);
    object->dead = true;
    release(object);
    depend(object, OP_END, true);
    mutexes_orphaned(self);
    spin_progress();
    thread_gone();
}

/*
 * pthread_cleanup_push() is a macro of the C library: it takes a jump buffer,
 * and pthread_exit() goes from one to the next.
 */
struct cleanup {
    __pthread_unwind_buf_t buffer;
};

#define BEFORE(buf) (*(struct cleanup **)&(buf)->__pad[0])

CALL(void, __pthread_register_cancel, __pthread_unwind_buf_t *buffer)
{
    BEFORE(buffer) = world->self->cleanups;
    world->self->cleanups = (struct cleanup *)buffer;
}

CALL(void, __pthread_unregister_cancel, __pthread_unwind_buf_t *buffer)
{
    world->self->cleanups = BEFORE(buffer);
}

static noreturn void unwind(void)
{
    __pthread_unwind_buf_t *buffer =
        (__pthread_unwind_buf_t *)world->self->cleanups;
    void *jump;

    if (buffer == NULL)
        thread_ends();
    world->self->cleanups = BEFORE(buffer);
    jump = buffer->__cancel_jmp_buf; /* shorter than a sigjmp_buf */
    __asm__("" : "+r"(jump));
    siglongjmp(jump, 1);
}

CALL(noreturn void, __pthread_unwind_next, __pthread_unwind_buf_t *buffer)
{
    (void)buffer;
    unwind();
}

CALL(noreturn void, pthread_exit, void *result)
{
    world->self->result = result;
    unwind();
}
