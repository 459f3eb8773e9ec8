/*
 * stillness.c - see stillness.h.
 */
#define _GNU_SOURCE
#include "stillness.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

#include "glance.h"
#include "pipes.h"
#include "proc.h"
#include "wire.h"

#define TRIES_MOST 4

struct stillness {
    struct board *board;
    bool strangers;
    unsigned tries;         /* let go since somebody else was */
    pid_t known;            /* the last process whose descent was looked up */
    pid_t origin;           /* the web server, if there is one */
    struct glance sleepers; /* when stillness_rounds() began to count */
    unsigned rounds;
};

static int unmap(struct stillness *stillness)
{
    munmap(stillness->board, sizeof *stillness->board);
    return 0;
}

struct stillness *stillness_open(void *ctx, const char *path,
                                 enum board_policy policy, bool strangers)
{
    struct stillness *stillness = talloc_zero(ctx, struct stillness);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    void *map = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, sizeof *stillness->board) == 0)
        map = mmap(NULL, sizeof *stillness->board, PROT_READ | PROT_WRITE,
                   MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (map == MAP_FAILED) {
        talloc_free(stillness);
        return NULL;
    }
    stillness->board = map;
    stillness->board->policy = policy;
    stillness->strangers = strangers;
    talloc_set_destructor(stillness, unmap);
    return stillness;
}

const struct board *stillness_board(const struct stillness *stillness)
{
    return stillness->board;
}

void stillness_take_hint(struct stillness *stillness)
{
    stillness->board->hinted = 0;
}

/* Criterion's workers have sessions of their own, so only descent tells. */
static bool descends(pid_t pid, pid_t program)
{
    struct proc_stat stat = {.parent = pid};

    for (int steps = 0; stat.parent > 1 && steps < 64; steps++) {
        if (stat.parent == program)
            return true;
        if (!proc_stat(stat.parent, 0, &stat))
            return false;
    }
    return false;
}

pid_t stillness_process(struct stillness *stillness, pid_t program)
{
    pid_t pid = stillness->board->pid;

    if (pid <= 1)
        return 0;
    if (pid != stillness->known) {
        if (!descends(pid, program))
            return 0;
        stillness->known = pid;
    }
    return pid;
}

/* true when a thread was made that has not begun to run */
static bool being_born(const struct board *board)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board_alive(&board->rows[i]) && board->rows[i].tid == 0)
            return true;
    return false;
}

/* A child that was killed cannot say so on the board. */
static void end_dead_children(struct board *board)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++) {
        struct board_row *row = &board->rows[i];
        int32_t pid = row->pid;
        struct proc_stat stat;

        if (pid == 0 || !board_alive(row))
            continue;
        if (proc_stat(pid, pid, &stat) && !proc_is_dead(&stat))
            continue;
        row->gone = pid;
    }
}

static bool sees(const struct glance *look, pid_t tid)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->tasks[i].tid == tid)
            return true;
    return false;
}

/* All that belong to the test. Who outlives its parent descends from the test
 * no more, but the board knows it. */
static bool glance_at_test(struct glance *look,
                           const struct stillness *stillness, pid_t pid)
{
    const struct board *board = stillness->board;
    uint32_t used = board->rows_used;

    if (!glance_at_process(look, board, stillness->strangers, pid))
        return false;
    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++) {
        const struct board_row *row = &board->rows[i];
        pid_t child = row->pid;

        if (child != 0 && board_alive(row) && !sees(look, row->tid) &&
            !glance_at_process(look, board, stillness->strangers, child))
            return false;
    }
    return true;
}

/* The kernel's list of children leaves some out while others end. */
static bool sees_all(const struct glance *look, const struct board *board)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board_alive(&board->rows[i]) && !sees(look, board->rows[i].tid))
            return false;
    return true;
}

/* A descriptor that becomes ready by the clock. */
static bool timer_runs(const struct board *board)
{
    uint32_t used = board->rows_used;

    if (pipes_timer_runs(board->pid))
        return true;
    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board->rows[i].pid != 0 && board_alive(&board->rows[i]) &&
            pipes_timer_runs(board->rows[i].pid))
            return true;
    return false;
}

static bool anyone_in(const struct board *board, enum waiting waiting)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board_alive(&board->rows[i]) && board->rows[i].waiting == waiting)
            return true;
    return false;
}

/* true when somebody must be let go before the server's requests are */
static bool held_back(const struct board *board)
{
    return anyone_in(board, WAIT_TRY) || anyone_in(board, WAIT_PATIENCE);
}

/* With a server there is a way from one process to another: what was sent may
 * still be on it, though both sleep. */
static bool all_has_come(const struct stillness *stillness)
{
    return stillness->origin == 0 ||
           wire_is_quiet(stillness->origin, stillness->board->origin_port);
}

/* Whether a clock would end the client's sleep is no matter here: it waits for
 * an answer. */
static bool waits_for_origin(const struct board *board,
                             const struct glance *look)
{
    return board->origin_acts == 0 && !look->naps && !held_back(board);
}

