/*
 * timeline_words.c - a schedule in words: each event in a few, and where each
 * thread stands that has not ended. What went wrong is told by
 * timeline_sentence.c.
 */
#include <string.h>
#include <talloc.h>

#include "timeline_parts.h"

const char *timeline_thread(void *ctx, int number)
{
    return number == 0 ? "main" : talloc_asprintf(ctx, "T%d", number);
}

/* ---- events ------------------------------------------------------------- */

/* What is said of a step whose object is known, and where it is not. */
static const struct {
    const char *op, *text, *otherwise;
} steps[] = {
    {"create", "starts %s", "starts a thread"},
    {"lock", "takes %s", "takes the lock"},
    {"trylock", "tries %s", "tries the lock"},
    {"unlock", "gives %s back", "gives the lock back"},
    {"wait", "waits for %s, without the mutex", "waits, without the mutex"},
    {"wake", "comes back from the wait for %s", "comes back from the wait"},
    {"signal", "signals %s", "signals"},
    {"broadcast", "wakes all who wait for %s", "wakes all who wait"},
    {"read-lock", "takes %s for reading", "takes the lock for reading"},
    {"write-lock", "takes %s for writing", "takes the lock for writing"},
    {"barrier", "comes to the barrier %s", "comes to the barrier"},
    {"sem-wait", "takes one of %s", "takes one of the semaphore"},
    {"sem-post", "posts %s", "posts the semaphore"},
    {"once", "asks %s", "asks whether it was done once"},
    {"free", "frees %s", "frees a block"},
    {"destroy", "destroys %s", "destroys it"},
    {"file", "uses %s", "uses a descriptor"},
    {"file-read", "reads from %s", "reads from a descriptor"},
    {"file-write", "writes to %s", "writes to a descriptor"},
    {"file-wait", "has waited for %s", "has waited for descriptors"},
    {"sleep", "has slept", "has slept"},
    {"exit", "ends the program", "ends the program"},
};

static const char *step_text(struct timeline *timeline,
                             const struct event *event)
{
    const char *object = event->object;

    if (is_op(event, "create") && event->other >= 0)
        object = timeline_thread(timeline, event->other);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (is_op(event, steps[i].op)) {
            const char *at = strstr(steps[i].text, "%s");

            if (object == NULL || at == NULL)
                return steps[i].otherwise;
            return talloc_asprintf(timeline, "%.*s%s%s",
                                   (int)(at - steps[i].text), steps[i].text,
                                   object, at + 2);
        }
    return event->op;
}

static const char *access_text(struct timeline *timeline,
                               const struct event *event)
{
    const char *object = or_it(event->object, "memory");

    if (event->kind == EVENT_READ)
        return talloc_asprintf(timeline, "reads %s: %s", object, event->after);
    if (is_op(event, "change") && strcmp(event->before, event->after) == 0)
        return talloc_asprintf(timeline, "%s stays %s", object, event->after);
    if (is_op(event, "change"))
        return talloc_asprintf(timeline, "%s: %s becomes %s, at one stroke",
                               object, event->before, event->after);
    return talloc_asprintf(timeline, "%s: %s becomes %s", object, event->before,
                           event->after);
}

/* How many wait for the condition when the event happens? */
static int waiting(const struct timeline *timeline, const struct event *event)
{
    int count = 0;

    for (const struct event *one = timeline->events; one < event; one++) {
        if (one->kind != EVENT_STEP || one->address != event->address)
            continue;
        count += is_op(one, "wait");
        count -= is_op(one, "wake");
    }
    return count;
}

static void tell_event(struct timeline *timeline, struct event *event)
{
    switch (event->kind) {
    case EVENT_STEP:
        event->text = step_text(timeline, event);
        if ((is_op(event, "signal") || is_op(event, "broadcast")) &&
            waiting(timeline, event) <= 0)
            event->text =
                talloc_asprintf(timeline, "%s: nobody waits", event->text);
        break;
    case EVENT_READ:
    case EVENT_WRITE:
        event->text = access_text(timeline, event);
        break;
    case EVENT_SWITCH:
        event->text = talloc_asprintf(timeline, "%s is interrupted, %s goes on",
                                      timeline_thread(timeline, event->thread),
                                      timeline_thread(timeline, event->other));
        break;
    case EVENT_NOTE:
        break;
    }
}

