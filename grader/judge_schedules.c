/*
 * judge_schedules.c - right in every interleaving: each test runs through all
 * schedules with a few preemptions, and whatever one of them observed must be
 * what the contract says.
 *
 * The outcomes of "schedules/two" are "schedules/two@1", @2, ...; each comes
 * with the schedule that has the fewest preemptions. A pass says what was run.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"
#include "timeline.h"

/* What is said of a fault that the explorer has seen itself. */
static const struct {
    const char *fault, *message, *idea, *help;
    enum bug kind;
} kinds[] = {
    {"deadlock", "can stop in a deadlock: nobody can go on.",
     "A deadlock needs only one unlucky order of steps, and one day it comes.",
     "Follow the order above: who holds what, who waits for whom, and which "
     "wakeup came too early?",
     BUG_DEADLOCK},
    {"livelock", "can go on for ever without getting anywhere.",
     "Threads that wait for each other in loops never sleep and never end.",
     "Ask of each loop: which other thread ends it, and can it still come "
     "to that?",
     BUG_DEADLOCK},
    {"endless-loop", "can run on without end.",
     "A loop that calls nothing and reads nothing that another thread may "
     "write can only end by itself.",
     "What is to end this loop: which value does it test, and who changes it?",
     BUG_LOOP},
    {"use-after-free", "can use memory that was freed.",
     "What one thread frees another may still be about to use.",
     "Who is the last to use the block? Let that one free it, after it knows "
     "that nobody else will come.",
     BUG_BAD_ACCESS},
    {"bad-free", "can free a block that is not there any more.",
     "Two that both believe to be the last free the block twice.",
     "Decide in one step, under one lock, who is the last.", BUG_BAD_FREE},
    {"misuse", "can use a lock in a way that is not allowed.",
     "A lock is made before anybody uses it, given back by the thread that "
     "took it, and destroyed when nobody will come any more.",
     "Follow the order above to the call that comes too early or too late.",
     BUG_LOCK_MISUSE},
    {NULL, "can fail.",
     "Each step was right by itself; another thread came in between.",
     "Follow the order above: what did the thread believe that was no longer "
     "so?",
     BUG_CRASH},
};

static size_t kind_of(const char *fault)
{
    size_t i = 0;

    while (kinds[i].fault && strcmp(kinds[i].fault, fault) != 0)
        i++;
    return i;
}

static const struct run *run_of(struct judging *judging)
{
    for (size_t i = 0; i < judging->evidence->count; i++)
        if (judging->evidence->runs[i].lens == LENS_INTERLEAVINGS)
            return &judging->evidence->runs[i];
    return NULL;
}

static const struct search *search_of(const struct run *run, const char *test)
{
    for (size_t i = 0; i < run->search_count; i++)
        if (strcmp(run->searches[i].test, test) == 0)
            return &run->searches[i];
    return NULL;
}

/* ---- a schedule that goes wrong ----------------------------------------- */

enum { LOCATIONS = 5 };

/* A line of the student's, once. */
static void locate_event(struct judging *judging, struct finding *finding,
                         const struct event *event)
{
    if (!event->matters || !event->place.student || event->text == NULL ||
        finding->location_count >= LOCATIONS ||
        (event->kind == EVENT_STEP && event->op &&
         strcmp(event->op, "create") == 0) ||
        words_located(finding, &event->place))
        return;
    words_locate(judging, finding, &event->place, event->text);
}

/* Around an interruption: what the thread did last and does next, and what
 * the others changed meanwhile. */
static void locate_around(struct judging *judging, struct finding *finding,
                          const struct timeline *timeline, size_t cut)
{
    const struct event *events = timeline->events;
    int thread = events[cut].thread;
    size_t i = cut;

    while (i > 0 && !(events[i].matters && events[i].thread == thread &&
                      events[i].kind != EVENT_SWITCH))
        i--;
    locate_event(judging, finding, &events[i]);
    for (i = cut + 1; i < timeline->count; i++) {
        bool own = events[i].thread == thread &&
                   events[i].kind != EVENT_SWITCH && events[i].matters;

        if (own || events[i].kind == EVENT_WRITE)
            locate_event(judging, finding, &events[i]);
        if (own)
            return;
    }
}

/* Where it happened: the lines around the interruptions, then the last. */
static void locate(struct judging *judging, struct finding *finding,
                   const struct timeline *timeline)
{
    if (timeline->fault_place.student)
        words_locate(judging, finding, &timeline->fault_place,
                     "goes wrong here");
    if (timeline->other_place.student)
        words_locate(judging, finding, &timeline->other_place,
                     "the other side");
    for (size_t i = 0; i < timeline->standing_count; i++)
        if (timeline->kind == FAULT_DEADLOCK &&
            timeline->standing[i].place.student)
            words_locate(judging, finding, &timeline->standing[i].place,
                         timeline->standing[i].text);
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->events[i].kind == EVENT_SWITCH &&
            timeline->events[i].preempts)
            locate_around(judging, finding, timeline, i);
    for (size_t i = timeline->count; i-- > 0;)
        locate_event(judging, finding, &timeline->events[i]);
}

