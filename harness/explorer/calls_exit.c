/*
 * calls_exit.c - the ends of a program, and the calls that the explorer does
 * not control: those are named, and the schedule ends there.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "constructors.h"

/* ---- exit --------------------------------------------------------------- */

enum { HANDLERS = 32 };

static struct {
    uint32_t schedule;
    int count;
    void (*list[HANDLERS])(void);
} handlers;

CALL(int, atexit, void (*handler)(void))
{
    if (handlers.schedule != world->schedule)
        handlers.count = 0;
    handlers.schedule = world->schedule;
    if (handlers.count == HANDLERS)
        return -1;
    handlers.list[handlers.count++] = handler;
    return 0;
}

static noreturn void leave(int status, uint64_t pc)
{
    announce(OP_EXIT, NULL, NULL, pc);
    program_ends(status);
}

/* Other threads run on while the handlers run. */
static noreturn void end(int status, uint64_t pc)
{
    announce(OP_EXIT, NULL, NULL, pc);
    while (handlers.schedule == world->schedule && handlers.count > 0)
        handlers.list[--handlers.count]();
    destructors_run();
    leave(status, pc);
}

CALL(noreturn void, exit, int status)
{
    end(status, PC);
}

noreturn void main_returned(int status)
{
    end(status, 0);
}

CALL(noreturn void, _exit, int status)
{
    leave(status, PC);
}

CALL(noreturn void, _Exit, int status)
{
    leave(status, PC);
}

CALL(noreturn void, quick_exit, int status)
{
    leave(status, PC);
}

CALL(noreturn void, abort, void)
{
    fail(FAULT_ABORT, PC, 0, "abort()");
}

CALL(noreturn void, __assert_fail, const char *text, const char *file,
     unsigned line, const char *function)
{
    (void)file;
    (void)line;
    (void)function;
    fail(FAULT_ASSERTION, PC, 0, "%s", text);
}

CALL(noreturn void, __stack_chk_fail, void)
{
    fail(FAULT_CRASH, PC, 0, "the stack was overwritten");
}

/* ---- not under control -------------------------------------------------- */

/* The types do not matter: they are only ever renamed to. */
#define REFUSED(name)                                                          \
    CALL(noreturn void, name, void)                                            \
    {                                                                          \
        fail(FAULT_UNCONTROLLED, PC, 0, #name);                                \
    }

REFUSED(fork)
REFUSED(vfork)
REFUSED(clone)
REFUSED(system)
REFUSED(popen)
REFUSED(posix_spawn)
REFUSED(posix_spawnp)
REFUSED(execl)
REFUSED(execlp)
REFUSED(execle)
REFUSED(execv)
REFUSED(execvp)
REFUSED(execve)
REFUSED(wait)
REFUSED(waitpid)
REFUSED(socket)
REFUSED(connect)
REFUSED(accept)
REFUSED(accept4)
REFUSED(listen)
REFUSED(select)
REFUSED(pselect)
REFUSED(signalfd)
REFUSED(timer_create)
REFUSED(setitimer)
REFUSED(alarm)
REFUSED(pause)
REFUSED(kill)
REFUSED(raise)
REFUSED(pthread_kill)
REFUSED(pthread_sigqueue)
REFUSED(sigwait)
REFUSED(sigwaitinfo)
REFUSED(sigtimedwait)
REFUSED(sigsuspend)
REFUSED(pthread_cancel)
REFUSED(pthread_testcancel)
REFUSED(sem_open)
REFUSED(mq_open)
REFUSED(mq_send)
REFUSED(mq_receive)
REFUSED(semget)
REFUSED(semop)
REFUSED(msgget)
REFUSED(shmget)
REFUSED(shm_open)
REFUSED(flock)
REFUSED(lockf)
REFUSED(io_uring_setup)
