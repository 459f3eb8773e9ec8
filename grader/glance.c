/*
 * glance.c - see glance.h.
 *
 * A glance reads, for each thread of the test's process and of its descendants,
 * from /proc: its state (it must be S), how often it has been on a processor
 * (schedstat), and the system call it sleeps in with its time-out. proc(5).
 */
#define _GNU_SOURCE
#include "glance.h"

#include <dirent.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "proc.h"

/* true when the call that the thread sleeps in is a plain sleep */
static bool call_is_nap(const char *text)
{
    long number = strtol(text, NULL, 10);

    return number == SYS_nanosleep || number == SYS_clock_nanosleep;
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
                operation == FUTEX_LOCK_PI || operation == FUTEX_LOCK_PI2 ||
                operation == FUTEX_WAIT_REQUEUE_PI) &&
               argument[3] != 0;
    }
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        return true;
    case SYS_poll:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
        return (int)(number == SYS_poll ? argument[2] : argument[3]) >= 0;
    case SYS_ppoll:
    case SYS_rt_sigtimedwait: /* sigwait(), too: without a time */
        return argument[2] != 0;
    case SYS_semtimedop:
    case SYS_epoll_pwait2:
    case SYS_futex_waitv:
        return argument[3] != 0;
    case SYS_select:
    case SYS_pselect6:
    case SYS_mq_timedreceive:
    case SYS_mq_timedsend:
    case SYS_recvmmsg:
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

#define CALL_MAX 256 /* a line of /proc/PID/task/TID/syscall */

/* Adds one thread to the glance, unless it has ended; false when it moves.
 * `call` gets the system call that it sleeps in, or "". */
static bool add_task(struct glance *glance, pid_t pid, pid_t tid,
                     char call[CALL_MAX])
{
    struct task *task = &glance->tasks[glance->count];
    unsigned long long ran, waited, slices;
    struct proc_stat stat;
    char text[128];

    call[0] = '\0';
    if (glance->count == GLANCE_TASKS)
        return false;
    /* While it collects a child in waitpid(), or is about to sleep, a thread
     * is S already and runs, or would if it had a processor. Only this file
     * waits for the truth. */
    if (proc_read(call, CALL_MAX, pid, tid, "syscall") &&
        strncmp(call, "running", 7) == 0)
        return false;
    if (!proc_stat(pid, tid, &stat) || proc_is_dead(&stat))
        return true; /* it has ended since */
    if (stat.state != 'S')
        return false;
    if (!proc_read(text, sizeof text, pid, tid, "schedstat") ||
        sscanf(text, "%llu %llu %llu", &ran, &waited, &slices) != 3)
        return false;
    task->tid = tid;
    task->ran = ran;
    task->slices = slices;
    glance->count++;
    return true;
}

/* A thread of the test, and whether a clock ends its sleep. */
static bool glance_at_task(struct glance *glance, const struct board *board,
                           bool strangers, pid_t pid, pid_t tid)
{
    const struct board_row *row = row_of(board, tid);
    size_t before = glance->count;
    bool timed = false, naps = false;
    char call[CALL_MAX];

    if (row == NULL && strangers && pid == board->pid)
        return true;
    if (!add_task(glance, pid, tid, call))
        return false;
    if (glance->count == before)
        return true;
    if (row != NULL && row->waiting == WAIT_SLEEP)
        timed = naps = true;
    else if (row != NULL && row->waiting != WAIT_NOTHING)
        timed = row->timed; /* by a clock that ends it soon */
    else if (*call == '\0')
        timed = naps = true; /* not to be read: no proof */
    else if (call_is_timed(call)) {
        timed = true;
        naps = call_is_nap(call);
    }
    glance->tasks[before].timed = timed;
    glance->timed |= timed;
    glance->naps |= naps;
    return true;
}

static bool glance_at_children(struct glance *glance, const struct board *board,
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
        if (!glance_at_process(glance, board, strangers, (pid_t)child))
            return false;
        at = end;
    }
}

/* What a walk over threads looks at each with; false ends it. */
typedef bool visit(struct glance *glance, const struct board *board,
                   bool strangers, pid_t pid, pid_t tid);

/* Every thread of the process. The kernel's list ends early when the thread
 * at which it stands ends just then: so they are counted. */
static bool walk(visit *look, struct glance *glance, const struct board *board,
                 bool strangers, pid_t pid)
{
    char path[64];
    struct dirent *entry;
    struct proc_stat stat;
    unsigned listed = 0;
    bool still = true;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    folder = opendir(path);
    if (folder == NULL)
        return true;
    while (still && (entry = readdir(folder)) != NULL) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (tid <= 0)
            continue;
        listed++;
        still = look(glance, board, strangers, pid, tid);
    }
    closedir(folder);
    if (!still)
        return false;
    return !proc_stat(pid, 0, &stat) || stat.threads == 0 ||
           stat.threads == listed;
}

static bool at_task_and_children(struct glance *glance,
                                 const struct board *board, bool strangers,
                                 pid_t pid, pid_t tid)
{
    return glance_at_task(glance, board, strangers, pid, tid) &&
           glance_at_children(glance, board, strangers, pid, tid);
}

bool glance_at_process(struct glance *glance, const struct board *board,
                       bool strangers, pid_t pid)
{
    return walk(at_task_and_children, glance, board, strangers, pid);
}

/* A thread of the server: what it sleeps in is its own affair. */
static bool at_task_alone(struct glance *glance, const struct board *board,
                          bool strangers, pid_t pid, pid_t tid)
{
    char call[CALL_MAX];

    (void)board;
    (void)strangers;
    return add_task(glance, pid, tid, call);
}

bool glance_at_origin(struct glance *glance, const struct board *board,
                      pid_t origin)
{
    bool still;

    if (origin == 0)
        return true;
    still = walk(at_task_alone, glance, board, false, origin);
    glance->timed |= board->origin_acts > 0;
    return still;
}

bool glance_same(const struct glance *a, const struct glance *b)
{
    return a->count == b->count &&
           memcmp(a->tasks, b->tasks, a->count * sizeof a->tasks[0]) == 0;
}
