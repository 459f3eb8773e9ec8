/*
 * stillness.c - see stillness.h.
 *
 * A look reads, for each thread of the test's process and of its descendants,
 * from /proc: its state (it must be S), how often it has been on a processor
 * (schedstat), and the system call it sleeps in with its time-out. proc(5).
 */
#define _GNU_SOURCE
#include "stillness.h"

#include <dirent.h>
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

#include "pipes.h"

#define TASKS_MAX  1024
#define TRIES_MOST 4

struct stillness {
    struct board *board;
    bool strangers;
    unsigned tries; /* let go since somebody else was */
    pid_t known;    /* the last process whose descent was looked up */
};

/* What one look sees of one thread. */
struct task {
    pid_t tid;
    uint64_t slices; /* times it was put on a processor */
    uint64_t ran;    /* nanoseconds on a processor */
};

struct look {
    struct task tasks[TASKS_MAX];
    size_t count;
    bool timed; /* a clock will wake one of them */
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
    stillness->board->magic = BOARD_MAGIC;
    stillness->board->policy = policy;
    stillness->strangers = strangers;
    talloc_set_destructor(stillness, unmap);
    return stillness;
}

const struct board *stillness_board(const struct stillness *stillness)
{
    return stillness->board;
}

/* A small file of /proc as a string; false when the thread is gone. */
static bool proc_read(char *text, size_t size, pid_t pid, pid_t tid,
                      const char *name)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)pid, (int)tid,
             name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, size - 1);
    close(fd);
    if (n < 0)
        return false;
    text[n] = '\0';
    return true;
}

/* The state letter stands behind the name, which may hold any character. */
static char state_of(const char *stat)
{
    const char *end = strrchr(stat, ')');

    return end != NULL && end[1] == ' ' ? end[2] : '?';
}

static pid_t parent_of(pid_t pid)
{
    char text[512];
    const char *end;
    int parent;

    if (!proc_read(text, sizeof text, pid, pid, "stat"))
        return 0;
    end = strrchr(text, ')');
    if (end == NULL || sscanf(end + 1, " %*c %d", &parent) != 1)
        return 0;
    return parent;
}

/* Criterion's workers have sessions of their own, so only descent tells. */
static bool descends(pid_t pid, pid_t program)
{
    for (int steps = 0; pid > 1 && steps < 64; steps++) {
        if (pid == program)
            return true;
        pid = parent_of(pid);
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

/* true when the call that the thread sleeps in is ended by a clock */
static bool call_is_timed(const char *text)
{
    unsigned long long argument[6] = {0};
    long number;

    if (sscanf(text, "%ld %llx %llx %llx %llx %llx %llx", &number, &argument[0],
               &argument[1], &argument[2], &argument[3], &argument[4],
               &argument[5]) < 1 ||
        number < 0)
        return true; /* "running", or not to be read: no proof */
    switch (number) {
    case SYS_futex: {
        int operation = (int)argument[1] & FUTEX_CMD_MASK;

        return (operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET ||
                operation == FUTEX_LOCK_PI) &&
               argument[3] != 0;
    }
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_rt_sigtimedwait:
        return true;
    case SYS_poll:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
        return (int)(number == SYS_poll ? argument[2] : argument[3]) >= 0;
    case SYS_ppoll:
        return argument[2] != 0;
    case SYS_select:
    case SYS_pselect6:
        return argument[4] != 0;
    default:
        return false;
    }
}

static const struct board_row *row_of(const struct board *board, pid_t tid)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board->rows[i].tid == tid)
            return &board->rows[i];
    return NULL;
}

/* true when a thread was made that has not begun to run */
static bool being_born(const struct board *board)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board->rows[i].state == ROW_ALIVE && board->rows[i].tid == 0)
            return true;
    return false;
}

/* Adds one thread to the look; false when it moves. */
static bool look_at_task(struct look *look, const struct board *board,
                         bool strangers, pid_t pid, pid_t tid)
{
    const struct board_row *row = row_of(board, tid);
    struct task *task = &look->tasks[look->count];
    unsigned long long ran, waited, slices;
    char text[512], call[256] = "";

    if (row == NULL && strangers && pid == board->pid)
        return true;
    if (look->count == TASKS_MAX)
        return false;
    /* While it collects a child in waitpid(), or is about to sleep, a thread
     * is S already and runs, or would if it had a processor. Only this file
     * waits for the truth. */
    if (proc_read(call, sizeof call, pid, tid, "syscall") &&
        strncmp(call, "running", 7) == 0)
        return false;
    if (!proc_read(text, sizeof text, pid, tid, "stat"))
        return true; /* it has ended since */
    if (state_of(text) == 'Z' || state_of(text) == 'X')
        return true;
    if (state_of(text) != 'S')
        return false;
    if (!proc_read(text, sizeof text, pid, tid, "schedstat") ||
        sscanf(text, "%llu %llu %llu", &ran, &waited, &slices) != 3)
        return false;
    task->tid = tid;
    task->ran = ran;
    task->slices = slices;
    look->count++;
    if (row != NULL && row->waiting != WAIT_NOTHING)
        look->timed |= row->timed; /* by a clock that ends it soon */
    else if (*call == '\0' || call_is_timed(call))
        look->timed = true;
    return true;
}

