/*
 * family.c - a process and all that descend from it
 *
 * A child hangs below the thread that forked it, so every thread of a process
 * is asked for its children. What is read is a moment's picture: a child that
 * dies meanwhile can hide its neighbour. Who must be certain repeats the scan
 * (the keeper does, until the kernel says that there is no child any more).
 */
#define _GNU_SOURCE
#include "family.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "proc.h"

bool family_look_at_all;

/* Opens /proc/PID/NAME, or -1. */
static int open_proc(pid_t pid, const char *name)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static ssize_t read_some(int fd, char *to, size_t size)
{
    ssize_t got;

    do
        got = read(fd, to, size);
    while (got < 0 && errno == EINTR);
    return got;
}

/* -1 when it is not there. */
static int read_kin(pid_t pid, struct kin *kin)
{
    struct proc_stat stat;

    if (!proc_stat(pid, 0, &stat))
        return -1;
    *kin = (struct kin){.pid = pid,
                        .parent = stat.parent,
                        .session = stat.session,
                        .state = stat.state,
                        .ending = stat.exiting,
                        .threads = stat.threads,
                        .cpu_seconds = stat.cpu_seconds + stat.waited_seconds,
                        .memory = stat.memory};
    return 0;
}

/* A first thread that has ended shows as a zombie while others run. */
static bool lives(const struct kin *kin)
{
    return !kin->ending || kin->threads > 1;
}

static int push(struct family *family, const struct kin *kin)
{
    if (family->count == family->room) {
        size_t room = family->room ? 2 * family->room : 16;
        struct kin *items = realloc(family->items, room * sizeof *items);

        if (items == NULL)
            return -1;
        family->items = items;
        family->room = room;
    }
    family->items[family->count++] = *kin;
    return 0;
}

/*
 * A number seen in /proc may be another's a moment later: numbers go round
 * fast when a bomb uses them up, and root can kill anyone. So who is to be
 * killed is held by a pidfd first, then looked at, then killed by it.
 */
static int hold(const struct family *family, pid_t pid)
{
    return family->killing ? pidfd_open(pid, 0) : -1;
}

static void kill_held(pid_t pid, int fd, int error)
{
    if (fd >= 0)
        pidfd_send_signal(fd, SIGKILL, NULL, 0);
    else if (error == ENOSYS)
        kill(pid, SIGKILL); /* a kernel before 5.3 */
}

/* A walk over the lists of children of one process. */
struct walk {
    struct family *family;
    pid_t parent;
    size_t most;
    size_t from;  /* where the children of this parent begin */
    bool doubles; /* several threads: a child that passes from one that ends
                     to another is listed twice */
};

/*
 * Adds a process that was listed as a child of the parent, if it still is
 * (its number may belong to a stranger by now) or has just come to the head
 * as an orphan. Returns -1 when no more can be added.
 */
static int add_child(struct walk *walk, pid_t pid)
{
    struct family *family = walk->family;
    struct kin kin;
    int fd, error, status = 0;

    if (walk->most != 0 && family->count >= walk->most)
        return -1;
    fd = hold(family, pid);
    error = errno;
    if (read_kin(pid, &kin) < 0 ||
        (kin.parent != walk->parent && kin.parent != family->items[0].pid))
        goto out;
    for (size_t i = walk->from; walk->doubles && i < family->count; i++)
        if (family->items[i].pid == pid)
            goto out;
    if (family->killing && lives(&kin))
        kill_held(pid, fd, error);
    status = push(family, &kin);
out:
    if (fd >= 0)
        close(fd);
    return status;
}

/* Adds the children of one thread; -1 when there is no such list. */
static int add_listed(struct walk *walk, pid_t thread)
{
    char text[4096], name[48];
    size_t had = 0;
    ssize_t got;
    int fd;

    snprintf(name, sizeof name, "task/%d/children", (int)thread);
    fd = open_proc(walk->parent, name);
    if (fd < 0)
        return -1;
    while ((got = read_some(fd, text + had, sizeof text - 1 - had)) > 0) {
        char *at = text, *end;

        text[had + (size_t)got] = '\0';
        /* Each number is followed by a space: one without is cut. */
        while ((end = strchr(at, ' ')) != NULL) {
            if (add_child(walk, (pid_t)strtol(at, NULL, 10)) < 0)
                goto out;
            at = end + 1;
        }
        had = strlen(at);
        memmove(text, at, had);
    }
out:
    close(fd);
    return 0;
}

