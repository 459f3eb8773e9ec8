/*
 * places.c - see places.h. A small hash set; it only grows.
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
