/*
 * words_deadlock.c - a deadlock that happened, told: who holds which lock,
 * taken at which line, and who waits for what.
 *
 * Each side of the report is one thread that waits, or several that tell the
 * same story (hang.h): `what` says for what ("waits for lock B, which T2
 * holds"), `locks` what it holds ("holds lock A, taken at bank.c:12"), the
 * stack where it waits.
 */
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"

static const char *name_of(struct judging *judging, const struct report *report,
                           size_t i)
{
    if (report->sides[i].thread)
        return report->sides[i].thread;
    return say(judging, "T%zu", i + 1);
}

/* hang.c names places as they were compiled; "line 12" is enough here. */
static const char *in_lines(struct judging *judging, const char *text)
{
    const char *name = say(judging, "%s:", judging->exercise->source);
    char *out = talloc_strdup(judging->ctx, "");
    const char *at;

    while ((at = strstr(text, name))) {
        out = talloc_asprintf_append(out, "%.*sline ", (int)(at - text), text);
        text = at + strlen(name);
    }
    return talloc_strdup_append(out, text);
}

static const char *what_of(struct judging *judging, const struct side *side)
{
    return side->what ? in_lines(judging, side->what) : "waits";
}

static const struct place *place_of(const struct side *side)
{
    const struct place *place = side_student(side);

    for (size_t i = 0; i < side->depth && !place; i++)
        if (side->stack[i].kit)
            place = &side->stack[i];
    return place;
}

static size_t holders(const struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += report->sides[i].locks != NULL;
    return count;
}

static const char *story(struct judging *judging, const struct report *report)
{
    char *text = talloc_strdup(judging->ctx, "Where it stands:");
    unsigned step = 0;

    for (size_t i = 0; i < report->count; i++)
        if (report->sides[i].locks)
            text = talloc_asprintf_append(
                text, "\n%u. %s %s", ++step, name_of(judging, report, i),
                in_lines(judging, report->sides[i].locks));
    for (size_t i = 0; i < report->count; i++) {
        const struct side *side = &report->sides[i];
        const struct place *place = place_of(side);
        text = talloc_asprintf_append(text, "\n%u. %s %s", ++step,
                                      name_of(judging, report, i),
                                      what_of(judging, side));
        if (place)
            text = talloc_asprintf_append(text, " (%s)",
                                          words_place(judging, place));
    }
    if (report->kind == BUG_ASLEEP)
        return text;
    return talloc_asprintf_append(
        text, "\n%u. nobody is left who could wake one of them", ++step);
}

/* hang.c: "waits for lock A, which T4 never released" */
static bool never_released(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->sides[i].what &&
            strstr(report->sides[i].what, "never released"))
            return true;
    return false;
}

static void explain(struct finding *finding, const struct report *report)
{
    size_t holding = holders(report);

    if (report->kind == BUG_ASLEEP) {
        finding->message = "The program was still asleep when its time was "
                           "up.";
        finding->idea = "A wait that ends by the clock is slow, or late, or "
                        "both: wait for what is to happen.";
    } else if (never_released(report)) {
        finding->message = "A thread has ended and kept a lock: those who "
                           "wait for it wait for ever.";
        finding->idea = "Whoever takes a lock lets it go on every path out of "
                        "the function, also on those of errors.";
    } else if (holding == 0) {
        finding->message =
            "Nothing moves any more: every thread sleeps, and nobody is left "
            "to wake one.";
        finding->idea =
            "A thread that sleeps needs another that wakes it later. A "
            "wakeup that comes before the sleep is lost: so look, under the "
            "lock, whether there is anything to wait for.";
    } else if (holding == 1) {
        finding->message = "Deadlock: a thread sleeps and holds a lock, and "
                           "nothing can move any more.";
        finding->idea =
            "Nobody may sleep with a lock in hand that the one who must wake "
            "him needs; and a plain mutex cannot be locked twice by the same "
            "thread.";
    } else {
        finding->message =
            "Deadlock: threads hold locks and wait for each other, and "
            "nothing can move any more.";
        finding->idea =
            "Four things make a deadlock: locks that exclude, holding one "
            "while waiting for another, no way to take one away, and a "
            "circle. Break any one of them; one order for all locks breaks "
            "the circle.";
    }
}

/* hang.c says where a lock was taken in words: that is a place, too. */
static void locate_taken(struct judging *judging, struct finding *finding,
                         const char *text)
{
    const char *source = judging->exercise->source;

    while (text && (text = strstr(text, "taken at "))) {
        struct place place = {.file = source, .student = true};
        text += strlen("taken at ");
        if (strncmp(text, source, strlen(source)) != 0 ||
            sscanf(text + strlen(source), ":%d", &place.line) != 1)
            continue;
        if (!words_located(finding, &place))
            words_locate(judging, finding, &place, "takes the lock here");
    }
}

/* The student's own lines first, then those of the tests. */
static void locate_sides(struct judging *judging, struct finding *finding,
                         const struct report *report, bool student)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct side *side = &report->sides[i];
        if ((side_student(side) != NULL) == student)
            words_locate(judging, finding, place_of(side),
                         say(judging, "%s %s", name_of(judging, report, i),
                             what_of(judging, side)));
    }
}

void words_deadlock(struct judging *judging, struct trouble *trouble)
{
    const struct report *report = trouble->report;
    struct finding *finding = &trouble->finding;

    explain(finding, report);
    finding->story = story(judging, report);
    locate_sides(judging, finding, report, true);
    for (size_t i = 0; i < report->count; i++) {
        locate_taken(judging, finding, report->sides[i].locks);
        locate_taken(judging, finding, report->sides[i].what);
    }
    locate_sides(judging, finding, report, false);
}
