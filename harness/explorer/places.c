/*
 * places.c - see places.h. A small hash set, which only grows; and a bit for
 * each address of the program's code.
 */
#include "places.h"

#include "explorer.h"

enum { ROOM = 4096 };

static uint64_t set[ROOM];
static unsigned count;
bool places_any;

static unsigned slot_of(uint64_t pc)
{
    unsigned slot = (unsigned)mix(pc, 5) % ROOM;

    while (set[slot] != 0 && set[slot] != pc)
        slot = (slot + 1) % ROOM;
    return slot;
}

bool places_has(uint64_t pc)
{
    return set[slot_of(pc)] == pc;
}

bool places_add(uint64_t pc)
{
    unsigned slot = slot_of(pc);

    if (set[slot] == pc || count == ROOM / 2)
        return false;
    set[slot] = pc;
    count++;
    places_any = true;
    return true;
}

unsigned places_count(void)
{
    return count;
}

void places_each(void (*tell)(uint64_t pc))
{
    for (uint64_t last = 0, next;; last = next) {
        next = UINT64_MAX;
        for (unsigned i = 0; i < ROOM; i++)
            if (set[i] > last && set[i] < next)
                next = set[i];
        if (next == UINT64_MAX)
            return;
        tell(next);
    }
}

static struct racing_pair pairs[PLACES_PAIRS];
static unsigned pair_count;

void places_add_pair(const struct racing_pair *pair)
{
    for (unsigned i = 0; i < pair_count; i++)
        if (pairs[i].at[0] == pair->at[0] && pairs[i].at[1] == pair->at[1])
            return;
    if (pair_count < PLACES_PAIRS)
        pairs[pair_count++] = *pair;
}

const struct racing_pair *places_pair(unsigned number)
{
    return number < pair_count ? &pairs[number] : NULL;
}

extern char __executable_start[], etext[];
static uint8_t *visited;

void places_visited(uint64_t pc)
{
    uint64_t at = pc - ADDRESS(__executable_start);

    if (visited == NULL)
        visited = own_memory((size_t)(etext - __executable_start) / 8 + 1);
    if (pc < ADDRESS(etext))
        visited[at / 8] |= (uint8_t)(1u << at % 8);
}

void places_each_visited(void (*tell)(uint64_t pc))
{
    uint64_t size = (uint64_t)(etext - __executable_start);

    for (uint64_t at = 0; visited != NULL && at < size; at++)
        if (visited[at / 8] & 1u << at % 8)
            tell(ADDRESS(__executable_start) + at);
}
