/*
 * clocked.c - main() of a whole program that is timed by the clock, on the
 * first CORES of those that it may use. Its own main() has been renamed. What
 * is found here is shown to the student, and decides nothing.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int explored_main(int argc, char **argv, char **environment);

static double begun;
static int record = -1;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void ends(void)
{
    double took = now() - begun;
    const char *secret = getenv("INTERLEAVE_SECRET");

    dprintf(record, "%s value speed/clock took %.9f\n",
            secret != NULL ? secret : "", took);
}

static void stay_on(int cores)
{
    cpu_set_t mine, few;
    int taken = 0;

    if (sched_getaffinity(0, sizeof mine, &mine) != 0)
        return;
    CPU_ZERO(&few);
    for (int i = 0; i < CPU_SETSIZE && taken < cores; i++)
        if (CPU_ISSET(i, &mine)) {
            CPU_SET(i, &few);
            taken++;
        }
    sched_setaffinity(0, sizeof few, &few);
}

int main(int argc, char **argv)
{
    extern char **environ;
    const char *cores = getenv("CORES"), *path = getenv("INTERLEAVE_RECORD");
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; fd < 3 && nowhere >= 0; fd++)
        dup2(nowhere, fd);
    if (path != NULL)
        record = open(path, O_WRONLY | O_CLOEXEC);
    if (cores != NULL)
        stay_on(atoi(cores));
    atexit(ends);
    begun = now();
    return explored_main(argc, argv, environ);
}
