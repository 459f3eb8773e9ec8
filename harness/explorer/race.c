/*
 * race.c - data races by happens-before, exact to the byte.
 *
 * Each thread has a vector clock; each lock, atomic and so on has one that
 * hands over what its last owners had seen. For each byte of the program's
 * memory a cell keeps who wrote and who read it last, and where in the code.
 * Two accesses race when one of them writes, not both are atomic, and the
 * later thread's clock does not cover the earlier access (Flanagan and
 * Freund, FastTrack, 2009). Several readers that do not know of each other
 * are kept in a list of all.
 *
 * Stamps come from one counter for all threads and all schedules: nothing
 * has to be cleared between schedules, an old stamp is smaller than the first
 * of this one. Only when the counter is used up the cells are thrown away.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "clock.h"
#include "explorer.h"
#include "places.h"
#include "trace.h"

enum {
    STAMP_BITS = 24,
    STAMP_MASK = (1 << STAMP_BITS) - 1,
    SHARED = 255, /* in place of a thread: read_pc is a list's index */
    LISTS = 1 << 14,
    ATOMIC = 1u << 31, /* in a pc; programs lie far below */
    FREED = 1u << 30
};

/* thread << 24 | stamp; and the place in the code */
struct cell {
    uint32_t write, read, write_pc, read_pc;
};

struct readers {
    struct cell *cell; /* whose they are */
    uint32_t made;     /* stamp */
    uint32_t stamp[THREADS], pc[THREADS];
};

static struct readers *readers;
static unsigned readers_used;

bool racy_grew;

/* ---- clocks ------------------------------------------------------------- */

void clocks_join(struct clocks *to, const struct clocks *from)
{
    for (int i = 0; i < world->thread_count; i++)
        if (to->at[i] < from->at[i])
            to->at[i] = from->at[i];
}

static void tick(void)
{
    struct thread *self = world->self;

    self->clocks.at[self->number] = ++world->stamp;
}

/* Those of threads that are not there yet may stay: they are old. */
void clocks_copy(struct clocks *to, const struct clocks *from)
{
    for (int i = 0; i < world->thread_count; i++)
        to->at[i] = from->at[i];
}

void acquire_from(const struct clocks *clocks)
{
    clocks_join(&world->self->clocks, clocks);
}

void acquire(struct object *object)
{
    if (object->has_clocks)
        clocks_join(&world->self->clocks, &object->clocks);
}

void release_to(struct clocks *clocks)
{
    clocks_join(clocks, &world->self->clocks);
    tick();
}

void release(struct object *object)
{
    if (!object->has_clocks) {
        object->has_clocks = true;
        clocks_copy(&object->clocks, &world->self->clocks);
        tick();
        return;
    }
    release_to(&object->clocks);
}

void race_thread(struct thread *parent, struct thread *child)
{
    if (parent != NULL) {
        clocks_copy(&child->clocks, &parent->clocks);
        tick();
    }
    child->clocks.at[child->number] = ++world->stamp;
}

void race_init(void)
{
    readers = own_memory(LISTS * sizeof *readers);
}

void race_begin(void)
{
    if (world->stamp > STAMP_MASK / 2) {
        memory_forget_cells();
        objects_forget();
        memset(world->threads, 0, sizeof world->threads);
        world->stamp = 0;
    }
    world->first_stamp = world->stamp + 1;
    readers_used = 0;
}

/* ---- cells -------------------------------------------------------------- */

static uint32_t stamp_of(uint32_t epoch)
{
    return epoch & STAMP_MASK;
}

/* Is there an access of this schedule that the calling thread has not seen? */
static bool unseen(uint32_t epoch)
{
    const struct thread *self = world->self;
    unsigned thread = epoch >> STAMP_BITS;

    return stamp_of(epoch) >= world->first_stamp &&
           stamp_of(epoch) > self->clocks.at[thread];
}

struct now {
    uint32_t epoch, pc;
    bool writes, atomic, frees, lock;
};

static void note_pair(uint64_t before, uint64_t here, bool freed, bool wrote,
                      const struct now *now)
{
    char first = freed ? 'f' : wrote ? 'w' : 'r';
    char then = now->frees ? 'f' : now->writes ? 'w' : 'r';

    places_add_pair(&(struct racing_pair){{before, here}, {first, then}});
}

