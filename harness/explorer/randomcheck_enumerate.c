/*
 * randomcheck_enumerate.c - all interleavings of a program, one after the
 * other: at each state every thread that can make a step makes it, on a copy
 * of the machine. No reduction, no memory of states, and but for the hash no
 * line of the explorer: so that both are not wrong in the same way.
 *
 * A thread's beginning and its end are steps of it, and main() joins one after
 * the other: until then something can happen, and while something can a wait
 * may be over for no reason.
 */
#include <stdbool.h>

#include "explorer.h"
#include "randomcheck.h"

struct machine {
    int at[MOST_THREADS];
    enum { FRESH, RUNS, WAITS, WAKING, OVER } state[MOST_THREADS];
    int joined; /* by main(), in turn */
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

/* All instructions are done; the thread has yet to end. */
static bool is_at_end(const struct machine *machine, int thread)
{
    return machine->at[thread] == program.length[thread];
}

static bool can_step(const struct machine *machine, int thread)
{
    const struct step *step = next_step(machine, thread);

    if (machine->state[thread] == OVER || machine->state[thread] == WAITS)
        return false;
    if (machine->state[thread] == FRESH || is_at_end(machine, thread))
        return true;
    if (machine->state[thread] == WAKING)
        return machine->owner[0] < 0;
    if (step->what == ENTER)
        return machine->owner[step->object] < 0;
    return step->what != TAKE || machine->semaphore > 0;
}

static void advance(struct machine *machine, int thread)
{
    machine->state[thread] = RUNS;
    machine->at[thread]++;
}

static void do_instruction(struct machine *machine, int thread)
{
    const struct step *step = next_step(machine, thread);
    int *variable = &machine->variables[step->object];

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

static void do_step(struct machine *machine, int thread)
{
    if (machine->state[thread] == FRESH) {
        machine->state[thread] = RUNS;
    } else if (is_at_end(machine, thread)) {
        machine->state[thread] = OVER;
    } else if (machine->state[thread] == WAKING) {
        machine->owner[0] = thread;
        advance(machine, thread);
    } else {
        do_instruction(machine, thread);
    }
}

static struct outcomes *found;

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
    note_outcome(found, hash);
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

static bool can_join(const struct machine *machine)
{
    return machine->joined < program.threads &&
           machine->state[machine->joined] == OVER;
}

static void enumerate(const struct machine *machine)
{
    bool any = can_join(machine);

    if (any) {
        struct machine after = *machine;

        after.joined++;
        enumerate(&after);
    }
    for (int i = 0; i < program.threads; i++) {
        struct machine after = *machine;

        if (!can_step(machine, i))
            continue;
        any = true;
        if (machine->state[i] == RUNS && !is_at_end(machine, i) &&
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

void enumerate_all(struct outcomes *outcomes)
{
    struct machine machine = {.owner = {-1, -1}};

    found = outcomes;
    found->count = 0;
    enumerate(&machine);
}