/* All are asleep, and only a clock can wake one. */
static void count_rounds(struct stillness *stillness, const struct glance *now)
{
    struct glance *begun = &stillness->sleepers;
    uint64_t fewest = UINT64_MAX;
    bool same = begun->count == now->count && stillness->origin == 0;

    for (size_t i = 0; same && i < now->count; i++) {
        const struct task *then = &begun->tasks[i], *task = &now->tasks[i];
        uint64_t slices = task->slices - then->slices;

        same = task->tid == then->tid && task->timed == then->timed &&
               (task->timed || slices == 0);
        if (task->timed && slices < fewest)
            fewest = slices;
    }
    if (!same)
        *begun = *now;
    stillness->rounds = same && fewest < UINT_MAX ? (unsigned)fewest : 0;
}

unsigned stillness_rounds(const struct stillness *stillness)
{
    return stillness->rounds;
}

/* MOVING, ASLEEP or, when that is for ever, DEADLOCK. LET_GO: to be done, by
 * the origin server. */
static enum motion look_twice(struct stillness *stillness, pid_t pid,
                              const struct box_sight *sight)
{
    const struct board *board = stillness->board;
    struct glance first = {.count = 0}, second = {.count = 0};
    uint32_t serial = board->serial;
    bool come, clock, held;

    end_dead_children(stillness->board);
    if (being_born(board) || !glance_at_test(&first, stillness, pid) ||
        first.count == 0 || !sees_all(&first, board) ||
        !glance_at_origin(&first, board, stillness->origin))
        return MOTION_MOVING;
    /* Between the two: what changes before has woken somebody, and the second
     * look sees that; what changes later does not matter. */
    come = all_has_come(stillness);
    clock = first.timed || timer_runs(board);
    held = stillness->origin != 0 && board->holds > 0;
    if (!glance_at_test(&second, stillness, pid) ||
        !glance_at_origin(&second, board, stillness->origin))
        return MOTION_MOVING;
    /* Only we read what it writes: what is full now was so, if ever, in both.
     */
    if (!glance_same(&first, &second) || being_born(board) ||
        board->serial != serial || board->pid != pid || !come ||
        box_is_behind(sight))
        return MOTION_ASLEEP;
    if (held && waits_for_origin(board, &second))
        return MOTION_LET_GO;
    if (!clock && !second.timed)
        return MOTION_DEADLOCK;
    count_rounds(stillness, &second);
    return MOTION_ASLEEP;
}

static void ring(struct board *board, _Atomic uint32_t *epoch)
{
    *epoch += 1;
    board->bell += 1;
    syscall(SYS_futex, (void *)&board->bell, FUTEX_WAKE, INT_MAX, NULL, NULL,
            0);
}

/*
 * The gentlest first. A try may be made again: the lock may have become free
 * between the try and its sleep. But who backs off and begins again can do so
 * for ever, so a few times must do. Patience only delays. A meeting's answer
 * is final. The test's end comes last: who leaves a meeting may end by itself.
 */
static bool let_go(struct stillness *stillness)
{
    struct board *board = stillness->board;

    if (anyone_in(board, WAIT_TRY) && stillness->tries < TRIES_MOST) {
        stillness->tries++;
        ring(board, &board->releases);
        return true;
    }
    stillness->tries = 0;
    if (anyone_in(board, WAIT_PATIENCE)) {
        ring(board, &board->let_go_patience);
    } else if (board->holds > 0) {
        ring(board, &board->let_go_origin);
    } else if (anyone_in(board, WAIT_MEETING)) {
        ring(board, &board->let_go_meetings);
    } else if (anyone_in(board, WAIT_END)) {
        ring(board, &board->let_go_end);
    } else {
        return anyone_in(board, WAIT_TRY);
    }
    return true;
}

bool stillness_let_go(struct stillness *stillness)
{
    stillness->sleepers.count = 0; /* from now on they may have to do */
    stillness->rounds = 0;
    return let_go(stillness);
}

void stillness_enough(struct stillness *stillness)
{
    stillness->board->enough = 1;
}

void stillness_spend(struct stillness *stillness, const char *test)
{
    struct board *board = stillness->board;
    char suite[BOARD_SUITE];
    uint32_t n = board->spent_count;

    snprintf(suite, sizeof suite, "%.*s", (int)strcspn(test, "/"), test);
    for (uint32_t i = 0; i < n && i < BOARD_SUITES; i++)
        if (strncmp(board->spent[i], suite, BOARD_SUITE) == 0)
            return;
    if (n >= BOARD_SUITES)
        return;
    memcpy(board->spent[n], suite, sizeof suite);
    board->spent_count = n + 1;
}

enum motion stillness_look(struct stillness *stillness,
                           const struct box_sight *sight)
{
    pid_t program = sight->program;
    pid_t pid = stillness_process(stillness, program);
    enum motion motion;

    /* It is the program in the box; nothing else is believed. */
    stillness->origin = stillness->board->origin == program ? program : 0;
    motion = pid ? look_twice(stillness, pid, sight) : MOTION_IDLE;

    if (motion == MOTION_LET_GO) {
        ring(stillness->board, &stillness->board->let_go_origin);
    } else if (motion == MOTION_DEADLOCK && let_go(stillness)) {
        return MOTION_LET_GO;
    }
    return motion;
}
