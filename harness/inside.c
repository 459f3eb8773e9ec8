/*
 * inside.c - the board from inside: rows, waits, locks held.
 *
 * Every wrapped call of calls.c goes through wait_begin() and wait_end(). The
 * count `running` falls to zero when the last thread that could move goes to
 * sleep; if somebody then waits to be let go, the grader is given a hint. The
 * hint saves time and proves nothing: whether all is still is decided
 * outside, from the kernel's own word (stillness.c).
 */
#define _GNU_SOURCE
#include "inside.h"

#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <valgrind/helgrind.h>

#define SOON_SECONDS 10

static struct board nobody;
struct board *board = &nobody;

enum { GUARD = 1 << 16 };

static _Thread_local struct board_row *self;
static _Thread_local struct board_row *newborn; /* of a child, during fork() */

QUIET struct board_row *row_self(void)
{
    return self;
}

static int first_object(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uint64_t *)base = info->dlpi_addr;
    return 1; /* the first object is the executable; stop there */
}

/* A stack of the student's own making may lie next to it, and overflow. */
static void *map_between_guards(int fd)
{
    size_t size = (sizeof *board + GUARD - 1) / GUARD * GUARD;
    char *room = mmap(NULL, size + 2 * GUARD, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (room == MAP_FAILED)
        return MAP_FAILED;
    return mmap(room + GUARD, sizeof *board, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_FIXED, fd, 0);
}

/* Runs before main and before the first test. */
__attribute__((constructor)) static void board_open(void)
{
    const char *path = getenv("INTERLEAVE_BOARD");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

    if (fd >= 0) {
        void *map = map_between_guards(fd);

        if (map != MAP_FAILED)
            board = map;
        close(fd);
    }
    VALGRIND_HG_DISABLE_CHECKING(board, sizeof *board);
    dl_iterate_phdr(first_object, &board->base);
}

/* Under board->lock: the next row, or NULL when all are used. */
QUIET static struct board_row *row_next(void)
{
    uint32_t used = board->rows_used;
    struct board_row *row = &board->rows[used];

    if (used >= BOARD_THREADS)
        return NULL;
    memset(row, 0, sizeof *row);
    row->number = used;
    row->state = ROW_ALIVE;
    board->rows_used = used + 1;
    return row;
}

/*
 * A child that was forked shares the board. It gets a row of its own, so that
 * it can meet others and its waits are seen; without one it leaves the board.
 * The row is made before the fork, and says who it is before either of the two
 * goes on: whose parent ends at once must be seen although it has not begun.
 */
QUIET void row_for_child(void)
{
    if (self == NULL)
        return;
    shared_lock(&board->lock);
    newborn = row_next();
    shared_unlock(&board->lock);
}

QUIET void row_of_child(pid_t child)
{
    struct board_row *row = newborn;

    newborn = NULL;
    if (row == NULL)
        return;
    if (child < 0) {
        row->state = ROW_ENDED;
        return;
    }
    row->pid = child;
    row->tid = child; /* last: it is born */
}

/* In the child. One that the C library has forked by itself has no row yet. */
QUIET static void board_fork(void)
{
    uint64_t stack_top = self ? self->stack_top : 0;

    if (self == NULL && board->pid == 0)
        return; /* no test runs yet: this will be a test's own process */
    if (newborn == NULL)
        row_for_child();
    self = newborn;
    newborn = NULL;
    if (self == NULL) {
        board = &nobody;
        return;
    }
    self->pid = getpid();
    row_adopt(self, stack_top);
}

__attribute__((constructor)) static void board_watch_fork(void)
{
    pthread_atfork(NULL, NULL, board_fork);
}

QUIET struct board_row *row_new(const struct frames *created)
{
    struct board_row *row;

    if (row_is_child(self))
        return NULL;
    shared_lock(&board->lock);
    row = row_next();
    if (row != NULL) {
        row->created = *created;
        board->alive += 1;
        board->running += 1;
        if ((uint32_t)board->alive > board->most)
            board->most = (uint32_t)board->alive;
    }
    shared_unlock(&board->lock);
    return row;
}

/* The new thread takes the row that its creator made for it. */
QUIET void row_adopt(struct board_row *row, uint64_t stack_top)
{
    self = row;
    row->stack_top = stack_top;
    row->pthread = (uint64_t)pthread_self();
    row->tid = (int32_t)syscall(SYS_gettid);
}

QUIET void row_end(struct board_row *row)
{
    bool last;

    if (row == NULL || row->state != ROW_ALIVE)
        return;
    row->state = ROW_ENDED; /* what it still holds stays on the board */
    last = atomic_fetch_sub(&board->running, 1) == 1;
    board->alive -= 1; /* from here on the next test may begin */
    board->bell += 1;
    quiet_wake_all(&board->bell);
    if (last && board->pending > 0)
        record_hint();
}

QUIET struct board_row *row_of_pthread(uint64_t thread)
{
    for (uint32_t i = board->rows_used; i-- > 0;)
        if (board->rows[i].pthread == thread)
            return &board->rows[i];
    return NULL;
}

QUIET __attribute__((noinline)) void frames_here(struct frames *out,
                                                 void *frame)
{
    uint64_t top = self ? self->stack_top : 0;
    uint64_t *at = frame;
    int n = 0;

    memset(out, 0, sizeof *out);
    out->pc[n++] = at[1];
    while (n < BOARD_FRAMES) {
        uint64_t next = at[0];

        if (next <= (uint64_t)at || next >= top || next % 8 != 0)
            break;
        at = (uint64_t *)next;
        out->pc[n++] = at[1];
    }
}

bool ends_soon(clockid_t clock, const struct timespec *until)
{
    struct timespec now;

    return until == NULL || clock_gettime(clock, &now) != 0 ||
           until->tv_sec - now.tv_sec < SOON_SECONDS;
}

bool condition_ends_soon(const struct timespec *until)
{
    struct timespec calendar, uptime;

    if (until == NULL || clock_gettime(CLOCK_REALTIME, &calendar) != 0 ||
        clock_gettime(CLOCK_MONOTONIC, &uptime) != 0)
        return true;
    return ends_soon(until->tv_sec < (calendar.tv_sec + uptime.tv_sec) / 2
                         ? CLOCK_MONOTONIC
                         : CLOCK_REALTIME,
                     until);
}

bool poll_ends_soon(int milliseconds)
{
    return milliseconds >= 0 && milliseconds < SOON_SECONDS * 1000;
}

bool time_ends_soon(time_t seconds)
{
    return seconds < SOON_SECONDS;
}

QUIET void wait_begin(struct board_row *row, enum waiting waiting,
                      uint64_t object, bool timed, const struct frames *at)
{
    if (row == NULL)
        return;
    row->object = object;
    row->timed = timed;
    row->at = *at;
    row->waiting = waiting;
    if (row_is_child(row)) {
        if (waiting == WAIT_MEETING)
            record_hint();
        return;
    }
    if (atomic_fetch_sub(&board->running, 1) == 1 && board->pending > 0)
        record_hint();
}

QUIET void wait_end(struct board_row *row)
{
    if (row == NULL)
        return;
    if (!row_is_child(row))
        atomic_fetch_add(&board->running, 1);
    row->waiting = WAIT_NOTHING;
}

QUIET void held_push(struct board_row *row, uint64_t lock, enum waiting kind,
                     const struct frames *taken)
{
    uint32_t n = row ? row->held_count : BOARD_HELD;

    if (n >= BOARD_HELD)
        return;
    row->held[n].lock = lock;
    row->held[n].kind = kind;
    row->held[n].taken = *taken;
    row->held_count = n + 1;
}

QUIET static bool drop_last(struct board_row *row, uint64_t lock)
{
    uint32_t n = row->held_count;

    for (uint32_t i = n; i-- > 0;) {
        if (row->held[i].lock != lock)
            continue;
        for (; i + 1 < n; i++)
            row->held[i] = row->held[i + 1];
        row->held_count = n - 1;
        return true;
    }
    return false;
}

/*
 * The lock may have been taken by another thread: a semaphore as a lock, or
 * a mistake. Then its row gives it up. (That thread may change its row at the
 * same moment; the board is a picture for people, and `state` is what the
 * verdict rests on, so at worst a line of a hang report is missing. But
 * ThreadSanitizer watches memmove(), here too, and would take two of them for
 * a race of the student's.)
 */
QUIET void held_pop(struct board_row *row, uint64_t lock)
{
    if (row != NULL && drop_last(row, lock))
        return;
    for (uint32_t i = 0; i < board->rows_used; i++)
        if (&board->rows[i] != row && drop_last(&board->rows[i], lock))
            return;
}
