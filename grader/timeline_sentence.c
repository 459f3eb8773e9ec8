/*
 * timeline_sentence.c - what went wrong in a schedule, in one or two sentences:
 * the fault itself and, where the events show it (timeline_cause.c), how it
 * came to it. Of a deadlock the cycle of owners is told, or the wakeup that
 * was lost.
 */
#include <string.h>
#include <talloc.h>

#include "timeline_parts.h"

/* ---- deadlocks ---------------------------------------------------------- */

static const struct standing *standing_of(const struct timeline *timeline,
                                          int thread)
{
    for (size_t i = 0; i < timeline->standing_count; i++)
        if (timeline->standing[i].thread == thread)
            return &timeline->standing[i];
    return NULL;
}

/* Do the owners lead back to where they began? Then `text` is the cycle. */
static const char *cycle_from(struct timeline *timeline,
                              const struct standing *first)
{
    const struct standing *at = first;
    char *text = talloc_strdup(timeline, "");

    for (size_t i = 0; i <= timeline->standing_count; i++) {
        text =
            talloc_asprintf_append(text, "%s%s", i > 0 ? "; " : "", at->text);
        if (at->owner == first->thread)
            return text;
        at = at->owner >= 0 ? standing_of(timeline, at->owner) : NULL;
        if (at == NULL)
            return NULL;
    }
    return NULL;
}

static const struct event *last_signal(const struct timeline *timeline,
                                       uint64_t condition)
{
    for (size_t i = timeline->count; i-- > 0;) {
        const struct event *event = &timeline->events[i];

        if (event->kind == EVENT_STEP && event->address == condition &&
            (is_op(event, "signal") || is_op(event, "broadcast")))
            return event;
    }
    return NULL;
}

/* Was this thread, which waits again, woken by that signal? */
static bool woken_by(const struct timeline *timeline,
                     const struct standing *standing,
                     const struct event *signal)
{
    for (const struct event *one = signal + 1;
         one < timeline->events + timeline->count; one++)
        if (one->thread == standing->thread && is_op(one, "wake"))
            return true;
    return false;
}

static const char *lost_wakeup(struct timeline *timeline,
                               const struct standing *standing)
{
    const struct event *signal = last_signal(timeline, standing->address);
    const char *who = timeline_thread(timeline, standing->thread);
    const char *object = or_it(standing->object, "the condition");

    if (signal == NULL)
        return talloc_asprintf(
            timeline, "%s waits for %s%s, and nobody ever signals it.", who,
            object, in_line(timeline, &standing->place));
    if (strstr(signal->text, "nobody waits") != NULL)
        return talloc_asprintf(
            timeline,
            "The signal came when nobody waited: %s signals %s%s before %s "
            "waits for it%s, and no other signal comes.",
            timeline_thread(timeline, signal->thread), object,
            in_line(timeline, &signal->place), who,
            in_line(timeline, &standing->place));
    if (woken_by(timeline, standing, signal))
        return talloc_asprintf(
            timeline,
            "%s was woken by the last signal, by %s%s, and waits for %s "
            "again%s: nobody signals it any more.",
            who, timeline_thread(timeline, signal->thread),
            in_line(timeline, &signal->place), object,
            in_line(timeline, &standing->place));
    return talloc_asprintf(
        timeline,
        "%s still waits for %s%s; the last signal, by %s%s, woke another.", who,
        object, in_line(timeline, &standing->place),
        timeline_thread(timeline, signal->thread),
        in_line(timeline, &signal->place));
}

/* Of those that wait to be woken the one whose end main waits for; others may
 * only have nothing to do. */
static const struct standing *waiter_to_tell(const struct timeline *timeline)
{
    const struct standing *main = standing_of(timeline, 0), *any = NULL;

    for (size_t i = 0; i < timeline->standing_count; i++) {
        const struct standing *one = &timeline->standing[i];

        if (strcmp(one->op, "wake") != 0)
            continue;
        if (main != NULL && strcmp(main->op, "join") == 0 &&
            main->address == (uint64_t)one->thread + 1)
            return one;
        any = any != NULL ? any : one;
    }
    return any;
}

