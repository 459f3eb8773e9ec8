/*
 * strategy_search.c - every schedule with no preemption, then every one with
 * one, then with two (Musuvathi and Qadeer, Iterative context bounding, 2007):
 * so the first failure that is found has the fewest.
 *
 * Within a bound the search goes in depth: the last choice that has an
 * untried option without cost takes it. An option that costs is put away, as
 * the list of turns that leads there, and is begun from when the bound is
 * raised. So no schedule is run twice.
 *
 * The reduction: a state that was seen before, with the same thread running,
 * was reached then with as few surprises or fewer, as the bounds rise; all
 * that follows from it has been seen or put away, within this bound and
 * within the next. So it is left at once. This holds under a bound, which
 * partial-order reduction by backtracking does not (Coons, Musuvathi,
 * McKinley, Bounded partial-order reduction, 2013).
 */
#include <string.h>

#include "explorer.h"
#include "strategy.h"

enum {
    FRAMES = 1 << 16,
    LEVELS = 64,
    SEEN_FIRST = 1 << 12,
    SEEN_MAX = 1 << 24
};

/* A point with more than one option, in the schedule under way. */
struct frame {
    uint64_t step;
    uint8_t count, chosen;
    uint64_t free; /* bit set: options without cost that are not yet tried */
};

/* Where a later search begins: the turns that lead there. */
struct item {
    struct item *next;
    unsigned count;
    struct turn turns[];
};

static struct frame *frames;
static unsigned depth, known; /* in use; and of them to be gone through */
static struct item *start;    /* of the search under way */
static unsigned start_at;     /* its turns that were taken */
static struct item *levels[LEVELS], *ends[LEVELS];
static unsigned level;
static bool begun, overflow;
static bool kept_back; /* options that cost more than the bound allows */

/* ---- memory, which is never given back one by one ----------------------- */

static char *pool;
static size_t pool_left;

static struct item *item_new(unsigned count)
{
    size_t size = sizeof(struct item) + count * sizeof(struct turn);
    struct item *item;

    if (size > pool_left) {
        pool_left = 1 << 20;
        pool = own_memory(pool_left);
    }
    item = (struct item *)pool;
    pool += size;
    pool_left -= size;
    item->next = NULL;
    item->count = count;
    return item;
}

/* ---- states that were seen ---------------------------------------------- */

static uint64_t *seen;
static size_t seen_room, seen_count;

static void seen_put(uint64_t *table, size_t room, uint64_t key)
{
    size_t i = key & (room - 1);

    while (table[i] != 0)
        i = (i + 1) & (room - 1);
    table[i] = key;
}

static void seen_grow(void)
{
    size_t room = seen_room == 0 ? SEEN_FIRST : 4 * seen_room;
    uint64_t *table = own_memory(room * sizeof *table);

    for (size_t i = 0; i < seen_room; i++)
        if (seen[i] != 0)
            seen_put(table, room, seen[i]);
    seen = table;
    seen_room = room;
}

/* true when the state was seen before; notes it. */
static bool was_seen(uint64_t key)
{
    size_t i;

    key |= 1;
    if (seen_count * 2 >= seen_room) {
        if (seen_room >= SEEN_MAX)
            return false; /* no more is noted: more is run than need be */
        seen_grow();
    }
    for (i = key & (seen_room - 1); seen[i] != 0; i = (i + 1) & (seen_room - 1))
        if (seen[i] == key)
            return true;
    seen[i] = key;
    seen_count++;
    return false;
}

/* ---- the search --------------------------------------------------------- */

static void put_away(unsigned at_level, uint64_t step, unsigned choice)
{
    struct item *item;

    if (at_level >= LEVELS) {
        overflow = true;
        return;
    }
    item = item_new(turns->count + 1);
    memcpy(item->turns, turns->list, turns->count * sizeof(struct turn));
    item->turns[turns->count] = (struct turn){step, choice};
    if (levels[at_level] == NULL)
        levels[at_level] = item;
    else
        ends[at_level]->next = item;
    ends[at_level] = item;
}

static bool backtrack(void)
{
    while (depth > 0) {
        struct frame *frame = &frames[depth - 1];

        if (frame->free != 0) {
            frame->chosen = (uint8_t)__builtin_ctzll(frame->free);
            frame->free &= frame->free - 1;
            known = depth;
            depth = 0;
            return true;
        }
        depth--;
    }
    return false;
}

static bool begin(void)
{
    if (frames == NULL)
        frames = own_memory(FRAMES * sizeof *frames);
    start_at = 0;
    if (!begun) {
        begun = true;
        return true;
    }
    if (backtrack())
        return true;
    known = depth = 0;
    while (levels[level] == NULL) {
        if (level + 1 == LEVELS ||
            (settings.bound >= 0 && level >= (unsigned)settings.bound))
            return false;
        level++;
    }
    start = levels[level];
    levels[level] = start->next;
    return true;
}

/* A point that this search sees for the first time. */
static unsigned first_time(const struct option *options, unsigned count)
{
    struct frame *frame = &frames[depth];

    if (settings.reduce && was_seen(mix(schedule_key(), count)))
        return PRUNE;
    if (depth == FRAMES) {
        overflow = true;
        return 0;
    }
    *frame = (struct frame){world->steps, (uint8_t)count, 0, 0};
    for (unsigned i = 1; i < count && i < 64; i++) {
        if (options[i].cost == 0 || settings.bound < 0)
            frame->free |= 1ull << i;
        else if (level < (unsigned)settings.bound)
            put_away(level + 1, world->steps, i);
        else
            kept_back = true;
    }
    depth++;
    return 0;
}

static unsigned next_choice(const struct option *options, unsigned count)
{
    if (start != NULL && start_at < start->count) {
        const struct turn *turn = &start->turns[start_at];

        if (world->steps < turn->step)
            return 0;
        if (world->steps > turn->step || turn->choice >= count)
            fail(FAULT_UNCONTROLLED, 0, 0, "the same choices, another run");
        start_at++;
        return turn->choice;
    }
    if (depth < known) {
        const struct frame *frame = &frames[depth];

        if (frame->step != world->steps || frame->count != (uint8_t)count)
            fail(FAULT_UNCONTROLLED, 0, 0, "the same choices, another run");
        return frames[depth++].chosen;
    }
    return first_time(options, count);
}

static void end(void)
{
}

/* More places in the code have turned out to matter: all over again. */
void search_restart(void)
{
    memset(levels, 0, sizeof levels);
    start = NULL;
    depth = known = level = 0;
    begun = overflow = kept_back = false;
    if (seen != NULL)
        memset(seen, 0, seen_room * sizeof *seen);
    seen_count = 0;
}

unsigned search_level(void)
{
    return level;
}

/* Is there anything that the bound has kept back? */
bool search_whole(void)
{
    for (unsigned i = 0; i < LEVELS; i++)
        if (levels[i] != NULL)
            return false;
    return !overflow && !kept_back;
}

const struct strategy strategy_search = {"search", begin, next_choice, end,
                                         NULL};
