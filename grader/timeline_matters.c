/*
 * timeline_matters.c - which steps of a schedule are told, and where what
 * somebody waits for was taken.
 *
 * An access matters when its memory is written by one thread and used by
 * another; a step, when another thread uses its lock, condition, ... too, and
 * some always or never; a switch, when it is a preemption. What main does
 * before there are other threads made no difference.
 */
#include <talloc.h>

#include "timeline_parts.h"

/* Who has used a byte, and who has written it: bit sets. */
struct use {
    uint64_t address, used, written;
};

enum { USES = 1 << 16 };

static struct use *use_of(struct use *uses, uint64_t address)
{
    size_t i = (size_t)(address * 0x9e3779b97f4a7c15 >> 48) % USES;

    for (size_t tries = 0; tries < USES; tries++, i = (i + 1) % USES)
        if (uses[i].address == address || uses[i].address == 0)
            return &uses[i];
    return &uses[i]; /* full: some steps more are shown */
}

/* What main writes before there are other threads does not count. */
static void note_uses(const struct timeline *timeline, struct use *uses)
{
    bool prelude = true;

    for (size_t i = 0; i < timeline->count; i++) {
        const struct event *event = &timeline->events[i];

        prelude = prelude && !is_op(event, "create");
        if (prelude)
            continue;
        for (size_t k = 0; is_access(event) && k < event->size && k < 64; k++) {
            struct use *use = use_of(uses, event->address + k);

            use->address = event->address + k;
            use->used |= 1ull << (event->thread & 63);
            if (event->kind == EVENT_WRITE)
                use->written |= 1ull << (event->thread & 63);
        }
    }
}

/* Is the memory written by one thread and used by another? */
static bool is_shared(struct use *uses, const struct event *event)
{
    for (size_t k = 0; k < event->size && k < 64; k++) {
        const struct use *use = use_of(uses, event->address + k);

        if (use->written != 0 && (use->used & (use->used - 1)) != 0)
            return true;
    }
    return false;
}

/* Is the lock, the semaphore, ... used by two threads? */
static bool is_common(const struct timeline *timeline,
                      const struct event *event)
{
    for (size_t i = 0; i < timeline->count; i++) {
        const struct event *one = &timeline->events[i];

        if (one->kind == EVENT_STEP && one->address == event->address &&
            one->thread != event->thread)
            return true;
    }
    for (size_t i = 0; i < timeline->standing_count; i++)
        if (timeline->standing[i].address == event->address)
            return true;
    return false;
}

static bool is_one_of(const struct event *event, const char *const *ops)
{
    for (; *ops != NULL; ops++)
        if (is_op(event, *ops))
            return true;
    return false;
}

static bool step_matters(const struct timeline *timeline,
                         const struct event *event)
{
    static const char *const never[] = {"end", "join", "clock", "yield", NULL};
    static const char *const always[] = {"create", "free", "sleep", "exit",
                                         NULL};

    if (is_one_of(event, never))
        return false;
    return is_one_of(event, always) || event->address == 0 ||
           strncmp(event->op, "file", 4) == 0 || is_common(timeline, event);
}

void timeline_find_what_matters(struct timeline *timeline)
{
    struct use *uses = talloc_zero_array(timeline, struct use, USES);
    bool prelude = true;
    int others = 0; /* threads beside main */

    note_uses(timeline, uses);
    for (size_t i = 0; i < timeline->count; i++) {
        struct event *event = &timeline->events[i];

        prelude = prelude && !is_op(event, "create");
        others += is_op(event, "create") - is_op(event, "end");
        if (is_access(event))
            event->matters =
                !prelude && !event->place.kit && is_shared(uses, event);
        else if (event->kind == EVENT_STEP)
            event->matters = others > 0 && step_matters(timeline, event);
        else
            event->matters = event->kind == EVENT_NOTE || event->preempts;
    }
    talloc_free(uses);
}

/* The owner's last step at that address is the one that took it. */
void timeline_find_where_taken(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->standing_count; i++) {
        struct standing *standing = &timeline->standing[i];

        for (size_t k = timeline->count; k-- > 0 && standing->owner >= 0;) {
            const struct event *event = &timeline->events[k];

            if (event->kind == EVENT_STEP && event->thread == standing->owner &&
                event->address == standing->address) {
                standing->taken = event->place;
                break;
            }
        }
    }
}