static const char *deadlock_sentence(struct timeline *timeline)
{
    const struct standing *waiter;

    for (size_t i = 0; i < timeline->standing_count; i++) {
        const char *cycle = cycle_from(timeline, &timeline->standing[i]);

        if (cycle != NULL)
            return talloc_asprintf(
                timeline, "Nobody can go on, as each waits for the other: %s.",
                cycle);
    }
    waiter = waiter_to_tell(timeline);
    if (waiter != NULL)
        return lost_wakeup(timeline, waiter);
    return "Nobody can go on: every thread waits for something that no "
           "thread will do any more.";
}

/* ---- all kinds ---------------------------------------------------------- */

static const char *race_sentence(struct timeline *timeline)
{
    bool writes = strncmp(timeline->fault_text, "write", 5) == 0;
    const char *other =
        strstr(timeline->fault_text + (writes ? 5 : 0), "write");

    return talloc_asprintf(
        timeline, "%s %s %s%s, and %s %s it%s: nothing says which comes first.",
        timeline_thread(timeline, timeline->other_thread),
        other != NULL ? "writes" : "reads",
        or_it(timeline->fault_object, "memory"),
        in_line(timeline, &timeline->other_place),
        timeline_thread(timeline, timeline->fault_thread),
        writes ? "writes" : "reads", in_line(timeline, &timeline->fault_place));
}

/* The explorer's text may end with where the other side is. */
static const char *misuse_sentence(struct timeline *timeline, const char *who,
                                   const char *at)
{
    const char *text = timeline->fault_text, *other = strstr(text, " 0x");

    return talloc_asprintf(
        timeline, "%s%s%s%s: %.*s%s.", who, at,
        timeline->fault_object != NULL ? ", " : "",
        or_it(timeline->fault_object, ""),
        other != NULL ? (int)(other - text) : (int)strlen(text), text,
        other != NULL ? in_line(timeline, &timeline->other_place) : "");
}

/* What happened at last, in a sentence that may have another before it. */
static const char *last_of_all(struct timeline *timeline)
{
    const char *who = timeline_thread(timeline, timeline->fault_thread);
    const char *at = in_line(timeline, &timeline->fault_place);

    switch (timeline->kind) {
    case FAULT_ASSERTION:
        return talloc_asprintf(timeline, "assert(%s) fails in %s%s.",
                               timeline->fault_text, who, at);
    case FAULT_ABORT:
        return talloc_asprintf(timeline, "%s calls abort()%s.", who, at);
    case FAULT_WILD_ACCESS:
        return talloc_asprintf(
            timeline, "%s %ss%s where no variable and no block of it is.", who,
            timeline->fault_text, at);
    case FAULT_STACK_OVERFLOW:
        return talloc_asprintf(timeline, "The stack of %s is full%s.", who, at);
    case FAULT_LOOP:
        return talloc_asprintf(timeline, "%s runs on without end%s: %s.", who,
                               at, timeline->fault_text);
    case FAULT_MISUSE:
        return misuse_sentence(timeline, who, at);
    default:
        return talloc_asprintf(timeline, "%s in %s%s.", timeline->fault_text,
                               who, at);
    }
}

static const char *freed_sentence(struct timeline *timeline)
{
    return talloc_asprintf(timeline, "%s frees %s%s, and %s uses it%s.",
                           timeline_thread(timeline, timeline->other_thread),
                           or_it(timeline->fault_object, "a block"),
                           in_line(timeline, &timeline->other_place),
                           timeline_thread(timeline, timeline->fault_thread),
                           in_line(timeline, &timeline->fault_place));
}

const char *timeline_sentence(struct timeline *timeline)
{
    const char *how, *what;

    switch (timeline->kind) {
    case NO_FAULT: /* nothing but a wrong result */
        return timeline_cause(timeline);
    case FAULT_DEADLOCK:
        return deadlock_sentence(timeline);
    case FAULT_RACE:
        return race_sentence(timeline);
    case FAULT_USE_AFTER_FREE:
        return freed_sentence(timeline);
    case FAULT_LIVELOCK:
        return "The threads go on and on, and none of them ever gets any "
               "further.";
    default:
        break;
    }
    what = last_of_all(timeline);
    how = timeline_cause(timeline);
    return how != NULL ? talloc_asprintf(timeline, "%s %s", how, what) : what;
}
