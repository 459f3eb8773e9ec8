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

#include "hang.h"
#include "judging.h"
#include "read_parts.h"

static const char *name_of(struct judging *judging, const struct report *report,
                           size_t i)
{
    if (report->sides[i].thread)
        return report->sides[i].thread;
    return say(judging, "T%zu", i + 1);
}

static const char *what_of(struct judging *judging, const struct side *side)
{
    return side->what ? words_in_lines(judging, side->what) : "waits";
}

static const struct place *place_of(const struct side *side)
{
    const struct place *place = side_student(side);

    for (size_t i = 0; i < side->depth && !place; i++)
        if (side->stack[i].kit)
            place = &side->stack[i];
    return place;
}

/* true when it waits in a function of the tests, and not in the harness that
 * calls the C library for the student's file */
static bool in_the_tests(const struct place *innermost)
{
    return innermost->kit && innermost->function &&
           !(innermost->file && harness_path(innermost->file));
}

/* "(line 43)", or where the test waits in a function that this line calls. */
static const char *where(struct judging *judging, const struct side *side)
{
    const struct place *place = place_of(side);

    if (!place)
        return "";
    if (place->student && place != side->stack && in_the_tests(side->stack))
        return say(judging, " (in the test's `%s`, called from %s)",
                   side->stack[0].function, words_place(judging, place));
    return say(judging, " (%s)", words_place(judging, place));
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
                words_in_lines(judging, report->sides[i].locks));
    for (size_t i = 0; i < report->count; i++) {
        const struct side *side = &report->sides[i];
        text = talloc_asprintf_append(
            text, "\n%u. %s %s%s", ++step, name_of(judging, report, i),
            what_of(judging, side), where(judging, side));
    }
    if (report->kind == BUG_ASLEEP)
        return text;
    return talloc_asprintf_append(
        text, "\n%u. nobody is left who could wake one of them", ++step);
}

/* true when some thread waits in such a way, in the words of hang.c */
static bool waits(const struct report *report, const char *words)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->sides[i].what && strstr(report->sides[i].what, words))
            return true;
    return false;
}

enum shape { ASLEEP, KEPT, OWN, DATA, READY, NONE_HELD, ONE_HELD, CIRCLE };

static const struct {
    const char *message, *idea, *help;
} shapes[] = {
    [ASLEEP] = {"The program was still asleep when its time was up.",
                "A wait that ends by the clock is slow, or late, or both: wait "
                "for what is to happen.",
                "The tests need no waiting by the clock: look for a sleep, for "
                "a timed wait in a loop, and for a time-out that is longer "
                "than it was meant."},
    [KEPT] = {"A thread has ended and kept a lock: those who wait for it wait "
              "for ever.",
              "Whoever takes a lock lets it go on every path out of the "
              "function, also on those of errors.",
              "Follow each path out of the function that takes the lock, "
              "`return` by `return`: is the lock let go on every one?"},
    [OWN] = {"Deadlock: a thread asks for a lock that it holds already, and "
             "waits for itself.",
             "A plain mutex cannot be locked twice by the same thread: the "
             "second time it waits until the lock is free, and that will "
             "never be.",
             "Was the lock let go on every path since it was taken? Does a "
             "function that holds it call another one that takes it too? Then "
             "split off the part that expects the lock to be held."},
    [DATA] = {"Nothing moves any more: everyone waits for something that "
              "somebody else has to send, and nobody sends it.",
              "A reader is told of the end only when every copy of the writing "
              "end is closed, in every process: fork() copies them all. And a "
              "pipe holds 64 KB: who writes more waits until somebody reads.",
              "For each wait above: who has the other end, and what does that "
              "one wait for? Close in each process the ends that it does not "
              "use, and read results while you still write items."},
    [READY] = {"Nothing moves any more: somebody waits for a descriptor to "
               "become ready, and none ever will.",
               "poll() and epoll_wait() tell of the descriptors that were "
               "handed to them, and of nothing else. Whoever has news for one "
               "who sleeps there must make a descriptor ready, by a write to "
               "a pipe or an eventfd. And when nothing is left to wait for, "
               "one does not wait.",
               "Which descriptor should have become ready, and who should "
               "have seen to that? Is it among those that are waited for? Is "
               "there a time-out for what is due by the clock?"},
    [NONE_HELD] = {"Nothing moves any more: every thread sleeps, and nobody is "
                   "left to wake one.",
                   "A thread that sleeps needs another that wakes it later. A "
                   "wakeup that comes before the sleep is lost: so look, under "
                   "the lock, whether there is anything to wait for.",
                   "For each wait above: who changes what it waits for, and "
                   "who wakes it after that? Is one sleeper woken where all "
                   "must be? Is the question asked under the lock, in a "
                   "`while`?"},
    [ONE_HELD] = {"Deadlock: a thread sleeps and holds a lock, and nothing can "
                  "move any more.",
                  "Nobody may sleep with a lock in hand that the one who must "
                  "wake him needs.",
                  "Let the lock go before you wait for what others do: a join, "
                  "a semaphore, another lock. Only pthread_cond_wait() lets "
                  "its own lock go while it sleeps."},
    [CIRCLE] = {"Deadlock: threads hold locks and wait for each other, and "
                "nothing can move any more.",
                "Four things make a deadlock: locks that exclude, holding one "
                "while waiting for another, no way to take one away, and a "
                "circle. Break any one of them; one order for all locks breaks "
                "the circle.",
                "Ask of each thread: what does it hold, and who can still give "
                "it what it waits for? Where two locks are needed, let all "
                "threads take them in one order."},
};

static enum shape shape_of(const struct report *report)
{
    size_t holding = holders(report);

    if (report->kind == BUG_ASLEEP)
        return ASLEEP;
    if (waits(report, HANG_KEPT))
        return KEPT;
    if (waits(report, HANG_OWN))
        return OWN;
    if (holding == 0 && (waits(report, HANG_DATA) || waits(report, HANG_ROOM) ||
                         waits(report, HANG_CHILD)))
        return DATA;
    if (holding == 0 && waits(report, HANG_READY))
        return READY;
    if (holding < 2)
        return holding == 0 ? NONE_HELD : ONE_HELD;
    return CIRCLE;
}

static void explain(struct finding *finding, const struct report *report)
{
    enum shape shape = shape_of(report);

    finding->message = shapes[shape].message;
    finding->idea = shapes[shape].idea;
    finding->help = shapes[shape].help;
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
