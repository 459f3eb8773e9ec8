/*
 * curve.c - see curve.h.
 *
 * Of the critical path that a run has had, pieces of one kind at one place are
 * added up; the longest are told.
 */
#include "curve.h"

#include "clock.h"
#include "cost.h"
#include "explore.h"
#include "path.h"
#include "strategy.h"
#include "tell.h"

enum { PIECES = 1 << 20, PLACES = 64 };

static uint64_t (*work)(void);
static uint64_t begun, ended, sum;
static int left;

/* clang's -fsanitize-coverage=trace-pc calls this in each basic block. */
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    if (world->self == NULL)
        return;
    clock_pc = PC;
    clock_spend(COST_BLOCK);
}

void curve_begin(void)
{
    lines_begin();
    begun = clock_now();
}

static void *body(void *unused)
{
    (void)unused;
    begun = ended = sum = 0;
    sum = work();
    ended = clock_now();
    left = world->alive - 1;
    program_ends(0);
}

/* ---- the path ----------------------------------------------------------- */

struct place {
    enum path_kind kind;
    uint64_t pc, time;
};

static unsigned add_up(const struct path_piece *pieces, unsigned count,
                       struct place *places)
{
    unsigned used = 0;

    for (unsigned i = 0; i < count; i++) {
        uint64_t from = pieces[i].from > begun ? pieces[i].from : begun;
        unsigned k = 0;

        if (pieces[i].to <= from)
            continue;
        while (k < used && (places[k].kind != pieces[i].kind ||
                            places[k].pc != pieces[i].pc))
            k++;
        if (k == PLACES)
            continue;
        if (k == used)
            places[used++] = (struct place){pieces[i].kind, pieces[i].pc, 0};
        places[k].time += pieces[i].to - from;
    }
    return used;
}

/* A program may end by exit(), or go on when main() has ended. */
static struct thread *last_thread(void)
{
    struct thread *last = &world->threads[0];

    if (ended != 0)
        return last;
    if (world->exited)
        return &world->threads[world->exited_by];
    for (int i = 1; i < world->thread_count; i++)
        if (world->threads[i].clock > last->clock)
            last = &world->threads[i];
    return last;
}

static void tell_path(int cores, struct thread *last)
{
    static struct path_piece *pieces;
    struct place places[PLACES];
    unsigned used;

    if (pieces == NULL)
        pieces = own_memory(PIECES * sizeof *pieces);
    used = add_up(pieces, path_back(last, pieces, PIECES), places);
    for (unsigned k = 0; k < used; k++)
        tell("value speed/virtual path %d %d 0x%llx %.4f", cores,
             (int)places[k].kind, (unsigned long long)places[k].pc,
             (double)places[k].time / (double)(ended - begun));
}

/* As a part of the time of all cores together. */
static void tell_fetched(int cores)
{
    const struct fetched *list;
    unsigned count = lines_fetched(&list);

    for (unsigned i = 0; i < count; i++)
        tell("value speed/virtual fetched %d 0x%llx 0x%llx %.4f", cores,
             (unsigned long long)list[i].pc,
             (unsigned long long)list[i].address,
             (double)list[i].cost / (double)(ended - begun) / cores);
}

static bool run(int cores, uint64_t (*to_do)(void))
{
    const struct exploration program = {.body = body};

    settings.clock = true;
    strategy = &strategy_clock;
    work = to_do;
    clock_cores(cores);
    explore_one(&program);
    return world->fault == NO_FAULT;
}

bool curve_case(const char *name, int cores, uint64_t (*to_do)(void))
{
    if (!run(cores, to_do))
        return false;
    tell("value speed/virtual case %s %d %llu", name, cores,
         (unsigned long long)(ended - begun));
    return true;
}

bool curve_run(const char *name, int cores, uint64_t (*to_do)(void))
{
    struct thread *last;

    if (!run(cores, to_do)) {
        tell("value speed/virtual fault %s %d %s 0x%llx %s", name, cores,
             fault_name(world->fault), (unsigned long long)world->fault_pc,
             world->fault_text);
        return false;
    }
    last = last_thread();
    if (ended == 0) {
        ended = last->clock;
        sum = (uint64_t)world->status;
        left = world->exited ? world->alive - 1 : 0;
    }
    tell("value speed/virtual took %s %d %llu %llu %d", name, cores,
         (unsigned long long)(ended - begun), (unsigned long long)sum, left);
    if (ended <= begun)
        return true;
    tell_path(cores, last);
    tell_fetched(cores);
    return true;
}
