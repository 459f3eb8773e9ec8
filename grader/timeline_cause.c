/*
 * timeline_cause.c - how it came to what went wrong: the patterns by which a
 * result becomes wrong, looked for in the events of one schedule.
 *
 *   no second look  after a wait the predicate is not read again
 *   lost update     a read, another's write, and a write of what was made of
 *                   the old value
 *   stale look      a read, a preemption, another's write, and no second read
 *
 * They are looked for in this order, and the first that fits is told.
 */
#include <string.h>
#include <talloc.h>

#include "timeline_parts.h"

static bool same_memory(const struct event *a, const struct event *b)
{
    return a->address < b->address + b->size &&
           b->address < a->address + a->size;
}

/* The last access of the thread to the memory of events[index] before it. */
static const struct event *own_before(const struct timeline *timeline,
                                      size_t index)
{
    const struct event *event = &timeline->events[index];

    while (index-- > 0) {
        const struct event *one = &timeline->events[index];

        if (is_access(one) && one->thread == event->thread &&
            same_memory(one, event))
            return one;
    }
    return NULL;
}

/* Another thread's change to that memory, between the two. */
static const struct event *change_between(const struct event *first,
                                          const struct event *last)
{
    for (const struct event *one = last - 1; one > first; one--)
        if (one->kind == EVENT_WRITE && one->thread != last->thread &&
            same_memory(one, last) && strcmp(one->before, one->after) != 0)
            return one;
    return NULL;
}

/* A thread has read, another has written, and the first writes what it made
 * of the old value. */
static const char *lost_update(struct timeline *timeline)
{
    for (size_t i = timeline->count; i-- > 0;) {
        const struct event *write = &timeline->events[i], *read, *between;

        if (write->kind != EVENT_WRITE || !write->matters ||
            is_op(write, "change"))
            continue;
        read = own_before(timeline, i);
        if (read == NULL || read->kind != EVENT_READ)
            continue;
        between = change_between(read, write);
        if (between == NULL)
            continue;
        timeline->wrong_step = write->step;
        return talloc_asprintf(
            timeline,
            "%s reads %s%s before %s has written it%s, and then writes "
            "it too%s, as if %s had not been there: its update is lost.",
            timeline_thread(timeline, read->thread),
            or_it(read->object, "the variable"),
            in_line(timeline, &read->place),
            timeline_thread(timeline, between->thread),
            in_line(timeline, &between->place),
            in_line(timeline, &write->place),
            timeline_thread(timeline, between->thread));
    }
    return NULL;
}

/* "x -= y" reads x, too, but nobody looks at what it was. */
static bool is_half_of_write(const struct event *read, const struct event *end)
{
    for (const struct event *one = read + 1; one < end; one++)
        if (one->thread == read->thread && is_access(one))
            return one->kind == EVENT_WRITE && same_memory(one, read) &&
                   one->place.line == read->place.line;
    return false;
}

/* Does the thread look at that memory once more, later? */
static bool looks_again(const struct event *from, const struct event *end,
                        const struct event *read)
{
    for (; from < end; from++)
        if (from->kind == EVENT_READ && from->thread == read->thread &&
            same_memory(from, read) && !is_half_of_write(from, end))
            return true;
    return false;
}

/* The next step of that thread, or 0. */
static uint64_t goes_on(const struct event *from, const struct event *end,
                        int thread)
{
    for (; from < end; from++)
        if (from->thread == thread && from->kind != EVENT_SWITCH &&
            from->kind != EVENT_NOTE)
            return from->step;
    return 0;
}

static const char *tell_stale_look(struct timeline *timeline,
                                   const struct event *read,
                                   const struct event *change)
{
    const char *who = timeline_thread(timeline, read->thread);

    timeline->wrong_step =
        goes_on(change, timeline->events + timeline->count, read->thread);
    return talloc_asprintf(
        timeline,
        "%s has seen that %s is %s%s, and is interrupted; %s changes it to "
        "%s%s; %s goes on as if it were still %s.",
        who, or_it(read->object, "the variable"), read->after,
        in_line(timeline, &read->place),
        timeline_thread(timeline, change->thread), change->after,
        in_line(timeline, &change->place), who, read->after);
}

/* The last preemption: what the thread had read, and another has changed. */
static const char *stale_look(struct timeline *timeline)
{
    for (size_t i = timeline->count; i-- > 0;) {
        const struct event *cut = &timeline->events[i];

        if (cut->kind != EVENT_SWITCH || !cut->preempts)
            continue;
        for (size_t k = i; k-- > 0;) {
            const struct event *read = &timeline->events[k];
            const struct event *end = timeline->events + timeline->count;

            if (read->kind != EVENT_READ || read->thread != cut->thread ||
                !read->matters)
                continue;
            for (const struct event *one = cut; one < end; one++)
                if (one->kind == EVENT_WRITE && one->thread != cut->thread &&
                    same_memory(one, read) &&
                    strcmp(read->after, one->after) != 0 &&
                    !looks_again(one, end, read))
                    return tell_stale_look(timeline, read, one);
        }
    }
    return NULL;
}

/* Before the wait: what the thread has looked at last. */
static const struct event *predicate_of(const struct timeline *timeline,
                                        const struct event *wake)
{
    const struct event *wait = NULL;

    for (const struct event *one = wake; one-- > timeline->events;) {
        if (one->thread != wake->thread)
            continue;
        if (is_op(one, "wait") && wait == NULL)
            wait = one;
        if (wait != NULL && one->kind == EVENT_READ)
            return one;
    }
    return NULL;
}

/* Has the thread looked at that memory in that line before this wait? Then it
 * has come round its loop, which begins with the first of several looks. */
static bool looked_at_before(const struct timeline *timeline,
                             const struct event *wake, const struct event *read)
{
    bool waits = false;

    for (const struct event *one = wake; one-- > timeline->events;) {
        if (one->thread != wake->thread)
            continue;
        if (waits && (is_op(one, "lock") || is_op(one, "wake")))
            return false;
        waits = waits || is_op(one, "wait");
        if (waits && one->kind == EVENT_READ && same_memory(one, read) &&
            one->place.line == read->place.line)
            return true;
    }
    return false;
}

/* `if` in place of `while`: who comes back from a wait does not look again at
 * what it has waited for. */
static const char *no_second_look(struct timeline *timeline)
{
    const struct event *end = timeline->events + timeline->count;

    for (const struct event *wake = end; wake-- > timeline->events;) {
        const struct event *predicate, *next;

        if (!is_op(wake, "wake"))
            continue;
        predicate = predicate_of(timeline, wake);
        for (next = wake + 1; next < end; next++)
            if (next->thread == wake->thread && is_access(next))
                break;
        if (predicate == NULL || next == end ||
            (next->kind == EVENT_READ &&
             (same_memory(next, predicate) ||
              looked_at_before(timeline, wake, next))))
            continue;
        timeline->wrong_step = next->step;
        return talloc_asprintf(
            timeline,
            "%s comes back from its wait%s and goes on without a second look "
            "at %s%s: what it has waited for need not be so.",
            timeline_thread(timeline, wake->thread),
            in_line(timeline, &wake->place),
            or_it(predicate->object, "what it waited for"),
            in_line(timeline, &predicate->place));
    }
    return NULL;
}

const char *timeline_cause(struct timeline *timeline)
{
    const char *why = no_second_look(timeline);

    if (why == NULL)
        why = lost_update(timeline);
    return why != NULL ? why : stale_look(timeline);
}
