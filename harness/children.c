/*
 * children.c - the processes that a test leaves behind, and their end.
 *
 * The kernel's list of children has those that are alive and those that nobody
 * has waited for. Children of children are not in it, and when their parent has
 * ended they belong to nobody here; but the board has a row of each. One of
 * them may just be about to end: so that it is not counted or missed by luck,
 * first everyone goes on for as long as he can.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"

/* A small file of /proc as a string, "" when it is not there. */
static void read_file(char *text, size_t size, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : 0;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
}

/* Alive, and a child of somebody else: proc(5), stat. */
static bool is_grandchild(pid_t pid)
{
    char path[64], text[512], state;
    const char *end;
    int parent;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_file(text, sizeof text, path);
    end = strrchr(text, ')');
    return end != NULL && sscanf(end + 1, " %c %d", &state, &parent) == 2 &&
           state != 'Z' && state != 'X' && parent != getpid();
}

/* How many there are; each is sent the signal, or 0. */
static int count_grandchildren(int signal)
{
    int n = 0;

    for (uint32_t i = 0; i < board->rows_used; i++) {
        pid_t pid = board->rows[i].pid;

        if (pid == 0 || !is_grandchild(pid))
            continue;
        n++;
        kill(pid, signal);
    }
    return n;
}

/* Children are ended before they are waited for: they hold descriptors that
 * others wait for. */
static int take_children(void)
{
    char path[64], text[4096], *at = text, *end;
    int n = 0;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    read_file(text, sizeof text, path);
    for (;; n++, at = end) {
        pid_t child = (pid_t)strtol(at, &end, 10);

        if (end == at)
            return n;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
}

/* Who ends rings no bell, so it is all or nothing: none, or all is still. */
static bool no_grandchildren(void)
{
    return count_grandchildren(0) == 0;
}

int take_processes(void)
{
    int grandchildren = 0;

    wait_at_end(no_grandchildren);
    grandchildren = count_grandchildren(SIGKILL);
    return grandchildren + take_children();
}