static void found(uint64_t address, uint32_t epoch, uint32_t pc, bool wrote,
                  const struct now *now)
{
    uint64_t before = pc & ~(ATOMIC | FREED);
    uint64_t here = now->pc & ~ATOMIC;
    bool new_place;

    if (unseen(epoch) && (pc & FREED || now->frees))
        note_pair(before, here, pc & FREED, wrote, now);
    if (pc & FREED && wrote)
        fail(FAULT_USE_AFTER_FREE, here, address, "%u 0x%llx",
             epoch >> STAMP_BITS, (unsigned long long)before);
    if (now->frees)
        fail(FAULT_USE_AFTER_FREE, before, address, "%u 0x%llx",
             (unsigned)world->self->number, (unsigned long long)here);
    if (now->lock)
        fail(FAULT_MISUSE, here, address,
             "made or destroyed while T%u uses it 0x%llx", epoch >> STAMP_BITS,
             (unsigned long long)before);
    if (settings.races)
        fail(FAULT_RACE, here, address, "%s %u %s 0x%llx",
             now->writes ? "write" : "read", epoch >> STAMP_BITS,
             wrote ? "write" : "read", (unsigned long long)before);
    new_place = places_add(before);
    new_place |= places_add(here);
    if (new_place)
        note_pair(before, here, false, wrote, now);
    racy_grew |= new_place;
}

static void check_write(uint64_t address, const struct cell *cell,
                        const struct now *now)
{
    if (stamp_of(cell->write) < world->first_stamp)
        return;
    if (cell->write_pc & FREED)
        found(address, cell->write, cell->write_pc, true, now);
    if (unseen(cell->write) && !(now->atomic && cell->write_pc & ATOMIC))
        found(address, cell->write, cell->write_pc, true, now);
}

static void check_readers(uint64_t address, const struct cell *cell,
                          const struct now *now)
{
    const struct readers *list;

    if (cell->read >> STAMP_BITS != SHARED) {
        if (unseen(cell->read) && !(now->atomic && cell->read_pc & ATOMIC))
            found(address, cell->read, cell->read_pc, false, now);
        return;
    }
    list = &readers[cell->read_pc];
    for (int i = 0; i < world->thread_count; i++) {
        uint32_t epoch = (uint32_t)i << STAMP_BITS | list->stamp[i];

        if (unseen(epoch) && !(now->atomic && list->pc[i] & ATOMIC))
            found(address, epoch, list->pc[i], false, now);
    }
}

/* The list of this cell, if it is one of this schedule. */
static struct readers *list_of(const struct cell *cell)
{
    if (cell->read >> STAMP_BITS != SHARED ||
        stamp_of(cell->read) < world->first_stamp)
        return NULL;
    return &readers[cell->read_pc];
}

static void note_reader(struct cell *cell, const struct now *now)
{
    struct readers *list = list_of(cell);
    uint32_t thread = cell->read >> STAMP_BITS;

    if (list == NULL && unseen(cell->read) && readers_used < LISTS) {
        list = &readers[readers_used];
        memset(list, 0, sizeof *list);
        list->stamp[thread] = stamp_of(cell->read);
        list->pc[thread] = cell->read_pc;
        cell->read = (uint32_t)SHARED << STAMP_BITS | world->stamp;
        cell->read_pc = readers_used++;
    }
    if (list == NULL) {
        cell->read = now->epoch;
        cell->read_pc = now->pc;
        return;
    }
    thread = now->epoch >> STAMP_BITS;
    list->stamp[thread] = stamp_of(now->epoch);
    list->pc[thread] = now->pc;
}

void race_access(uint64_t address, size_t size, unsigned access, uint64_t pc)
{
    struct thread *self = world->self;
    struct now now = {(uint32_t)self->number << STAMP_BITS |
                          self->clocks.at[self->number],
                      (uint32_t)pc | (access & ACCESS_ATOMIC ? ATOMIC : 0),
                      (access & ACCESS_WRITE) != 0,
                      (access & ACCESS_ATOMIC) != 0,
                      access == ACCESS_FREE,
                      (access & ACCESS_LOCK) != 0};
    struct cell *cell, *end;

    if (settings.clock) {
        self->clock += lines_cost(address, size, now.writes, pc);
        return;
    }
    cell = cell_of(address);
    end = cell + size;

    if (cell == NULL && !is_ours(address, size))
        return;
    if (cell == NULL || cell_of(address + size - 1) != end - 1)
        fail(FAULT_WILD_ACCESS, pc, address, "%s",
             now.writes ? "write" : "read");
    if (!settings.detect)
        return;
    for (; cell < end; cell++, address++) {
        if (now.writes) {
            if (cell->write == now.epoch && cell->write_pc == now.pc)
                continue;
            check_write(address, cell, &now);
            if (stamp_of(cell->read) >= world->first_stamp)
                check_readers(address, cell, &now);
            *cell = (struct cell){now.epoch, 0, now.pc, 0};
        } else {
            if (cell->read == now.epoch && cell->read_pc == now.pc)
                continue;
            check_write(address, cell, &now);
            note_reader(cell, &now);
        }
    }
}

void race_freed(uint64_t address, size_t size, uint64_t pc)
{
    struct thread *self = world->self;
    struct cell *cell = cell_of(address);

    race_access(address, size, ACCESS_FREE, pc);
    if (settings.clock)
        return;
    for (size_t i = 0; i < size; i++)
        cell[i] = (struct cell){(uint32_t)self->number << STAMP_BITS |
                                    self->clocks.at[self->number],
                                0, (uint32_t)pc | FREED, 0};
}
