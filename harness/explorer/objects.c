/*
 * objects.c - what the explorer knows of a lock, an atomic, ...: a hash table
 * by address. An entry of an earlier schedule is a free place.
 */
#include <string.h>

#include "explorer.h"

enum { BURIED = 0xdb };

static struct object *table;
static unsigned used;
static uint32_t used_in; /* schedule */

static struct object *place_of(uint64_t address)
{
    unsigned i = (unsigned)mix(address, 11) % OBJECTS;

    if (table == NULL)
        table = own_memory(OBJECTS * sizeof *table);
    while (table[i].schedule == world->schedule && table[i].address != address)
        i = (i + 1) % OBJECTS;
    return &table[i];
}

void objects_forget(void)
{
    if (table != NULL)
        memset(table, 0, OBJECTS * sizeof *table);
}

struct object *object_robust_of(const struct thread *owner)
{
    for (unsigned i = 0; table != NULL && i < OBJECTS; i++)
        if (table[i].schedule == world->schedule && table[i].robust &&
            table[i].owner == owner)
            return &table[i];
    return NULL;
}

/* What order others have given it stays: it is the same place in memory. */
static void made_anew(struct object *object, enum object_kind kind)
{
    object->kind = kind;
    object->owner = NULL;
    object->count = object->size = object->waiting = 0;
    object->dead = object->robust = false;
    object->health = HEALTHY;
}

void object_bury(struct object *object, void *memory, size_t size)
{
    object->dead = true;
    memset(memory, BURIED, size);
}

bool object_buried(struct object *object, const void *memory, size_t size)
{
    const unsigned char *bytes = memory;

    for (size_t i = 0; object->dead && i < size; i++)
        if (bytes[i] != BURIED)
            made_anew(object, object->kind);
    return object->dead;
}

struct object *object_at(const volatile void *address, enum object_kind kind)
{
    struct object *object = place_of(ADDRESS(address));

    if (object->schedule == world->schedule) {
        /* A plain access to a lock's bytes leaves the lock what it is. */
        if (object->kind != kind && kind != OBJECT_MEMORY)
            made_anew(object, kind);
        return object;
    }
    if (used_in != world->schedule)
        used = 0;
    used_in = world->schedule;
    if (++used > OBJECTS / 2)
        fail(FAULT_UNCONTROLLED, 0, 0, "more than %d locks and atomics",
             OBJECTS / 2);
    memset(object, 0, offsetof(struct object, clocks));
    object->address = ADDRESS(address);
    object->schedule = world->schedule;
    object->kind = kind;
    object->history = mix(object->address, 13);
    return object;
}
