/*
 * calls_machine.c - how many cores there are, and which thread this is: what a
 * program is told must not hang on the machine that it happens to run on.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "calls.h"
#include "clock.h"

int cores_told = 2;

CALL(long, sysconf, int name)
{
    return name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF
               ? cores_told
               : sysconf(name);
}

CALL(int, get_nprocs, void)
{
    return cores_told;
}

CALL(int, get_nprocs_conf, void)
{
    return cores_told;
}

static int tell_cores(size_t size, cpu_set_t *set)
{
    CPU_ZERO_S(size, set);
    for (int i = 0; i < cores_told; i++)
        CPU_SET_S(i, size, set);
    return 0;
}

CALL(int, sched_getaffinity, pid_t process, size_t size, cpu_set_t *set)
{
    (void)process;
    return tell_cores(size, set);
}

CALL(int, pthread_getaffinity_np, pthread_t thread, size_t size, cpu_set_t *set)
{
    (void)thread;
    return tell_cores(size, set);
}

CALL(int, sched_getcpu, void)
{
    return settings.clock ? world->self->core : 0;
}

/* To the kernel all threads are one. The number is the same in each run. */
enum { FIRST_TID = 1000 };

CALL(pid_t, gettid, void)
{
    return FIRST_TID + world->self->number;
}