static const char *count_words(struct judging *judging, unsigned preemptions)
{
    if (preemptions == 0)
        return "It needs no bad luck at all.";
    if (preemptions == 1)
        return "It takes one interruption, or another surprise, at the wrong "
               "moment.";
    return say(judging,
               "It takes %u interruptions, or other surprises, at wrong "
               "moments.",
               preemptions);
}

static void tell(struct judging *judging, struct row *row,
                 const struct schedule *schedule, const char *test,
                 const char *what, size_t kind)
{
    struct finding *finding = talloc_zero(judging->ctx, struct finding);

    finding->property = PROPERTY_SCHEDULES;
    finding->kind = kinds[kind].kind;
    finding->lenses = 1u << LENS_INTERLEAVINGS;
    finding->test = test;
    finding->idea = kinds[kind].idea;
    finding->help = kinds[kind].help;
    finding->message = say(judging, "%s %s", what,
                           count_words(judging, schedule->preemptions));
    if (schedule->timeline != NULL) {
        if (schedule->timeline->sentence != NULL)
            finding->message = say(judging, "%s %s", finding->message,
                                   schedule->timeline->sentence);
        locate(judging, finding, schedule->timeline);
    }
    finding->timeline = schedule->timeline;
    finding->schedule = say(judging, "%s:%s", test, schedule->turns);
    row_add(judging, row, finding);
    row_fail(row, LENS_INTERLEAVINGS, finding->message);
    row->help = finding->help;
    row->again = say(judging, "make replay EX=%s", judging->exercise->id);
}

/* ---- one test ----------------------------------------------------------- */

/* true when this outcome is as it must be */
static bool holds(struct judging *judging, struct row *row,
                  const struct run *run, const struct schedule *schedule,
                  const char *test)
{
    struct trial trial;
    size_t kind;

    if (schedule->fault && strcmp(schedule->fault, "uncontrolled") == 0) {
        row_open(row, "uncontrolled",
                 say(judging,
                     "The interleavings of this answer cannot be explored, "
                     "because something is not under the kit's control: %s.",
                     schedule->text));
        return false;
    }
    if (schedule->fault) {
        kind = kind_of(schedule->fault);
        tell(judging, row, schedule, test,
             kinds[kind].fault
                 ? say(judging, "In the test `%s` the program %s", test,
                       kinds[kind].message)
                 : say(judging, "In the test `%s`: %s.", test, schedule->text),
             kind);
        return false;
    }
    trial = tally_variant(run, test, schedule->test, true);
    if (trial.outcome == OUTCOME_FINE)
        return true;
    trial.test = test;
    kind = kind_of("");
    tell(judging, row, schedule, test, tally_words(judging, &trial), kind);
    return false;
}

static bool test_holds(struct judging *judging, struct row *row,
                       const struct run *run, const char *test)
{
    size_t outcomes = 0;

    for (size_t i = 0; i < run->schedule_count; i++) {
        const struct schedule *schedule = &run->schedules[i];

        if (!tally_is_variant(schedule->test, test))
            continue;
        outcomes++;
        if (!holds(judging, row, run, schedule, test))
            return false;
    }
    if (outcomes > 0 && search_of(run, test) != NULL)
        return true;
    row_fail(row, LENS_INTERLEAVINGS,
             say(judging,
                 "The test `%s` ended the process before its schedules were "
                 "run.",
                 test));
    return false;
}

/* What a pass means. */
static const char *meaning(struct judging *judging, const struct row *row,
                           const struct run *run)
{
    unsigned long long all = 0, chance = 0;
    unsigned bound = 99;
    bool bounded = true, whole = true;

    for (size_t i = 0; i < run->search_count; i++) {
        const struct search *search = &run->searches[i];

        if (!tally_covers(row->check, search->test))
            continue;
        all += search->searched;
        chance += search->schedules - search->searched;
        whole = whole && search->whole;
        bounded = bounded && (search->bound_whole || search->whole);
        if (!search->whole && search->level < bound)
            bound = search->level;
    }
    if (whole && all == 1)
        return "the one schedule there is";
    if (whole)
        return say(judging, "all %llu schedules there are", all);
    if (bounded)
        return say(judging,
                   "all %llu schedules with at most %u preemption%s, and %llu "
                   "more by chance (PCT, d = 3)",
                   all, bound, bound == 1 ? "" : "s", chance);
    return say(judging,
               "%llu schedules with few preemptions, and %llu by chance (PCT, "
               "d = 3)",
               all, chance);
}

void judge_schedules(struct judging *judging, struct row *row)
{
    const struct run *run = run_of(judging);

    if (!run) {
        row_error(row, "The kit has no run of the lens interleavings.");
        return;
    }
    for (size_t i = 0; judging->tests && i < judging->tests->test_count; i++) {
        const char *test = judging->tests->tests[i];

        if (tally_covers(row->check, test) &&
            !test_holds(judging, row, run, test))
            return;
    }
    row->message = meaning(judging, row, run);
}
