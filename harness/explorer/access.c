/*
 * access.c - the hooks that clang's -fsanitize=thread puts before each access
 * to memory that other threads could reach.
 */
#include <string.h>

#include "calls.h"
#include "clock.h"
#include "explorer.h"
#include "places.h"
#include "trace.h"

/* An access that races with others: whoever goes first matters. */
static void racing(uint64_t address, size_t size, unsigned access, uint64_t pc)
{
    struct object *first = object_at((void *)(address & ~7ull), OBJECT_MEMORY);
    struct object *last =
        object_at((void *)((address + size - 1) & ~7ull), OBJECT_MEMORY);
    enum op op = access & ACCESS_WRITE ? OP_WRITE : OP_READ;

    announce_access(op, first, pc);
    depend(first, op, access & ACCESS_WRITE);
    if (last != first)
        depend(last, op, access & ACCESS_WRITE);
}

enum { SILENT_MAX = 100000, STEPS_MAX = 20000000 };

/* A loop that nobody is let into. */
static void silent_too_long(uint64_t pc)
{
    if (world->steps > STEPS_MAX)
        too_long(pc);
    announce_yield(OP_YIELD, pc);
}

static inline void hook(const void *pointer, size_t size, unsigned access,
                        uint64_t pc)
{
    uint64_t address = ADDRESS(pointer), value = 0;

    if (world->self == NULL)
        return; /* before main(), after the end */
    if (settings.clock) {
        clock_spend(lines_cost(address, size, access & ACCESS_WRITE, pc));
        return;
    }
    world->steps++;
    if (++world->silent > SILENT_MAX)
        silent_too_long(pc);
    if ((places_any && places_has(pc)) || trace_wants_choice())
        racing(address, size, access, pc);
    stop_if_asked();
    if (settings.trace)
        trace_access(address, size, access, pc);
    if (settings.visits && world->alive > 1)
        places_visited(pc);
    race_access(address, size, access, pc);
    if (access & ACCESS_WRITE) {
        spin_progress();
        return;
    }
    memcpy(&value, pointer, size < 8 ? size : 8);
    spin_read(address, value, pc);
}

void explorer_range(const void *pointer, size_t size, bool writes, uint64_t pc)
{
    if (size > 0)
        hook(pointer, size, writes ? ACCESS_WRITE : ACCESS_READ, pc);
}

/* clang emits the calls; no header has them. */
#define HOOK(name, size, access)                                               \
    void __tsan_##name(void *p);                                               \
    void __tsan_##name(void *p)                                                \
    {                                                                          \
        hook(p, size, access, PC);                                             \
    }

#define HOOKS(size)                                                            \
    HOOK(read##size, size, ACCESS_READ)                                        \
    HOOK(write##size, size, ACCESS_WRITE)                                      \
    HOOK(unaligned_read##size, size, ACCESS_READ)                              \
    HOOK(unaligned_write##size, size, ACCESS_WRITE)                            \
    HOOK(volatile_read##size, size, ACCESS_READ)                               \
    HOOK(volatile_write##size, size, ACCESS_WRITE)                             \
    HOOK(unaligned_volatile_read##size, size, ACCESS_READ)                     \
    HOOK(unaligned_volatile_write##size, size, ACCESS_WRITE)

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
    (void)caller;
    if (settings.trace && world->self != NULL)
        trace_entry(PC, *(uint64_t *)__builtin_frame_address(0));
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
    if (settings.trace && world->self != NULL)
        trace_exit();
}
