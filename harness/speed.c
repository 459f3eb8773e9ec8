/*
 * speed.c - main() of the program that is timed by the clock: `speed ROUNDS
 * THREADS`. What it finds is shown to the student, and decides nothing: so it
 * may read the clock itself.
 *
 * Each round draws fresh input and runs three sections one after the other, so
 * that a change in the machine's mood touches all alike: the kit's sequential
 * run, the student's answer on one thread, and on THREADS. At the end each case
 * of the workload runs once, if it has any.
 */
#include <stdlib.h>
#include <time.h>

#include "inside.h"
#include "interleave.h"

static int threads;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t one(void)
{
    return workload_student(1);
}

static uint64_t many(void)
{
    return workload_student(threads);
}

static double took(uint64_t (*run)(void))
{
    double began = now();

    run();
    return now() - began;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;

    threads = argc > 2 ? atoi(argv[2]) : 2;
    for (int i = 0; i < rounds; i++) {
        double sequential, alone, together;

        workload_prepare(seed() + (uint64_t)i);
        sequential = took(workload_sequential);
        alone = took(one);
        together = took(many);
        record_line("value speed/%d took %.9f %.9f %.9f", i, sequential, alone,
                    together);
    }
    for (int i = 0; workload_cases && workload_cases[i].name != NULL; i++) {
        double began = now();

        workload_cases[i].run(threads);
        record_line("value speed/case case %s %.9f", workload_cases[i].name,
                    now() - began);
    }
    return 0;
}
