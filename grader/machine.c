/*
 * machine.c - see machine.h.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool readable(pid_t pid, const char *name)
{
    char path[64], text[256];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)pid, (int)pid,
             name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, text, sizeof text);
    close(fd);
    return n > 0;
}

const char *machine_cannot_watch(void)
{
    const char *why = NULL;
    pid_t child = fork();

    if (child < 0)
        return "no process can be made: the user's limit is reached";
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    if (!readable(child, "syscall"))
        why = "this machine does not let one process see where another one "
              "sleeps (/proc/PID/syscall), so a deadlock cannot be told from "
              "a slow machine. In a container, allow it: "
              "--cap-add=SYS_PTRACE; else set kernel.yama.ptrace_scope to 0 "
              "or 1";
    else if (!readable(child, "schedstat"))
        why = "this kernel does not count how often a thread has run "
              "(/proc/PID/schedstat), so a deadlock cannot be told from a "
              "slow machine; every kernel of Debian and Ubuntu does";
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return why;
}
