/*
 * atomics.c - atomic operations: each is a step of its own, and hands over
 * what its memory order promises, and no more (ISO/IEC 9899:2011, 7.17.3;
 * fences 7.17.4). Values are sequentially consistent.
 */
#include <string.h>

#include "calls.h"
#include "trace.h"

/* As the compilers number them. */
enum { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

static bool acquires(int order)
{
    return order != RELAXED && order != RELEASE;
}

static bool releases(int order)
{
    return order == RELEASE || order >= ACQ_REL;
}

/* Steps depend on one another where they touch the same 8 bytes. */
static struct object *memory_of(const volatile void *p)
{
    return object_at((void *)(ADDRESS(p) & ~7ull), OBJECT_MEMORY);
}

/* Returns what keeps the clocks: that is exact, each variable has its own. */
static struct object *begin(const volatile void *p, size_t size, enum op op,
                            uint64_t pc)
{
    struct object *memory = memory_of(p);

    announce(op, memory, NULL, pc);
    trace_atomic(ADDRESS(p), size);
    return memory->address == ADDRESS(p) ? memory : object_at(p, OBJECT_MEMORY);
}

static void see_relaxed(struct thread *self, const struct clocks *clocks)
{
    if (self->has_relaxed)
        clocks_join(&self->seen_relaxed, clocks);
    else
        clocks_copy(&self->seen_relaxed, clocks);
    self->has_relaxed = true;
}

static void reads(struct object *object, int order)
{
    if (!object->has_clocks)
        return;
    if (acquires(order))
        acquire(object);
    else
        see_relaxed(world->self, &object->clocks);
}

/* A store begins anew; a change goes on with what was there. */
static void writes(struct object *object, int order, bool anew)
{
    struct thread *self = world->self;

    if (anew)
        object->has_clocks = false;
    if (releases(order)) {
        release(object);
    } else if (self->has_fenced) {
        if (object->has_clocks)
            clocks_join(&object->clocks, &self->fenced);
        else
            clocks_copy(&object->clocks, &self->fenced);
        object->has_clocks = true;
    }
}

static void looked(struct object *object, const volatile void *p, size_t size,
                   int order, uint64_t value, uint64_t pc)
{
    race_access(ADDRESS(p), size, ACCESS_READ | ACCESS_ATOMIC, pc);
    reads(object, order);
    depend(memory_of(p), OP_ATOMIC_READ, false);
    spin_read(ADDRESS(p), value, pc);
}

static void changed(struct object *object, const volatile void *p, size_t size,
                    int order, bool differs, uint64_t value, uint64_t pc)
{
    race_access(ADDRESS(p), size, ACCESS_WRITE | ACCESS_ATOMIC, pc);
    reads(object, order);
    writes(object, order, false);
    depend(memory_of(p), OP_ATOMIC_CHANGE, true);
    if (differs)
        spin_progress();
    else
        spin_read(ADDRESS(p), value, pc);
}

#define CHANGE(bits, type, name, result)                                       \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order);    \
    type __tsan_atomic##bits##_##name(volatile type *p, type v, int order)     \
    {                                                                          \
        struct object *object = begin(p, sizeof *p, OP_ATOMIC_CHANGE, PC);     \
        type old = *p, new = (type)(result);                                   \
                                                                               \
        *p = new;                                                              \
        changed(object, p, sizeof *p, order, old != new, (uint64_t)old, PC);   \
        return old;                                                            \
    }

/* clang asks for the old value, gcc whether it was the expected one. */
#define ATOMICS(bits, type)                                                    \
    type __tsan_atomic##bits##_load(const volatile type *p, int order);        \
    type __tsan_atomic##bits##_load(const volatile type *p, int order)         \
    {                                                                          \
        struct object *object = begin(p, sizeof *p, OP_ATOMIC_READ, PC);       \
        type value = *p;                                                       \
                                                                               \
        looked(object, p, sizeof *p, order, (uint64_t)value, PC);              \
        return value;                                                          \
    }                                                                          \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order);     \
    void __tsan_atomic##bits##_store(volatile type *p, type v, int order)      \
    {                                                                          \
        struct object *object = begin(p, sizeof *p, OP_ATOMIC_WRITE, PC);      \
                                                                               \
        *p = v;                                                                \
        race_access(ADDRESS(p), sizeof *p, ACCESS_WRITE | ACCESS_ATOMIC, PC);  \
        writes(object, order, true);                                           \
        depend(memory_of(p), OP_ATOMIC_WRITE, true);                           \
        spin_progress();                                                       \
    }                                                                          \
    CHANGE(bits, type, exchange, v)                                            \
    CHANGE(bits, type, fetch_add, old + v)                                     \
    CHANGE(bits, type, fetch_sub, old - v)                                     \
    CHANGE(bits, type, fetch_and, old &v)                                      \
    CHANGE(bits, type, fetch_or, old | v)                                      \
    CHANGE(bits, type, fetch_xor, old ^ v)                                     \
    CHANGE(bits, type, fetch_nand, ~(old & v))                                 \
    type __tsan_atomic##bits##_compare_exchange_val(                           \
        volatile type *p, type expected, type v, int order, int otherwise);    \
    type __tsan_atomic##bits##_compare_exchange_val(                           \
        volatile type *p, type expected, type v, int order, int otherwise)     \
    {                                                                          \
        struct object *object = begin(p, sizeof *p, OP_ATOMIC_CHANGE, PC);     \
        type old = *p;                                                         \
                                                                               \
        if (old == expected) {                                                 \
            *p = v;                                                            \
            changed(object, p, sizeof *p, order, old != v, (uint64_t)old, PC); \
        } else {                                                               \
            looked(object, p, sizeof *p, otherwise, (uint64_t)old, PC);        \
        }                                                                      \
        return old;                                                            \
    }

#define uint128_t unsigned __int128

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
ATOMICS(128, uint128_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    struct thread *self = world->self;

    if (acquires(order) && self->has_relaxed)
        acquire_from(&self->seen_relaxed);
    if (releases(order)) {
        clocks_copy(&self->fenced, &self->clocks);
        self->has_fenced = true;
        release_to(&self->fenced);
    }
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}
