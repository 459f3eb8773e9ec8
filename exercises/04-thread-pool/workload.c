/*
 * workload.c - what the speed of pool_map() is judged with.
 *
 * Sixteen tasks, each about half a millisecond of arithmetic that needs
 * nobody else. The pool is created and destroyed while time is counted:
 * that costs some tens of microseconds, which a pool must earn back.
 */
#include "interleave.h"
#include "thread-pool.h"

#include <stdlib.h>

#define TASKS  16
#define ROUNDS WORKLOAD(400000)

static uint64_t seeds[TASKS];
static uint64_t sums[TASKS];

/* A chain of numbers in which each needs the one before. */
static uint64_t chain(uint64_t x)
{
    for (int i = 0; i < ROUNDS; i++)
        x = x * 6364136223846793005u + 1442695040888963407u;
    return x;
}

void workload_prepare(uint64_t seed)
{
    uint64_t state = seed;

    for (int i = 0; i < TASKS; i++)
        seeds[i] = draw(&state);
}

uint64_t workload_sequential(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < TASKS; i++)
        sum += chain(seeds[i]);
    return sum;
}

static int sum_one(void *arg, void **result)
{
    size_t i = (size_t)((uint64_t *)arg - seeds);

    sums[i] = chain(seeds[i]);
    *result = &sums[i];
    return 0;
}

uint64_t workload_student(int threads)
{
    struct pool_config config = {.workers = threads, .capacity = TASKS};
    struct pool *pool = pool_create(&config);
    void *args[TASKS], *results[TASKS];
    uint64_t sum = 0;

    if (pool == NULL)
        return UINT64_MAX;
    for (int i = 0; i < TASKS; i++) {
        args[i] = &seeds[i];
        sums[i] = 0;
    }
    if (pool_map(pool, sum_one, args, results, TASKS) != 0)
        return UINT64_MAX;
    for (int i = 0; i < TASKS; i++)
        sum += results[i] ? *(uint64_t *)results[i] : 0;
    pool_destroy(pool);
    return sum;
}
