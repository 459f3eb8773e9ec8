/*
 * randomcheck.c - is the search whole? Random small programs are run through
 * all their interleavings three times: by the explorer without reduction, by
 * the explorer with it, and by a plain enumeration that shares no line with
 * the explorer (randomcheck_enumerate.c). All three must come to the same
 * outcomes. Then once more with at most two preemptions, with and without
 * reduction: the same outcomes again.
 *
 *     randomcheck PROGRAMS SEED
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "explore.h"
#include "randomcheck.h"

/* ---- outcomes ----------------------------------------------------------- */

void note_outcome(struct outcomes *outcomes, uint64_t hash)
{
    for (unsigned i = 0; i < outcomes->count; i++)
        if (outcomes->list[i] == hash)
            return;
    if (outcomes->count < OUTCOMES_MAX)
        outcomes->list[outcomes->count++] = hash;
}

static bool same(const struct outcomes *a, const struct outcomes *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++) {
        bool found = false;

        for (unsigned k = 0; k < b->count; k++)
            found |= a->list[i] == b->list[k];
        if (!found)
            return false;
    }
    return true;
}

/* ---- the same program, explored ----------------------------------------- */

/* Called as an explored program calls them. */
uint32_t __tsan_atomic32_load(const volatile uint32_t *p, int order);
void __tsan_atomic32_store(volatile uint32_t *p, uint32_t v, int order);
uint32_t __tsan_atomic32_fetch_add(volatile uint32_t *p, uint32_t v, int order);
uint32_t __tsan_atomic32_compare_exchange_val(volatile uint32_t *p,
                                              uint32_t expected, uint32_t v,
                                              int order, int otherwise);
int ex_pthread_create(pthread_t *name, const pthread_attr_t *attributes,
                      void *(*start)(void *), void *argument);
int ex_pthread_join(pthread_t name, void **result);
int ex_pthread_mutex_lock(pthread_mutex_t *mutex);
int ex_pthread_mutex_unlock(pthread_mutex_t *mutex);
int ex_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);
int ex_pthread_cond_signal(pthread_cond_t *cond);
int ex_pthread_cond_broadcast(pthread_cond_t *cond);
int ex_sem_wait(sem_t *semaphore);
int ex_sem_post(sem_t *semaphore);

enum { SEQ_CST = 5 };

/* What a schedule changes: on the stack of its main(), where it belongs to
 * the explored program. */
static struct shared {
    _Alignas(64) volatile uint32_t variables[VARIABLES][4];
    pthread_mutex_t locks[LOCKS];
    pthread_cond_t condition;
    sem_t semaphore;
    uint64_t noted[MOST_THREADS];
    int at[MOST_THREADS];
} * shared;

static struct outcomes *explored;

static void explored_step(int thread, const struct step *step)
{
    volatile uint32_t *variable = shared->variables[step->object];
    uint64_t *noted = &shared->noted[thread];
    uint32_t seen;

    switch (step->what) {
    case LOAD:
        seen = __tsan_atomic32_load(variable, SEQ_CST);
        *noted = mix(*noted, seen + 17ull);
        break;
    case STORE:
        __tsan_atomic32_store(variable, step->value, SEQ_CST);
        break;
    case ADD:
        seen = __tsan_atomic32_fetch_add(variable, step->value, SEQ_CST);
        *noted = mix(*noted, seen + 17ull);
        break;
    case SWAP:
        seen = __tsan_atomic32_compare_exchange_val(
            variable, step->value, step->value + 1u, SEQ_CST, SEQ_CST);
        *noted = mix(*noted, (seen == step->value) + 17ull);
        break;
    case ENTER:
        ex_pthread_mutex_lock(&shared->locks[step->object]);
        break;
    case LEAVE:
        ex_pthread_mutex_unlock(&shared->locks[step->object]);
        break;
    case POST:
        ex_sem_post(&shared->semaphore);
        break;
    case TAKE:
        ex_sem_wait(&shared->semaphore);
        break;
    case WAIT:
        ex_pthread_cond_wait(&shared->condition, &shared->locks[0]);
        break;
    case SIGNAL:
        ex_pthread_cond_signal(&shared->condition);
        break;
    default:
        ex_pthread_cond_broadcast(&shared->condition);
        break;
    }
}

