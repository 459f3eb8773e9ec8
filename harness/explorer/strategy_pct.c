/*
 * strategy_pct.c - probabilistic concurrency testing: each thread has a random
 * priority, the highest that is ready runs, and at d - 1 random points the
 * one that runs becomes the lowest. A bug of depth d in a program of n
 * threads and k points is found by one schedule with a chance of at least
 * 1 / (n k^(d-1)) (Burckhardt et al., ASPLOS 2010). And the plain random walk.
 *
 * Nothing here is luck: schedule number i of a seed is always the same.
 */
#include "explorer.h"
#include "strategy.h"

enum { DEPTH = 3, LONGEST = 32 };

static uint64_t number, random_state;
static uint64_t longest = LONGEST; /* points of the longest schedule so far */
static uint64_t change_at[DEPTH - 1];
static int64_t priority[THREADS];
static int assigned;
static int64_t lowest;

void pct_restart(void)
{
    number = 0;
    longest = LONGEST;
}

static bool begin(void)
{
    random_state = mix(settings.seed, ++number);
    assigned = 0;
    lowest = 0;
    for (int i = 0; i < DEPTH - 1; i++)
        change_at[i] = 1 + next_random(&random_state) % longest;
    return true;
}

static void end(void)
{
    if (world->points > longest)
        longest = world->points;
}

/* Who waits in a loop comes behind everybody else. */
static bool before(const struct option *a, const struct option *b)
{
    bool a_waits = world->threads[a->thread].yields;
    bool b_waits = world->threads[b->thread].yields;

    if (a_waits != b_waits)
        return b_waits;
    return priority[a->thread] > priority[b->thread];
}

static unsigned highest(const struct option *options, unsigned count)
{
    unsigned best = count;

    for (unsigned i = 0; i < count; i++)
        if (options[i].how == GO &&
            (best == count || before(&options[i], &options[best])))
            best = i;
    return best == count ? 0 : best;
}

static unsigned pct(const struct option *options, unsigned count)
{
    unsigned choice;

    for (; assigned < world->thread_count; assigned++)
        priority[assigned] = 1 + (int64_t)(next_random(&random_state) >> 2);
    for (int i = 0; i < DEPTH - 1; i++)
        if (world->points == change_at[i])
            priority[world->self->number] = --lowest;
    choice = highest(options, count);
    if (next_random(&random_state) % 16 ==
        0) { /* time-outs, wakeups for no reason */
        unsigned other = (unsigned)(next_random(&random_state) % count);

        if (options[other].how != GO)
            choice = other;
    }
    return choice;
}

static unsigned walk(const struct option *options, unsigned count)
{
    unsigned choice = (unsigned)(next_random(&random_state) % count);

    (void)options;
    return choice;
}

const struct strategy strategy_pct = {"pct", begin, pct, end, NULL};
const struct strategy strategy_random = {"random", begin, walk, end, NULL};
