/*
 * proc.c - see proc.h.
 */
#define _GNU_SOURCE
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FLAG_EXITING 0x4u /* PF_EXITING of the kernel's task flags */

static int open_file(pid_t pid, pid_t tid, const char *name)
{
    char path[96];
    int fd;

    if (tid == 0)
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    else
        snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)pid, (int)tid,
                 name);
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

bool proc_read(char *text, size_t size, pid_t pid, pid_t tid, const char *name)
{
    int fd = open_file(pid, tid, name);
    ssize_t got;

    if (fd < 0)
        return false;
    do
        got = read(fd, text, size - 1);
    while (got < 0 && errno == EINTR);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got >= 0;
}

bool proc_stat(pid_t pid, pid_t tid, struct proc_stat *stat)
{
    const double tick = (double)sysconf(_SC_CLK_TCK);
    char text[1024];
    const char *rest;
    int parent, session;
    unsigned flags;
    unsigned long user, system;
    long waited_user, waited_system, threads, pages;

    if (!proc_read(text, sizeof text, pid, tid, "stat"))
        return false;
    /* The name may hold any character: the last parenthesis ends it. */
    rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1,
               " %c %d %*d %d %*d %*d %u %*u %*u %*u %*u %lu %lu %ld %ld "
               "%*d %*d %ld %*d %*u %*u %ld",
               &stat->state, &parent, &session, &flags, &user, &system,
               &waited_user, &waited_system, &threads, &pages) != 10)
        return false;
    stat->parent = parent;
    stat->session = session;
    stat->exiting = proc_is_dead(stat) || (flags & FLAG_EXITING) != 0;
    stat->threads = threads > 0 ? (unsigned)threads : 0;
    stat->cpu_seconds = (double)(user + system) / tick;
    stat->waited_seconds = (double)(waited_user + waited_system) / tick;
    stat->memory =
        pages > 0 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
    return true;
}
