/*
 * workload.c - what threads gain below a GIL.
 *
 * Judged is a CPU-bound program: so many rounds of a loop that adds up
 * numbers, shared by the threads. With a lock around the interpreter they gain
 * nothing. The kit's own run is the same interpreter without a lock, in one
 * thread. Beside it stands a table with programs that wait, and with some that
 * compute outside the lock.
 */
#include "interleave.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "gil.h"
#include "vm-inside.h"

/* Few instructions that take long: a turn is longer than a hand-over, but not
 * by much. */
enum { MOST = 64, INTERVAL = 500 };

#define ROUNDS WORKLOAD(8192) /* of all together: a multiple of 64 */

/* A loop that adds up numbers, and counts its rounds in global 0. */
static struct instruction code[] = {
    BARE(VM_NUMBER), /* how many rounds: set below */
    BARE(VM_NUMBER), /* how many numbers: set below */
    BARE(VM_SUM),     BARE(VM_DROP), WITH(VM_BUMP, 0),
    WITH(VM_LOOP, 1), BARE(VM_END),
};

static long numbers;

void workload_prepare(uint64_t seed)
{
    numbers = 1200 + (long)(draw(&seed) % 100);
}

static void set_code(int rounds, int threads)
{
    code[0].operand = rounds / threads;
    code[1].operand = numbers;
}

uint64_t workload_sequential(void)
{
    struct vm *vm = vm_create();
    struct vm_thread *thread;
    uint64_t result;

    set_code(ROUNDS, 1);
    thread = vm_thread_create(vm, code, NULL);
    while (vm_step(thread) != VM_ENDS)
        ;
    vm_finish(thread);
    result = (uint64_t)vm_value(vm, 0);
    vm_thread_destroy(thread);
    vm_destroy(vm);
    return result;
}

struct worker {
    pthread_t thread;
    struct gil *gil;
    struct vm_thread *state;
};

/* ---- threads ------------------------------------------------------------ */

static void *execute_program(void *arg)
{
    struct worker *worker = arg;

    gil_run(worker->gil, worker->state);
    return NULL;
}

/* Executes the program in so many threads; returns global 0. */
static uint64_t run(const struct instruction *program, int threads)
{
    struct vm *vm = vm_create();
    struct gil *gil = gil_create(INTERVAL);
    struct worker workers[MOST];
    uint64_t result;

    if (vm == NULL || gil == NULL)
        return UINT64_MAX;
    for (int i = 0; i < threads; i++) {
        workers[i].gil = gil;
        workers[i].state = vm_thread_create(vm, program, NULL);
        pthread_create(&workers[i].thread, NULL, execute_program, &workers[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        vm_thread_destroy(workers[i].state);
    }
    result = (uint64_t)vm_value(vm, 0);
    gil_destroy(gil);
    vm_destroy(vm);
    return result;
}

uint64_t workload_student(int threads)
{
    set_code(ROUNDS, threads);
    return run(code, threads);
}

/* ---- the table, which decides nothing ----------------------------------- */

enum { WAITS = 16 };

/* Stands for a server that answers after 200 microseconds. */
static int wait_for_answer(void *arg)
{
    struct timespec time = {0, 200000};

    (void)arg;
    nanosleep(&time, NULL);
    return 0;
}

/* A function in C that needs no object, and computes outside the lock. */
static int compute_outside(void *arg)
{
    uint64_t sum = 0;

    (void)arg;
#pragma GCC unroll 1
    for (uint64_t i = 0; i < WORKLOAD(400000); i++) {
        sum += i;
        __asm__ volatile("" : "+r"(sum));
    }
    return 0;
}

static uint64_t run_rounds(vm_function *function, int threads)
{
    struct instruction program[] = {
        WITH(VM_NUMBER, WAITS / threads),
        DOES(VM_WAIT, function),
        WITH(VM_LOOP, 1),
        BARE(VM_END),
    };

    return run(program, threads);
}

#define CASES(threads)                                                         \
    static uint64_t computes_##threads(int unused)                             \
    {                                                                          \
        (void)unused;                                                          \
        set_code(ROUNDS / 2, threads);                                         \
        return run(code, threads);                                             \
    }                                                                          \
    static uint64_t waits_##threads(int unused)                                \
    {                                                                          \
        (void)unused;                                                          \
        return run_rounds(wait_for_answer, threads);                           \
    }                                                                          \
    static uint64_t outside_##threads(int unused)                              \
    {                                                                          \
        (void)unused;                                                          \
        return run_rounds(compute_outside, threads);                           \
    }

CASES(1)
CASES(2)
CASES(4)

const struct workload_case workload_cases[] = {
    {"computes/1-thread", computes_1},
    {"computes/2-threads", computes_2},
    {"computes/4-threads", computes_4},
    {"waits/1-thread", waits_1},
    {"waits/2-threads", waits_2},
    {"waits/4-threads", waits_4},
    {"computes-in-C/1-thread", outside_1},
    {"computes-in-C/2-threads", outside_2},
    {"computes-in-C/4-threads", outside_4},
    {NULL, NULL},
};