/* true when the process has a timerfd that will go off: it may be what a
 * poll or an epoll_wait without a time-out waits for. timerfd_create(2). */
static bool timer_armed(pid_t pid)
{
    char path[64], text[512];
    struct dirent *entry;
    bool armed = false;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    while (folder != NULL && !armed && (entry = readdir(folder)) != NULL) {
        int fd = atoi(entry->d_name);
        ssize_t size =
            readlinkat(dirfd(folder), entry->d_name, text, sizeof text - 1);
        const char *value;
        long long seconds, nanoseconds;

        text[size > 0 ? size : 0] = '\0';
        if (strcmp(text, "anon_inode:[timerfd]") != 0)
            continue;
        snprintf(path, sizeof path, "fdinfo/%d", fd);
        if (!proc_read(text, sizeof text, pid, pid, path))
            continue;
        value = strstr(text, "it_value: (");
        armed = value != NULL &&
                sscanf(value, "it_value: (%lld, %lld)", &seconds,
                       &nanoseconds) == 2 &&
                (seconds != 0 || nanoseconds != 0);
    }
    if (folder != NULL)
        closedir(folder);
    return armed;
}

static bool look_at_process(struct look *look, const struct board *board,
                            bool strangers, pid_t pid);

static bool look_at_children(struct look *look, const struct board *board,
                             bool strangers, pid_t pid, pid_t tid)
{
    char text[4096];
    char *at = text, *end;

    if (!proc_read(text, sizeof text, pid, tid, "children"))
        return true;
    for (;;) {
        long child = strtol(at, &end, 10);

        if (end == at)
            return true;
        if (!look_at_process(look, board, strangers, (pid_t)child))
            return false;
        at = end;
    }
}

static bool look_at_process(struct look *look, const struct board *board,
                            bool strangers, pid_t pid)
{
    char path[64];
    struct dirent *entry;
    bool still = true;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    folder = opendir(path);
    if (folder == NULL)
        return true;
    while (still && (entry = readdir(folder)) != NULL) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (tid > 0)
            still = look_at_task(look, board, strangers, pid, tid) &&
                    look_at_children(look, board, strangers, pid, tid);
    }
    closedir(folder);
    if (still && !look->timed)
        look->timed = timer_armed(pid);
    return still;
}

static bool same(const struct look *a, const struct look *b)
{
    return a->count == b->count &&
           memcmp(a->tasks, b->tasks, a->count * sizeof a->tasks[0]) == 0;
}

/* A child that was killed cannot say so on the board. */
static void end_dead_children(struct board *board)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++) {
        struct board_row *row = &board->rows[i];
        char text[512];

        if (row->pid == 0 || row->state != ROW_ALIVE)
            continue;
        if (proc_read(text, sizeof text, row->pid, row->pid, "stat") &&
            state_of(text) != 'Z' && state_of(text) != 'X')
            continue;
        row->state = ROW_ENDED;
        row->meeting = 0;
    }
}

/* A descriptor that becomes ready by the clock. */
static bool timer_runs(const struct board *board)
{
    uint32_t used = board->rows_used;

    if (pipes_timer_runs(board->pid))
        return true;
    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board->rows[i].pid != 0 && board->rows[i].state == ROW_ALIVE &&
            pipes_timer_runs(board->rows[i].pid))
            return true;
    return false;
}

/* MOVING, ASLEEP or, when that is for ever, DEADLOCK. */
static enum motion look_twice(const struct stillness *stillness, pid_t pid)
{
    const struct board *board = stillness->board;
    struct look first = {.count = 0}, second = {.count = 0};
    uint32_t serial = board->serial;

    end_dead_children(stillness->board);
    if (being_born(board) ||
        !look_at_process(&first, board, stillness->strangers, pid) ||
        first.count == 0)
        return MOTION_MOVING;
    if (!look_at_process(&second, board, stillness->strangers, pid))
        return MOTION_MOVING;
    if (first.timed || second.timed || !same(&first, &second) ||
        being_born(board) || board->serial != serial || board->pid != pid ||
        timer_runs(board))
        return MOTION_ASLEEP;
    return MOTION_DEADLOCK;
}

static bool anyone_in(const struct board *board, enum waiting waiting)
{
    uint32_t used = board->rows_used;

    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++)
        if (board->rows[i].state == ROW_ALIVE &&
            board->rows[i].waiting == waiting)
            return true;
    return false;
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
 * is final.
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
    } else if (anyone_in(board, WAIT_MEETING)) {
        ring(board, &board->let_go_meetings);
    } else {
        return anyone_in(board, WAIT_TRY);
    }
    return true;
}

bool stillness_let_go(struct stillness *stillness)
{
    return let_go(stillness);
}

void stillness_enough(struct stillness *stillness)
{
    stillness->board->enough = 1;
}

enum motion stillness_look(struct stillness *stillness, pid_t program)
{
    pid_t pid = stillness_process(stillness, program);
    enum motion motion = pid ? look_twice(stillness, pid) : MOTION_IDLE;

    if (motion == MOTION_DEADLOCK && let_go(stillness))
        return MOTION_LET_GO;
    return motion;
}
