/*
 * randomcheck.c - is the search whole? Random small programs are run through
 * all their interleavings three times: by the explorer without reduction, by
 * the explorer with it, and by a plain enumeration that shares no line with
 * the explorer (a machine of a few instructions, below). All three must come
 * to the same outcomes. Then once more with at most two preemptions, with and
 * without reduction: the same outcomes again.
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

enum { MOST_THREADS = 3, MOST_STEPS = 4, VARIABLES = 2, LOCKS = 2 };
enum { OUTCOMES_MAX = 4096, WAITS_MAX = 3 };

enum instruction {
    LOAD, /* and note the value */
    STORE,
    ADD,   /* and note the value before */
    SWAP,  /* compare and exchange; note whether it did */
    ENTER, /* a lock */
    LEAVE,
    POST, /* a semaphore */
    TAKE,
    WAIT, /* for a condition, with lock 0 */
    SIGNAL,
    WAKE_ALL,
    INSTRUCTIONS
};

struct step {
    uint8_t what, object, value;
};

static struct program {
    int threads, length[MOST_THREADS];
    struct step steps[MOST_THREADS][MOST_STEPS + 2];
} program;

static uint64_t random_state;

static unsigned below(unsigned most)
{
    return (unsigned)(next_random(&random_state) % most);
}

static void add_step(int thread, enum instruction what, unsigned object)
{
    program.steps[thread][program.length[thread]++] =
        (struct step){(uint8_t)what, (uint8_t)object, (uint8_t)below(3)};
}

/* What is locked is given back by the same thread, in any order. */
static void make_thread(int thread, int steps)
{
    bool held[LOCKS] = {false};

    program.length[thread] = 0;
    while (program.length[thread] < steps) {
        unsigned what = below(INSTRUCTIONS), lock = below(LOCKS);

        if (what == ENTER || what == LEAVE) {
            add_step(thread, held[lock] ? LEAVE : ENTER, lock);
            held[lock] = !held[lock];
        } else if (what == WAIT) {
            if (held[0])
                add_step(thread, WAIT, 0);
        } else {
            add_step(thread, what, what <= SWAP ? below(VARIABLES) : 0);
        }
    }
    for (unsigned lock = 0; lock < LOCKS; lock++)
        if (held[lock])
            add_step(thread, LEAVE, lock);
}

static void make_program(void)
{
    program.threads = 2 + (int)below(2);
    for (int i = 0; i < program.threads; i++)
        make_thread(i, program.threads == 2 ? 2 + (int)below(3)
                                            : 1 + (int)below(2));
}

/* ---- outcomes ----------------------------------------------------------- */

struct outcomes {
    uint64_t list[OUTCOMES_MAX];
    unsigned count;
};

static void note_outcome(struct outcomes *outcomes, uint64_t hash)
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

/* ---- the plain enumeration ---------------------------------------------- */

struct machine {
    int at[MOST_THREADS];
    enum { RUNS, WAITS, WAKING, OVER } state[MOST_THREADS];
    bool early[MOST_THREADS]; /* this wait was ended for no reason */
    int variables[VARIABLES], semaphore;
    int owner[LOCKS]; /* -1: free */
    uint64_t noted[MOST_THREADS];
};

static void note(struct machine *machine, int thread, int value)
{
    machine->noted[thread] = mix(machine->noted[thread], (uint64_t)value + 17);
}

static const struct step *next_step(const struct machine *machine, int thread)
{
    return &program.steps[thread][machine->at[thread]];
}

static bool can_step(const struct machine *machine, int thread)
{
    const struct step *step = next_step(machine, thread);

    if (machine->state[thread] == OVER || machine->state[thread] == WAITS)
        return false;
    if (machine->state[thread] == WAKING)
        return machine->owner[0] < 0;
    if (step->what == ENTER)
        return machine->owner[step->object] < 0;
    return step->what != TAKE || machine->semaphore > 0;
}

static void advance(struct machine *machine, int thread)
{
    machine->state[thread] = RUNS;
    if (++machine->at[thread] == program.length[thread])
        machine->state[thread] = OVER;
}

