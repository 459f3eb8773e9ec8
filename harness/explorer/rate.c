/*
 * rate.c - how many schedules a second, for `make bench`: three threads that
 * come to twenty points together, started as fibers, as real threads that
 * hand over, and by a fork for each schedule; with the look for races and
 * without. On one processor, each for SECONDS (1) of its time.
 *
 * Prints lines "KEY VALUE UNIT".
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "explore.h"
#include "strategy.h"

enum { STEPS = 6, SEQ_CST = 5 };

uint32_t __tsan_atomic32_fetch_add(volatile uint32_t *p, uint32_t v, int order);
int ex_pthread_create(pthread_t *name, const pthread_attr_t *attributes,
                      void *(*start)(void *), void *argument);
int ex_pthread_join(pthread_t name, void **result);

static void *work(void *counter)
{
    for (int i = 0; i < STEPS; i++)
        __tsan_atomic32_fetch_add(counter, 1, SEQ_CST);
    return NULL;
}

static void *body(void *unused)
{
    volatile uint32_t counter = 0;
    void *shared = (void *)(uintptr_t)&counter;
    pthread_t threads[2];

    (void)unused;
    for (int i = 0; i < 2; i++)
        ex_pthread_create(&threads[i], NULL, work, shared);
    work(shared);
    for (int i = 0; i < 2; i++)
        ex_pthread_join(threads[i], NULL);
    program_ends(0);
}

/* Processor time, of the children too: neighbours do not count. */
static double now(void)
{
    struct timespec own;
    struct rusage children;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(own.tv_sec + children.ru_utime.tv_sec +
                    children.ru_stime.tv_sec) +
           (double)own.tv_nsec / 1e9 +
           (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) /
               1e6;
}

static const struct exploration what = {.body = body};

static void one(void)
{
    strategy->begin();
    explore_one(&what);
    strategy->end();
}

static void one_by_fork(void)
{
    pid_t child = fork();

    if (child == 0) {
        one();
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static double rate(void (*run)(void), double seconds)
{
    double began = now(), ended = began;
    unsigned long count = 0;

    while (ended - began < seconds) {
        for (int i = 0; i < 16; i++)
            run();
        count += 16;
        ended = now();
    }
    return (double)count / (ended - began);
}

static void pin(void)
{
    cpu_set_t first;

    CPU_ZERO(&first);
    CPU_SET((size_t)sched_getcpu(), &first);
    sched_setaffinity(0, sizeof first, &first);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1, fast, forked;

    explorer_init(argv);
    pin();
    strategy = &strategy_random;
    forked = rate(one_by_fork, seconds);
    printf("schedules, a fork for each %.0f 1/s\n", forked);
    fast = rate(one, seconds);
    printf("schedules, fibers %.0f 1/s\n", fast);
    settings.detect = false;
    printf("schedules, fibers, races not looked for %.0f 1/s\n",
           rate(one, seconds));
    settings.detect = true;
    carrier = &hand_over;
    carrier->init();
    printf("schedules, real threads %.0f 1/s\n", rate(one, seconds));
    printf("schedules, fibers / a fork for each %.0f times\n", fast / forked);
    fflush(stdout);
    _exit(0);
}
