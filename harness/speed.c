/*
 * speed.c - main() of the program that is timed: `speed ROUNDS THREADS
 * ANSWERS`, where ANSWERS is a FIFO on which the grader answers.
 *
 * Each round draws fresh input and runs four sections one after the other,
 * so that a change in the machine's mood touches all four alike: the kit's
 * sequential run, THREADS copies of that at one time (they take as long as
 * one, if the machine is quiet and has the cores), the student's answer on
 * one thread, and on THREADS. It only says when a section begins and ends;
 * the clock is the grader's. It sleeps until the grader has answered: else
 * the grader, who needs a core to look at the clock, would get it only when
 * the work leaves one, and milliseconds too late.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "inside.h"
#include "interleave.h"

#define THREADS_MAX 64

static int threads;
static int answers; /* descriptor */

static void *copy(void *sum)
{
    *(uint64_t *)sum = workload_sequential();
    return NULL;
}

/* This thread only waits, as it does in an answer that has workers: if it
 * took part, the others might begin on its core and wait there. */
static uint64_t crowd(void)
{
    pthread_t others[THREADS_MAX];
    uint64_t sums[THREADS_MAX];

    for (int i = 0; i < threads; i++)
        if (pthread_create(&others[i], NULL, copy, &sums[i]) != 0)
            exit(1);
    for (int i = 0; i < threads; i++)
        pthread_join(others[i], NULL);
    return sums[0];
}

static uint64_t one(void)
{
    return workload_student(1);
}

static uint64_t many(void)
{
    return workload_student(threads);
}

static void wait_for_answer(void)
{
    char word;

    if (read(answers, &word, 1) != 1)
        exit(1);
}

static void section(int round, const char *name, uint64_t (*run)(void))
{
    uint64_t sum;

    record_line("value speed/%d begin %s", round, name);
    wait_for_answer();
    sum = run();
    record_line("value speed/%d end %s", round, name);
    wait_for_answer();
    record_line("value speed/%d sum-%s %llu", round, name,
                (unsigned long long)sum);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;

    threads = argc > 2 ? atoi(argv[2]) : 2;
    answers = argc > 3 ? open(argv[3], O_RDONLY | O_CLOEXEC) : -1;
    if (threads < 1 || threads > THREADS_MAX || answers < 0)
        return 2;
    for (int i = 0; i < rounds; i++) {
        workload_prepare(seed() + (uint64_t)i);
        section(i, "sequential", workload_sequential);
        section(i, "crowd", crowd);
        section(i, "one", one);
        section(i, "many", many);
    }
    record_line("value speed/%d done 1", rounds);
    return 0;
}
