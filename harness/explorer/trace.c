/*
 * trace.c - see trace.h. A line for each thing that happens, written at once,
 * so that a crash loses nothing; of a schedule that goes on and on the
 * beginning and the end:
 *
 *   s STEP THREAD OP PC ADDRESS   a step is made; of a thread ADDRESS is its
 *                                 number and one
 *   a STEP THREAD KIND PC ADDRESS SIZE VALUE   an access; the value before
 *   v VALUE                       what the last write has left there
 *   p FROM TO 0|1                 another thread goes on; 1: a preemption
 *   n THREAD TEXT                 what the search has decided
 *   c THREAD CHILD START          a thread is created
 *   m THREAD ADDRESS SIZE PC      a block is allocated
 *   f THREAD ADDRESS PC           and freed
 *   F THREAD FUNCTION FRAME       a function of the program begins
 *   X THREAD                      and ends
 *   b THREAD OP PC ADDRESS OWNER  at the end: what it was about to do
 *   e KIND THREAD PC ADDRESS TEXT at the end: what went wrong
 */
#define _GNU_SOURCE
#include "trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINES = 200000 };

static int out = -1;
static unsigned lines;
static uint64_t written; /* address of the last write, 0: none */
static size_t written_size;

void trace_open(const char *path)
{
    out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static uint64_t value_at(uint64_t address, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, (void *)address, size < 8 ? size : 8);
    return value;
}

/* A hook stands before its access, so what it wrote is seen at the next. */
static void settle(void)
{
    uint64_t address = written;

    written = 0;
    if (address != 0)
        dprintf(out, "v %llx\n",
                (unsigned long long)value_at(address, written_size));
}

#define TRACE(...)                                                             \
    do {                                                                       \
        if (out < 0 || lines == LINES)                                         \
            return;                                                            \
        lines++;                                                               \
        settle();                                                              \
        dprintf(out, __VA_ARGS__);                                             \
    } while (0)

#define HEX(n) (unsigned long long)(n)

void trace_step(struct thread *self)
{
    TRACE("s %llu %d %s %llx %llx\n", HEX(world->steps), self->number,
          op_name(self->op), HEX(self->pc), HEX(self->address));
}

void trace_access(uint64_t address, size_t size, unsigned access, uint64_t pc)
{
    TRACE("a %llu %d %c %llx %llx %zu %llx\n", HEX(world->steps),
          world->self->number, access & ACCESS_WRITE ? 'w' : 'r', HEX(pc),
          HEX(address), size, HEX(value_at(address, size)));
    if (access & ACCESS_WRITE) {
        written = address;
        written_size = size;
    }
}

void trace_atomic(uint64_t address, size_t size)
{
    TRACE("a %llu %d %c %llx %llx %zu %llx\n", HEX(world->steps),
          world->self->number,
          world->self->op == OP_ATOMIC_READ    ? 'R'
          : world->self->op == OP_ATOMIC_WRITE ? 'W'
                                               : 'C',
          HEX(world->self->pc), HEX(address), size,
          HEX(value_at(address, size)));
    if (world->self->op != OP_ATOMIC_READ) {
        written = address;
        written_size = size;
    }
}

void trace_switch(struct thread *from, struct thread *to, bool preempted)
{
    TRACE("p %d %d %d\n", from->number, to->number, preempted);
}

void trace_note(struct thread *thread, const char *what)
{
    TRACE("n %d %s\n", thread->number, what);
}

void trace_created(struct thread *thread, uint64_t start)
{
    TRACE("c %d %d %llx\n", world->self->number, thread->number, HEX(start));
}

void trace_allocated(uint64_t address, size_t size, uint64_t pc)
{
    TRACE("m %d %llx %zu %llx\n", world->self->number, HEX(address), size,
          HEX(pc));
}

void trace_freed(uint64_t address, uint64_t pc)
{
    TRACE("f %d %llx %llx\n", world->self->number, HEX(address), HEX(pc));
}

void trace_entry(uint64_t function, uint64_t frame)
{
    TRACE("F %d %llx %llx\n", world->self->number, HEX(function), HEX(frame));
}

void trace_exit(void)
{
    TRACE("X %d\n", world->self->number);
}

void trace_end(void)
{
    if (out < 0)
        return;
    settle();
    for (int i = 0; i < world->thread_count; i++) {
        const struct thread *thread = &world->threads[i];
        const struct object *object =
            thread->mutex != NULL ? thread->mutex : thread->object;

        if (thread->life == ALIVE)
            dprintf(out, "b %d %s %llx %llx %d\n", i, op_name(thread->op),
                    HEX(thread->pc), HEX(thread->address),
                    object != NULL && object->owner != NULL
                        ? object->owner->number
                        : -1);
    }
    dprintf(out, "e %s %d %llx %llx %s\n", fault_name(world->fault),
            world->fault_thread, HEX(world->fault_pc),
            HEX(world->fault_address), world->fault_text);
}

__attribute__((noinline)) void explorer_stop(void)
{
    __asm__ volatile("");
}
