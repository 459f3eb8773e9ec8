/*
 * machine.c - see machine.h.
 */
#define _GNU_SOURCE
#include "machine.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc.h"

static bool readable(pid_t pid, const char *name)
{
    char text[256];

    return proc_read(text, sizeof text, pid, pid, name) && *text != '\0';
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
