/*
 * lines.c - cache lines: what a core has written, another must fetch.
 *
 * Of each line of 64 bytes it is known which cores have it, and whether one of
 * them has changed it: the states M, S and I of the protocol MSI (Papamarcos
 * and Patel, 1984; Hennessy and Patterson, Computer Architecture, 5.2). A
 * read of a line that another core has changed, and a write to one that
 * others have, cost a miss. What nobody has touched yet is free, so that a
 * run on one core costs no more for it than one on many.
 *
 * Two variables in one line are one: false sharing costs what sharing costs.
 */
#include "calls.h"
#include "clock.h"
#include "cost.h"

#define LINE 64ull

/* In the place of the cell of the line's first byte: there are no races to be
 * looked for when time is counted. */
struct line {
    uint64_t cores;    /* that have it */
    uint32_t schedule; /* older: nobody has */
    bool changed;      /* by the only one that has it */
};
_Static_assert(sizeof(struct line) == 16, "a line is as large as a cell");

static uint64_t last_missed[64]; /* by core */
static uint32_t fresh_since;
static uint64_t contended; /* until this moment */
static bool missed;

/* Where lines were fetched, and what that has cost there. */
static struct fetched places[FETCHED];
static unsigned places_used;

void lines_begin(void)
{
    fresh_since++;
    contended = 0;
    places_used = 0;
}

/* Of a line by its first byte: where the program's memory begins a line does,
 * too (edge.c). */
static struct line *line_of(uint64_t address)
{
    return (struct line *)(void *)cell_of(address);
}

/* So long cores are taken to go on taking lines from one another. */
#define MEMORY (10ull * COST_APART)

uint64_t lines_contended(void)
{
    return contended;
}

unsigned lines_fetched(const struct fetched **list)
{
    *list = places;
    return places_used;
}

/* When there is no more room, the place goes untold. */
static void note_place(uint64_t pc, uint64_t address, uint64_t cost)
{
    unsigned i = 0;

    while (i < places_used && places[i].pc != pc)
        i++;
    if (i == FETCHED)
        return;
    if (i == places_used)
        places[places_used++] = (struct fetched){.pc = pc};
    places[i].address = address;
    places[i].cost += cost;
}

static uint64_t fetch(int core, uint64_t address)
{
    uint64_t before = last_missed[core];

    contended = world->self->clock + MEMORY;
    missed = true;
    last_missed[core] = address;
    return address == before + LINE ? COST_NEXT_LINE : COST_MISS;
}

static uint64_t touch_line(uint64_t address, bool writes)
{
    int core = world->self->core;
    uint64_t me = 1ull << core, cost = 0;
    struct line *line = line_of(address);

    if (line == NULL)
        return 0;
    if (line->schedule != fresh_since) {
        line->schedule = fresh_since;
        line->cores = 0;
        line->changed = false;
    }
    if (writes) {
        if (line->cores & ~me)
            cost = fetch(core, address & -LINE);
        line->cores = me;
        line->changed = true;
    } else if (!(line->cores & me)) {
        if (line->changed)
            cost = fetch(core, address & -LINE);
        line->cores |= me;
        line->changed = false;
    }
    return cost;
}

bool lines_missed(void)
{
    bool was = missed;

    missed = false;
    return was;
}

uint64_t lines_cost(uint64_t address, size_t size, bool writes, uint64_t pc)
{
    uint64_t at = address, end = address + size, cost = 0, fetching;

    if (size > 16) /* a call of the C library goes over it */
        cost = size * COST_BYTE_16 / 16;
    for (at &= -LINE; at < end; at += LINE) {
        fetching = touch_line(at, writes);
        if (fetching > 0)
            note_place(pc, at > address ? at : address, fetching);
        cost += fetching;
    }
    return cost;
}