static void *explored_thread(void *argument)
{
    int thread = (int)(intptr_t)argument;

    for (int i = 0; i < program.length[thread]; i++) {
        explored_step(thread, &program.steps[thread][i]);
        shared->at[thread] = i + 1;
    }
    return NULL;
}

static void *explored_main(void *unused)
{
    pthread_t threads[MOST_THREADS];
    struct shared here;

    (void)unused;
    shared = &here;
    memset(shared, 0, sizeof *shared);
    for (int i = 0; i < program.threads; i++)
        ex_pthread_create(&threads[i], NULL, explored_thread,
                          (void *)(intptr_t)i);
    for (int i = 0; i < program.threads; i++)
        ex_pthread_join(threads[i], NULL);
    program_ends(0);
}

static bool ended(void *state)
{
    uint64_t hash = 1;

    (void)state;
    for (int i = 0; i < program.threads; i++)
        hash = mix(hash, shared->noted[i]);
    for (int i = 0; i < VARIABLES; i++)
        hash = mix(hash, shared->variables[i][0] + 3ull);
    for (int i = 0; i < program.threads; i++)
        if (shared->at[i] != program.length[i])
            hash = mix(hash, (uint64_t)shared->at[i] + 5);
    note_outcome(explored, hash);
    if (world->fault != NO_FAULT && world->fault != FAULT_DEADLOCK) {
        printf("a fault: %s\n", fault_name(world->fault));
        return true;
    }
    return false;
}

static uint64_t explore_with(struct outcomes *outcomes, int bound, bool reduce)
{
    const struct exploration what = {.body = explored_main, .ended = ended};

    outcomes->count = 0;
    explored = outcomes;
    settings.bound = bound;
    settings.reduce = reduce;
    settings.chance = false;
    settings.schedules = UINT64_MAX;
    explore_again();
    explore(&what);
    return explore_progress()->schedules;
}

/* ---- the check ---------------------------------------------------------- */

static bool check(uint64_t sums[4])
{
    static struct outcomes plain, whole, reduced, bounded, bounded_reduced;
    bool good;

    enumerate_all(&plain);
    sums[0] += explore_with(&whole, -1, false);
    sums[1] += explore_with(&reduced, -1, true);
    sums[2] += explore_with(&bounded, 2, false);
    sums[3] += explore_with(&bounded_reduced, 2, true);
    good = same(&plain, &whole) && same(&plain, &reduced) &&
           same(&bounded, &bounded_reduced);
    if (!good) {
        printf("FAILED: plain %u outcomes, explored %u, with reduction %u; "
               "with two preemptions %u, with reduction %u\n",
               plain.count, whole.count, reduced.count, bounded.count,
               bounded_reduced.count);
        program_print();
    }
    return good;
}

int main(int argc, char **argv)
{
    int programs = argc > 1 ? atoi(argv[1]) : 100;
    uint64_t sums[4] = {0};
    int good = 0;

    explorer_init(argv);
    program_seed(argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    for (int i = 0; i < programs; i++) {
        program_make();
        good += check(sums);
    }
    printf("random programs: %d of %d came to the same outcomes by "
           "enumeration, by %llu schedules, and by %llu with reduction; with "
           "two preemptions by %llu and %llu\n",
           good, programs, (unsigned long long)sums[0],
           (unsigned long long)sums[1], (unsigned long long)sums[2],
           (unsigned long long)sums[3]);
    fflush(stdout);
    _exit(good == programs ? 0 : 1);
}
