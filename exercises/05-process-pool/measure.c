/*
 * measure.c - what processes gain, and what they cost, by the clock of this
 * machine: a program around process-pool.c, and nothing that is judged. From
 * the kit's folder:
 *
 *     gcc -O1 exercises/05-process-pool/measure.c \
 *         exercises/05-process-pool/process-pool.c -o build/measure-pool
 *     build/measure-pool
 *
 * Four workloads. Each is done by the caller herself, without a pool, and then
 * by pools of 1, 2 and 4 workers; all of them do the same work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "process-pool.h"

enum {
    NUMBERS = 2000000, /* added up for an item that computes */
    FEW_NUMBERS = 2000,
    WAIT_US = 2000, /* of an item that waits */
    LARGE = 1 << 20,
    TRIES = 5
};

static const int worker_counts[] = {0, 1, 2, 4}; /* 0: no pool */

/* ---- the work on one item ------------------------------------------------ */

static void add_up(unsigned long numbers)
{
    unsigned long total = 0;

    for (unsigned long i = 1; i <= numbers; i++) {
        total += i;
        __asm__ volatile("" : "+r"(total)); /* or the compiler does it */
    }
}

static int compute(const struct bytes *item, struct bytes *result)
{
    (void)item, (void)result;
    add_up(NUMBERS);
    return 0;
}

static int compute_little(const struct bytes *item, struct bytes *result)
{
    (void)item, (void)result;
    add_up(FEW_NUMBERS);
    return 0;
}

/* Stands for a server that answers after two milliseconds. */
static int wait_for_answer(const struct bytes *item, struct bytes *result)
{
    struct timespec time = {0, WAIT_US * 1000L};

    (void)item, (void)result;
    nanosleep(&time, NULL);
    return 0;
}

static int copy(const struct bytes *item, struct bytes *result)
{
    result->data = malloc(item->size);
    if (result->data == NULL)
        return 1;
    result->size = item->size;
    memcpy(result->data, item->data, item->size);
    return 0;
}

static const struct workload {
    const char *title;
    process_pool_work *work;
    size_t items, size;
} workloads[] = {
    {"computes", compute, 64, 8},
    {"waits", wait_for_answer, 32, 8},
    {"computes a little each", compute_little, 4096, 8},
    {"copies a megabyte each", copy, 64, LARGE},
};

/* ---- one measurement ------------------------------------------------------
 */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int do_all(const struct workload *workload, const struct bytes *items,
                  struct process_pool_result *results)
{
    int error = 0;

    for (size_t i = 0; i < workload->items && error == 0; i++)
        error = workload->work(&items[i], &results[i].bytes);
    return error;
}

/* Milliseconds of the work alone, or below 0 when something went wrong. */
static double took(const struct workload *workload, int workers,
                   const struct bytes *items)
{
    struct process_pool_config config = {.workers = workers,
                                         .work = workload->work};
    struct process_pool_result *results =
        calloc(workload->items, sizeof *results);
    struct process_pool *pool = NULL;
    double began;
    int error;

    if (results == NULL ||
        (workers > 0 && process_pool_create(&pool, &config) != 0))
        return -1;
    began = now();
    error = workers > 0
                ? process_pool_map(pool, items, results, workload->items)
                : do_all(workload, items, results);
    began = now() - began;
    if (workers > 0)
        process_pool_destroy(pool);
    for (size_t i = 0; i < workload->items; i++)
        free(results[i].bytes.data);
    free(results);
    return error == 0 ? began : -1;
}

/* The best of some tries: what else the machine does only makes it slower. */
static double best(const struct workload *workload, int workers,
                   const struct bytes *items)
{
    double least = took(workload, workers, items);

    for (int i = 1; i < TRIES && least >= 0; i++) {
        double milliseconds = took(workload, workers, items);

        if (milliseconds < least)
            least = milliseconds;
    }
    return least;
}

static int measure(const struct workload *workload)
{
    struct bytes *items = calloc(workload->items, sizeof *items);
    char *data = calloc(1, workload->size);

    if (items == NULL || data == NULL)
        return -1;
    for (size_t i = 0; i < workload->items; i++)
        items[i] = (struct bytes){workload->size, data};
    printf("%-24s", workload->title);
    fflush(stdout);
    for (size_t k = 0; k < sizeof worker_counts / sizeof worker_counts[0];
         k++) {
        double milliseconds = best(workload, worker_counts[k], items);

        if (milliseconds < 0)
            return -1;
        printf("%12.1f", milliseconds);
        fflush(stdout);
    }
    printf("\n");
    free(data);
    free(items);
    return 0;
}

int main(void)
{
    printf("%-24s%12s%12s%12s%12s\n", "milliseconds", "no pool", "1 worker",
           "2 workers", "4 workers");
    fflush(stdout);
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++)
        if (measure(&workloads[i]) != 0) {
            printf("\n");
            fprintf(stderr, "measure: process_pool_map() or _create() returned "
                            "an error\n");
            return 1;
        }
    return 0;
}
