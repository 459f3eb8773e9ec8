/*
 * workload.c - what CPU-bound programs gain from threads: with a lock around
 * the interpreter, nothing.
 *
 * So many rounds of a loop that adds up numbers, shared by the threads. The
 * kit's own run is the same interpreter without a lock, in one thread.
 */
#include "interleave.h"

#include <pthread.h>
#include <stdlib.h>

#include "gil.h"
#include "vm.c"

enum { MOST = 64, INTERVAL = 2000 };

#define ROUNDS WORKLOAD(32000) /* of all together: a multiple of 64 */

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
    numbers = 280 + (long)(draw(&seed) % 40);
}

static void set_code(int threads)
{
    code[0].operand = ROUNDS / threads;
    code[1].operand = numbers;
}

uint64_t workload_sequential(void)
{
    struct vm *vm = vm_create();
    struct vm_thread *thread;
    uint64_t result;

    set_code(1);
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

static void *execute_program(void *arg)
{
    struct worker *worker = arg;

    gil_run(worker->gil, worker->state);
    return NULL;
}

uint64_t workload_student(int threads)
{
    struct vm *vm = vm_create();
    struct gil *gil = gil_create(INTERVAL);
    struct worker workers[MOST];
    uint64_t result;

    if (vm == NULL || gil == NULL)
        return UINT64_MAX;
    set_code(threads);
    for (int i = 0; i < threads; i++) {
        workers[i].gil = gil;
        workers[i].state = vm_thread_create(vm, code, NULL);
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