static void do_step(struct machine *machine, int thread)
{
    const struct step *step = next_step(machine, thread);
    int *variable = &machine->variables[step->object];

    if (machine->state[thread] == WAKING) {
        machine->owner[0] = thread;
        advance(machine, thread);
        return;
    }
    switch (step->what) {
    case LOAD:
        note(machine, thread, *variable);
        break;
    case STORE:
        *variable = step->value;
        break;
    case ADD:
        note(machine, thread, *variable);
        *variable += step->value;
        break;
    case SWAP:
        note(machine, thread, *variable == step->value);
        if (*variable == step->value)
            *variable = step->value + 1;
        break;
    case ENTER:
        machine->owner[step->object] = thread;
        break;
    case LEAVE:
        machine->owner[step->object] = -1;
        break;
    case POST:
        machine->semaphore++;
        break;
    case TAKE:
        machine->semaphore--;
        break;
    case WAIT:
        machine->owner[0] = -1;
        machine->state[thread] = WAITS;
        machine->early[thread] = false;
        return;
    case WAKE_ALL:
        for (int i = 0; i < program.threads; i++)
            if (machine->state[i] == WAITS)
                machine->state[i] = WAKING;
        break;
    default:
        break;
    }
    advance(machine, thread);
}

static struct outcomes plain;

static void finish(const struct machine *machine)
{
    uint64_t hash = 1;

    for (int i = 0; i < program.threads; i++)
        hash = mix(hash, machine->noted[i]);
    for (int i = 0; i < VARIABLES; i++)
        hash = mix(hash, (uint64_t)machine->variables[i] + 3);
    for (int i = 0; i < program.threads; i++)
        if (machine->state[i] != OVER)
            hash = mix(hash, (uint64_t)machine->at[i] + 5);
    note_outcome(&plain, hash);
}

static void enumerate(const struct machine *machine);

/* A signal wakes any one of those that wait. */
static void enumerate_signal(const struct machine *machine, int thread)
{
    bool any = false;

    for (int i = 0; i < program.threads; i++) {
        struct machine after = *machine;

        if (machine->state[i] != WAITS)
            continue;
        any = true;
        after.state[i] = WAKING;
        advance(&after, thread);
        enumerate(&after);
    }
    if (!any) {
        struct machine after = *machine;

        advance(&after, thread);
        enumerate(&after);
    }
}

static void enumerate(const struct machine *machine)
{
    bool any = false;

    for (int i = 0; i < program.threads; i++) {
        struct machine after = *machine;

        if (!can_step(machine, i))
            continue;
        any = true;
        if (machine->state[i] == RUNS &&
            next_step(machine, i)->what == SIGNAL) {
            enumerate_signal(machine, i);
            continue;
        }
        do_step(&after, i);
        enumerate(&after);
    }
    /* for no reason, while something else can happen */
    for (int i = 0; any && i < program.threads; i++) {
        struct machine after = *machine;

        if (machine->state[i] != WAITS)
            continue;
        after.state[i] = WAKING;
        enumerate(&after);
    }
    if (!any)
        finish(machine);
}

static void enumerate_all(void)
{
    struct machine machine = {.owner = {-1, -1}};

    plain.count = 0;
    enumerate(&machine);
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
    const struct exploration what = {explored_main, NULL, ended, NULL};

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

static void print_program(void)
{
    static const char *const names[] = {"load",  "store",  "add",     "swap",
                                        "enter", "leave",  "post",    "take",
                                        "wait",  "signal", "wake-all"};

    for (int i = 0; i < program.threads; i++) {
        printf("  T%d:", i + 1);
        for (int k = 0; k < program.length[i]; k++)
            printf(" %s(%d,%d)", names[program.steps[i][k].what],
                   program.steps[i][k].object, program.steps[i][k].value);
        printf("\n");
    }
}

static bool check(uint64_t sums[4])
{
    static struct outcomes whole, reduced, bounded, bounded_reduced;
    bool good;

    enumerate_all();
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
        print_program();
    }
    return good;
}

int main(int argc, char **argv)
{
    int programs = argc > 1 ? atoi(argv[1]) : 100;
    uint64_t sums[4] = {0};
    int good = 0;

    explorer_init(argv);
    random_state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    for (int i = 0; i < programs; i++) {
        make_program();
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
