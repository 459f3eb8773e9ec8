/*
 * randomcheck_programs.c - random small programs: two or three threads of a
 * few instructions each. A lock is left by the thread that has entered it, and
 * a thread waits only with its lock; nothing else is ruled out, so many of
 * them come to a deadlock, which is an outcome like others.
 */
#include <stdbool.h>
#include <stdio.h>

#include "explorer.h"
#include "randomcheck.h"

struct program program;
static uint64_t random_state;

void program_seed(uint64_t seed)
{
    random_state = seed;
}

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

void program_make(void)
{
    program.threads = 2 + (int)below(2);
    for (int i = 0; i < program.threads; i++)
        make_thread(i, program.threads == 2 ? 2 + (int)below(3)
                                            : 1 + (int)below(2));
}

void program_print(void)
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
