/*
 * workload.c - the two workloads, each with the model that was chosen for it,
 * against both done one item after the other.
 *
 * Here nobody asks a server: an item that waits sleeps for as long as an
 * answer would take. So it can be run in virtual time. The eight cells are
 * shown beside it.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include "choose-the-model.h"
#include "models.c"

#include "loop.c"

enum {
    COMPUTED = 32, /* items */
    WAITED = 32,
    BLOCKS = WORKLOAD(250000), /* of computing, for one item */
    WAIT_NS = WORKLOAD(500000)
};

static uint64_t first[COMPUTED];

void workload_prepare(uint64_t seed)
{
    uint64_t state = seed;

    for (int i = 0; i < COMPUTED; i++)
        first[i] = draw(&state);
}

static uint64_t compute(int i)
{
    uint64_t value = first[i];

#pragma GCC unroll 1
    for (int n = 0; n < BLOCKS; n++)
        value = (value ^ value >> 29) * 0xbf58476d1ce4e5b9 + (uint64_t)n;
    return value;
}

static uint64_t answer(int i)
{
    return (uint64_t)i * i + 1;
}

static uint64_t wait_for(int i)
{
    sleep_ns(WAIT_NS);
    return answer(i);
}

static int begin_to_wait(struct loop *loop, int i,
                         void (*done)(void *arg, int i, uint64_t value),
                         void *arg)
{
    return loop_pause(loop, WAIT_NS, answer(i), i, done, arg);
}

static const struct workload workloads[KINDS] = {
    [COMPUTING] = {COMPUTED, compute, NULL},
    [WAITING] = {WAITED, wait_for, begin_to_wait},
};

static const struct model_of {
    int (*run)(const struct workload *workload, const struct means *means,
               uint64_t results[]);
} models[MODELS] = {
    {run_sequential}, {run_with_threads}, {run_with_processes}, {run_on_loop}};

static uint64_t sum_of(const uint64_t *results, int count)
{
    uint64_t sum = 0;

    for (int i = 0; i < count; i++)
        sum = sum * 31 + results[i];
    return sum;
}

static uint64_t cell(enum kind kind, enum model model, int threads)
{
    const struct workload *workload = &workloads[kind];
    struct means means = {threads, threads > 1 ? CHOICE_IN_FLIGHT : 1};
    uint64_t results[COMPUTED > WAITED ? COMPUTED : WAITED] = {0};

    if (model >= MODELS || models[model].run(workload, &means, results) != 0)
        return 0;
    return sum_of(results, workload->count);
}

uint64_t workload_sequential(void)
{
    uint64_t results[KINDS][COMPUTED > WAITED ? COMPUTED : WAITED];

    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < workloads[kind].count; i++)
            results[kind][i] = workloads[kind].item(i);
    return sum_of(results[COMPUTING], COMPUTED) +
           sum_of(results[WAITING], WAITED);
}

uint64_t workload_student(int threads)
{
    return cell(COMPUTING, choices[COMPUTING].model, threads) +
           cell(WAITING, choices[WAITING].model, threads);
}

/* ---- shown ----------------------------------------------------------------
 */

#define CELL(name, kind, model)                                                \
    static uint64_t name(int threads)                                          \
    {                                                                          \
        return cell(kind, model, threads);                                     \
    }

CELL(computing_sequential, COMPUTING, SEQUENTIAL)
CELL(computing_threads, COMPUTING, THREADS)
CELL(computing_processes, COMPUTING, PROCESSES)
CELL(computing_loop, COMPUTING, LOOP)
CELL(waiting_sequential, WAITING, SEQUENTIAL)
CELL(waiting_threads, WAITING, THREADS)
CELL(waiting_processes, WAITING, PROCESSES)
CELL(waiting_loop, WAITING, LOOP)

const struct workload_case workload_cases[] = {
    {"computing/sequential", computing_sequential},
    {"computing/threads", computing_threads},
    {"computing/processes", computing_processes},
    {"computing/loop", computing_loop},
    {"waiting/sequential", waiting_sequential},
    {"waiting/threads", waiting_threads},
    {"waiting/processes", waiting_processes},
    {"waiting/loop", waiting_loop},
    {NULL, NULL},
};
