/*
 * measure.c - what threads gain below a GIL, by the clock of this machine: a
 * program around gil.c, and nothing that is judged. From the kit's folder:
 *
 *     gcc -O1 -pthread exercises/09-gil/measure.c exercises/09-gil/gil.c \
 *         -o build/measure && build/measure
 *
 * Three workloads, each shared by 1, 2 and 4 threads of one interpreter. All
 * the threads together do the same work each time, so with ideal threads the
 * time of two is half of that of one.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "gil.h"
#include "vm-inside.h"

enum {
    ROUNDS = 64,      /* of all threads together */
    NUMBERS = 500000, /* added up in a round that computes */
    WAIT_US = 2000,   /* of a round that waits */
    INTERVAL = 1000,  /* instructions */
    TRIES = 5
};

static const int thread_counts[] = {1, 2, 4};

/* ---- what a round does --------------------------------------------------- */

/* Stands for a server that answers after two milliseconds. */
static int wait_for_answer(void *arg)
{
    struct timespec time = {0, WAIT_US * 1000L};

    (void)arg;
    nanosleep(&time, NULL);
    return 0;
}

/* C code that needs no object: it computes without the interpreter. */
static int compute_in_c(void *arg)
{
    unsigned long total = 0;

    (void)arg;
    for (unsigned long i = 1; i <= NUMBERS; i++) {
        total += i;
        __asm__ volatile("" : "+r"(total));
    }
    return 0;
}

/* The first instruction says how often; it is set for each measurement. */
static struct instruction computing[] = {
    BARE(VM_NUMBER),  WITH(VM_NUMBER, NUMBERS / 1000),
    BARE(VM_SUM),     BARE(VM_DROP),
    WITH(VM_LOOP, 1), BARE(VM_END),
};

static struct instruction waiting[] = {
    BARE(VM_NUMBER),
    DOES(VM_WAIT, wait_for_answer),
    WITH(VM_LOOP, 1),
    BARE(VM_END),
};

static struct instruction computing_outside[] = {
    BARE(VM_NUMBER),
    DOES(VM_WAIT, compute_in_c),
    WITH(VM_LOOP, 1),
    BARE(VM_END),
};

static const struct workload {
    const char *title;
    struct instruction *code;
    int rounds;
} workloads[] = {
    {"computes in bytecode", computing, ROUNDS * 1000},
    {"waits", waiting, ROUNDS},
    {"computes in C, outside", computing_outside, ROUNDS},
};

/* ---- one measurement ------------------------------------------------------
 */

struct worker {
    pthread_t thread;
    struct gil *gil;
    struct vm_thread *state;
};

static void *execute_program(void *arg)
{
    struct worker *worker = arg;

    gil_run(worker->gil, worker->state);
    return NULL;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds, or below 0 when something could not be had. */
static double took(const struct workload *workload, int threads)
{
    struct vm *vm = vm_create();
    struct gil *gil = gil_create(INTERVAL);
    struct worker workers[8];
    int started = 0;
    double began;

    if (vm == NULL || gil == NULL)
        return -1;
    workload->code[0].operand = workload->rounds / threads;
    began = now();
    for (; started < threads; started++) {
        struct worker *worker = &workers[started];

        worker->gil = gil;
        worker->state = vm_thread_create(vm, workload->code, NULL);
        if (worker->state == NULL ||
            pthread_create(&worker->thread, NULL, execute_program, worker) != 0)
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        vm_thread_destroy(workers[i].state);
    }
    began = now() - began;
    gil_destroy(gil);
    vm_destroy(vm);
    return started == threads ? began : -1;
}

/* The best of some tries: what else the machine does only makes it slower. */
static double best(const struct workload *workload, int threads)
{
    double least = took(workload, threads);

    for (int i = 1; i < TRIES && least >= 0; i++) {
        double milliseconds = took(workload, threads);

        if (milliseconds < least)
            least = milliseconds;
    }
    return least;
}

int main(void)
{
    printf("%-24s%12s%12s%12s\n", "milliseconds", "1 thread", "2 threads",
           "4 threads");
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++) {
        printf("%-24s", workloads[i].title);
        for (size_t k = 0; k < 3; k++) {
            double milliseconds = best(&workloads[i], thread_counts[k]);

            if (milliseconds < 0)
                return 1;
            printf("%12.0f", milliseconds);
        }
        printf("\n");
    }
    return 0;
}