/* A loop that looks again and again is told once. */
static void fold(struct timeline *timeline)
{
    struct event *last[64] = {NULL};

    for (size_t i = 0; i < timeline->count; i++) {
        struct event *event = &timeline->events[i];
        struct event **before = &last[event->thread & 63];

        if (event->kind == EVENT_SWITCH || !event->matters)
            continue;
        if (*before != NULL && (*before)->text != NULL && event->text != NULL &&
            (*before)->place.line == event->place.line &&
            (*before)->kind == event->kind &&
            strcmp((*before)->text, event->text) == 0 &&
            event->kind == EVENT_READ) {
            (*before)->times++;
            event->matters = false;
            continue;
        }
        *before = event;
    }
}

/* ---- who stands where --------------------------------------------------- */

const char *in_line(struct timeline *timeline, const struct place *place)
{
    if (place->line == 0)
        return "";
    if (place->kit)
        return " (in the test)";
    return talloc_asprintf(timeline, " (line %d)", place->line);
}

static const char *wait_text(struct timeline *timeline,
                             const struct standing *standing)
{
    const char *object = or_it(standing->object, "it");
    const char *op = standing->op;

    if (strcmp(op, "lock") == 0)
        return talloc_asprintf(timeline, "waits for %s", object);
    if (strcmp(op, "read-lock") == 0 || strcmp(op, "write-lock") == 0)
        return talloc_asprintf(timeline, "waits for %s, for %s", object,
                               op[0] == 'r' ? "reading" : "writing");
    if (strcmp(op, "wake") == 0)
        return talloc_asprintf(timeline, "waits to be woken at %s", object);
    if (strcmp(op, "join") == 0)
        return talloc_asprintf(timeline, "waits for the end of %s", object);
    if (strcmp(op, "sem-wait") == 0)
        return talloc_asprintf(timeline, "waits for somebody to post %s",
                               object);
    if (strcmp(op, "file-read") == 0)
        return talloc_asprintf(timeline, "waits for something to read from %s",
                               object);
    if (strcmp(op, "file-write") == 0)
        return talloc_asprintf(timeline, "waits for room to write to %s",
                               object);
    if (strcmp(op, "file-wait") == 0)
        return standing->object != NULL
                   ? talloc_asprintf(timeline, "waits for %s", object)
                   : "waits for descriptors";
    if (strcmp(op, "once") == 0)
        return talloc_asprintf(timeline, "waits until %s is done", object);
    if (strcmp(op, "yield") == 0)
        return "looks again and again in a loop";
    return talloc_asprintf(timeline, "stands before: %s", op);
}

static void tell_standing(struct timeline *timeline, struct standing *standing)
{
    const char *who = timeline_thread(timeline, standing->thread);
    const char *text = wait_text(timeline, standing);

    standing->text = talloc_asprintf(timeline, "%s %s%s", who, text,
                                     in_line(timeline, &standing->place));
    if (standing->owner == standing->thread)
        standing->text = talloc_asprintf(timeline, "%s, which it has itself%s",
                                         standing->text,
                                         in_line(timeline, &standing->taken));
    else if (standing->owner >= 0)
        standing->text =
            talloc_asprintf(timeline, "%s, which %s has%s", standing->text,
                            timeline_thread(timeline, standing->owner),
                            in_line(timeline, &standing->taken));
}

/* "x: 1 becomes 2" says what was read just before, if nobody came between. */
static bool is_said_by(const struct event *read, const struct event *write)
{
    return read->kind == EVENT_READ && read->times <= 1 &&
           write->kind == EVENT_WRITE && read->thread == write->thread &&
           read->address == write->address && read->size == write->size &&
           read->place.line == write->place.line && read->after != NULL &&
           write->before != NULL && strcmp(read->after, write->before) == 0;
}

static void fold_reads_before_writes(struct timeline *timeline)
{
    struct event *last = NULL;

    for (size_t i = 0; i < timeline->count; i++) {
        struct event *event = &timeline->events[i];

        if (!event->matters)
            continue;
        if (last != NULL && is_said_by(last, event))
            last->matters = false;
        last = event;
    }
}

void timeline_tell(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++)
        tell_event(timeline, &timeline->events[i]);
    fold(timeline);
    fold_reads_before_writes(timeline);
    for (size_t i = 0; i < timeline->standing_count; i++)
        tell_standing(timeline, &timeline->standing[i]);
    timeline->sentence = timeline_sentence(timeline);
}
