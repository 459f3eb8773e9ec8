/*
 * spin.c - a loop that waits for another thread: `while (!flag);`.
 *
 * A thread that reads the same value at the same place again and again, and
 * changes nothing meanwhile, waits for somebody to write there. It is then no
 * longer among those that are ready until something has changed: a search
 * would run it for ever (compare Musuvathi and Qadeer, Fair stateless model
 * checking, 2008). When all are in such loops the program never ends.
 */
#include "clock.h"
#include "explorer.h"

enum { TIMES = 6 };

void spin_progress(void)
{
    world->self->age = ++world->ages;
    world->changes++;
    world->idle = 0;
    if (settings.clock)
        clock_changed();
}

void spin_read(uint64_t address, uint64_t value, uint64_t pc)
{
    struct thread *self = world->self;
    uint64_t place = mix(address, pc);
    unsigned i = place % (sizeof self->seen / sizeof self->seen[0]);

    if (settings.clock)
        return;
    if (self->seen[i].place != place || self->seen[i].age != self->age ||
        self->seen[i].value != value) {
        self->seen[i].place = place;
        self->seen[i].value = value;
        self->seen[i].age = self->age;
        self->seen[i].times = 0;
        return;
    }
    if (++self->seen[i].times < TIMES)
        return;
    self->seen[i].times = 0;
    announce_yield(OP_YIELD, pc);
}
