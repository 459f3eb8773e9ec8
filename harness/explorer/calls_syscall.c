/*
 * calls_syscall.c - syscall(): what has no function of its own in the C
 * library. Above all futex(2), of which every lock is made: to sleep on a word
 * as long as it has some value, and to wake who sleeps there. A model.
 *
 * The kernel looks at the word and puts the caller into the word's queue in one
 * step. Its look is no access that could race, and gives no order to others:
 * whoever comes back looks herself (futex(7)). She may come back for no reason,
 * and which of several is woken first is not promised (futex(2)).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "trace.h"

/* ---- futexes ------------------------------------------------------------ */

/* A step: who changes the word comes before it or after it. */
static bool still_is(const uint32_t *word, uint32_t value, uint64_t pc)
{
    struct object *memory =
        object_at((void *)(ADDRESS(word) & ~7ull), OBJECT_MEMORY);
    bool is;

    announce(OP_ATOMIC_READ, memory, NULL, pc);
    trace_atomic(ADDRESS(word), sizeof *word);
    is = *word == value;
    depend(memory, OP_ATOMIC_READ, false);
    depend(NULL, is ? OP_WAIT : OP_CLOCK, false); /* a plain write is no step */
    return is;
}

static long futex_wait(const uint32_t *word, uint32_t value, bool timed,
                       uint64_t deadline, uint64_t pc)
{
    struct object *futex = object_at(word, OBJECT_FUTEX);
    struct thread *self = world->self;

    if (!still_is(word, value, pc)) {
        errno = EAGAIN;
        return -1;
    }
    self->op = OP_WAIT; /* in the same step as the look at the word */
    self->object = futex;
    self->address = futex->address;
    trace_step(self);
    depend(futex, OP_WAIT, true);
    enqueue(futex);
    announce_wait(OP_WAKE, futex, NULL, not_waiting, timed, deadline, pc);
    if (self->timed_out || self->woken_early)
        depend(futex, OP_CLOCK, true);
    depend(futex, OP_WAKE, false);
    if (!self->timed_out)
        return 0;
    errno = ETIMEDOUT;
    return -1;
}

static long futex_wake(const uint32_t *word, int count, uint64_t pc)
{
    struct object *futex = object_at(word, OBJECT_FUTEX);
    unsigned woken;

    announce(OP_SIGNAL, futex, NULL, pc);
    woken = wake_of(futex, count > 0 ? (unsigned)count : 1);
    depend(futex, OP_SIGNAL, true);
    spin_progress();
    return woken;
}

/* What comes behind the number: word, operation, value; then, for a wait, a
 * time; and for one with a set of bits, what nobody uses, and the bits. */
static long futex(va_list more, uint64_t pc)
{
    const uint32_t *word = va_arg(more, const uint32_t *);
    int op = (int)va_arg(more, long), flags = op & ~FUTEX_CMD_MASK;
    uint32_t value = (uint32_t)va_arg(more, long);
    const struct timespec *time = NULL;
    uint64_t deadline = 0;

    if (ADDRESS(word) % sizeof *word != 0) {
        errno = EINVAL;
        return -1;
    }
    op &= FUTEX_CMD_MASK;
    if (op == FUTEX_WAKE)
        return futex_wake(word, (int)value, pc);
    if (op != FUTEX_WAIT && op != FUTEX_WAIT_BITSET)
        fail(FAULT_UNCONTROLLED, pc, 0, "the operation %d of futex()", op);
    time = va_arg(more, const struct timespec *);
    if (op == FUTEX_WAIT_BITSET) {
        (void)va_arg(more, void *);
        if ((uint32_t)va_arg(more, long) != FUTEX_BITSET_MATCH_ANY)
            fail(FAULT_UNCONTROLLED, pc, 0, "the bits of futex()");
    }
    if (time != NULL && !is_time(time)) {
        errno = EINVAL;
        return -1;
    }
    if (time != NULL)
        deadline = op == FUTEX_WAIT
                       ? from_now(time)
                       : moment(flags & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME
                                                             : CLOCK_MONOTONIC,
                                time);
    return futex_wait(word, value, time != NULL, deadline, pc);
}

/* ---- all others --------------------------------------------------------- */

CALL(long, syscall, long number, ...)
{
    va_list more;
    long result;

    switch (number) {
    case SYS_futex:
        va_start(more, number);
        result = futex(more, PC);
        va_end(more);
        return result;
    case SYS_gettid:
        return ex_gettid();
    case SYS_getpid:
    case SYS_getppid:
        return syscall(number);
    case SYS_sched_yield:
        announce_yield(OP_YIELD, PC);
        return 0;
    default:
        fail(FAULT_UNCONTROLLED, PC, 0, "syscall() number %ld", number);
    }
}
