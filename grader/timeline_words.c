/*
 * timeline_words.c - a schedule in words: each event in a few, and in one or
 * two sentences what went wrong.
 */
#include <string.h>
#include <talloc.h>

#include "timeline.h"

const char *timeline_thread(void *ctx, int number)
{
    return number == 0 ? "main" : talloc_asprintf(ctx, "T%d", number);
}

static const char *or_it(const char *name, const char *otherwise)
{
    return name != NULL ? name : otherwise;
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

static const char *in_line(struct timeline *timeline, const struct place *place)
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

/* ---- the sentence ------------------------------------------------------- */

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
        if (between != NULL)
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
                    return talloc_asprintf(
                        timeline,
                        "%s has seen that %s is %s%s, and is interrupted; %s "
                        "changes it to %s%s; %s goes on as if it were still "
                        "%s.",
                        timeline_thread(timeline, cut->thread),
                        or_it(read->object, "the variable"), read->after,
                        in_line(timeline, &read->place),
                        timeline_thread(timeline, one->thread), one->after,
                        in_line(timeline, &one->place),
                        timeline_thread(timeline, cut->thread), read->after);
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
            (next->kind == EVENT_READ && same_memory(next, predicate)))
            continue;
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

static const char *how_it_came(struct timeline *timeline)
{
    const char *why = no_second_look(timeline);

    if (why == NULL)
        why = lost_update(timeline);

    return why != NULL ? why : stale_look(timeline);
}

static const char *race_sentence(struct timeline *timeline)
{
    bool writes = strncmp(timeline->fault_text, "write", 5) == 0;
    const char *other = strstr(timeline->fault_text + 5, "write");

    return talloc_asprintf(
        timeline, "%s %s %s%s, and %s %s it%s: nothing says which comes first.",
        timeline_thread(timeline, timeline->other_thread),
        other != NULL ? "writes" : "reads",
        or_it(timeline->fault_object, "memory"),
        in_line(timeline, &timeline->other_place),
        timeline_thread(timeline, timeline->fault_thread),
        writes ? "writes" : "reads", in_line(timeline, &timeline->fault_place));
}

static const char *sentence(struct timeline *timeline)
{
    const char *who = timeline_thread(timeline, timeline->fault_thread);
    const char *at = in_line(timeline, &timeline->fault_place);
    const char *how, *what;

    switch (timeline->kind) {
    case NO_FAULT: /* nothing but a wrong result */
        return how_it_came(timeline);
    case FAULT_DEADLOCK:
        return deadlock_sentence(timeline);
    case FAULT_RACE:
        return race_sentence(timeline);
    case FAULT_USE_AFTER_FREE:
        return talloc_asprintf(
            timeline, "%s frees %s%s, and %s uses it%s.",
            timeline_thread(timeline, timeline->other_thread),
            or_it(timeline->fault_object, "a block"),
            in_line(timeline, &timeline->other_place), who, at);
    case FAULT_LIVELOCK:
        return "The threads go on and on, and none of them ever gets any "
               "further.";
    case FAULT_ASSERTION:
        what = talloc_asprintf(timeline, "assert(%s) fails in %s%s.",
                               timeline->fault_text, who, at);
        break;
    case FAULT_ABORT:
        what = talloc_asprintf(timeline, "%s calls abort()%s.", who, at);
        break;
    case FAULT_WILD_ACCESS:
        what = talloc_asprintf(
            timeline, "%s %ss%s where no variable and no block of it is.", who,
            timeline->fault_text, at);
        break;
    case FAULT_STACK_OVERFLOW:
        what = talloc_asprintf(timeline, "The stack of %s is full%s.", who, at);
        break;
    case FAULT_LOOP:
        what = talloc_asprintf(timeline, "%s runs on without end%s: %s.", who,
                               at, timeline->fault_text);
        break;
    case FAULT_MISUSE:
        what = talloc_asprintf(
            timeline, "%s%s%s: %s.", who, at,
            timeline->fault_object != NULL
                ? talloc_asprintf(timeline, ", %s", timeline->fault_object)
                : "",
            timeline->fault_text);
        break;
    default:
        what = talloc_asprintf(timeline, "%s in %s%s.", timeline->fault_text,
                               who, at);
        break;
    }
    how = how_it_came(timeline);
    return how != NULL ? talloc_asprintf(timeline, "%s %s", how, what) : what;
}

void timeline_tell(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->count; i++)
        tell_event(timeline, &timeline->events[i]);
    fold(timeline);
    for (size_t i = 0; i < timeline->standing_count; i++)
        tell_standing(timeline, &timeline->standing[i]);
    timeline->sentence = sentence(timeline);
}