static DIR *open_tasks(pid_t pid)
{
    int fd = open_proc(pid, "task");
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL && fd >= 0)
        close(fd);
    return dir;
}

/* A zombie first thread shows no memory: another thread of it does. */
static size_t memory_of_thread(pid_t pid, pid_t thread)
{
    char text[128];
    unsigned long pages;

    if (!proc_read(text, sizeof text, pid, thread, "statm") ||
        sscanf(text, "%*u %lu", &pages) != 1)
        return 0;
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Adds the children of entry `i`; -1 when the kernel has no such lists. */
static int add_children(struct family *family, size_t i, size_t most)
{
    const pid_t pid = family->items[i].pid;
    struct walk walk = {.family = family,
                        .parent = pid,
                        .most = most,
                        .from = family->count,
                        .doubles = family->items[i].threads > 1};
    struct dirent *entry;
    DIR *dir;

    if (!walk.doubles)
        return add_listed(&walk, pid);
    dir = open_tasks(pid);
    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

        if (thread <= 0)
            continue;
        if (family->items[i].memory == 0)
            family->items[i].memory = memory_of_thread(pid, thread);
        add_listed(&walk, thread);
    }
    closedir(dir);
    return 0;
}

/* The slow way: every process of the machine. */
static int scan_all(struct family *family, size_t generations, size_t most)
{
    struct family all = {0};
    struct dirent *entry;
    struct kin kin;
    size_t end = 1;
    DIR *dir = opendir("/proc");

    if (dir == NULL)
        return -1;
    while ((entry = readdir(dir)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_kin((pid_t)strtol(entry->d_name, NULL, 10), &kin) == 0)
            push(&all, &kin);
    closedir(dir);
    for (size_t i = 0; i < end; i++) {
        struct walk walk = {
            .family = family, .parent = family->items[i].pid, .most = most};

        for (size_t k = 0; k < all.count; k++)
            if (all.items[k].parent == walk.parent)
                add_child(&walk, all.items[k].pid);
        if (generations > 1)
            end = family->count;
    }
    family_free(&all);
    return 0;
}

static bool lists_exist(void)
{
    char path[64];

    if (family_look_at_all)
        return false;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    return access(path, R_OK) == 0;
}

int family_scan(struct family *family, pid_t head, size_t most)
{
    struct kin kin;

    family->count = 0;
    if (read_kin(head, &kin) < 0 || push(family, &kin) < 0)
        return -1;
    if (family_look_at_all)
        return scan_all(family, SIZE_MAX, most);
    for (size_t i = 0; i < family->count; i++) {
        if (add_children(family, i, most) < 0 && i == 0 && !lists_exist())
            return scan_all(family, SIZE_MAX, most);
        if (most != 0 && family->count >= most)
            break;
    }
    return 0;
}

long family_kill(struct family *family, pid_t head)
{
    long alive = 0;
    int status;

    family->killing = true;
    status = family_scan(family, head, 0);
    family->killing = false;
    for (size_t i = 1; i < family->count; i++)
        alive += lives(&family->items[i]);
    return status < 0 ? -1 : alive;
}

int family_children(struct family *family, pid_t head)
{
    struct kin kin;

    family->count = 0;
    if (read_kin(head, &kin) < 0 || push(family, &kin) < 0)
        return -1;
    if (!lists_exist())
        return scan_all(family, 1, 0);
    add_children(family, 0, 0);
    return 0;
}

/* Whether a SIGKILL is on its way to a thread. */
static bool doomed(pid_t pid, pid_t thread)
{
    static const char *const names[] = {"\nSigPnd:", "\nShdPnd:"};
    char text[4096];

    if (!proc_read(text, sizeof text, pid, thread, "status") || *text == '\0')
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = strstr(text, names[i]);

        if (at != NULL && (strtoull(at + strlen(names[i]), NULL, 16) &
                           (1ull << (SIGKILL - 1))))
            return true;
    }
    return false;
}

bool family_runs(pid_t pid)
{
    DIR *dir = open_tasks(pid);
    struct dirent *entry;
    bool runs = false;

    while (dir != NULL && !runs && (entry = readdir(dir)) != NULL) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        struct proc_stat stat;

        runs = thread > 0 && proc_stat(pid, thread, &stat) && !stat.exiting &&
               !doomed(pid, thread);
    }
    if (dir != NULL)
        closedir(dir);
    return runs;
}

void family_free(struct family *family)
{
    free(family->items);
    memset(family, 0, sizeof *family);
}
