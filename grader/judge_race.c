/*
 * judge_race.c - no data race. Passes only when the detectors had something
 * to look at: a program that never runs two threads at one time has shown
 * nothing, and one that does not do the work has shown nothing either.
 */
#include <stdlib.h>

#include "judging.h"

/* Did some covered test run two threads at one time, to its end? */
static bool threads_seen(const struct judging *judging,
                         const struct check *check, enum lens lens)
{
    const struct expectations *tests = judging->tests;

    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        if (run->lens != lens)
            continue;
        for (size_t k = 0; tests && k < tests->test_count; k++) {
            const char *threads = tally_value(run, tests->tests[k], "threads");
            if (threads && atoi(threads) >= 2 &&
                tally_covers(check, tests->tests[k]) &&
                tally_ended(run, tests->tests[k]))
                return true;
        }
    }
    return false;
}

/* What the lenses have failed to show, as a blocked row. */
static void look_for_evidence(struct judging *judging, struct row *row,
                              unsigned lenses)
{
    enum lens witness = lenses & 1u << LENS_TSAN ? LENS_TSAN : LENS_HELGRIND;

    for (int lens = 0; lens < LENS_COUNT; lens++) {
        if ((lenses & 1u << lens) &&
            row_gap(judging, row, lens, NULL, "data races"))
            return;
    }
    if (!(lenses & (1u << LENS_TSAN | 1u << LENS_HELGRIND)) ||
        threads_seen(judging, row->check, witness))
        return;
    row_blocked(row, "In no test did two threads run at the same time, so "
                     "nothing was shown about data races.");
    row->lens = witness;
    row->help = "Start the threads that the task asks for, and let them work "
                "at the same time: join them only when all are started.";
}

/* Why the detectors cannot tell. */
static void say_open(struct judging *judging, struct row *row)
{
    const struct evidence *evidence = judging->evidence;
    bool fence = evidence->uses_fence;

    if (fence || evidence->uses_clocklock) {
        row_open(
            row, fence ? "fence" : "clocklock",
            say(judging,
                "Your program uses %s, which the detectors do not "
                "understand. What they report may be no race at all, so "
                "it counts neither for nor against you.",
                fence ? "atomic_thread_fence" : "pthread_mutex_clocklock"));
        return;
    }
    row_open(row, "alone",
             "Only Helgrind was asked, which also accuses some right "
             "programs. Ask ThreadSanitizer as well: LENS=tsan,helgrind.");
}

/* The race lenses alone may not see it again. */
static const char *race_again(struct judging *judging, enum lens lens)
{
    if (lens == LENS_INTERLEAVINGS)
        return say(judging, "make check EX=%s LENS=tsan,interleavings",
                   judging->exercise->id);
    return again(judging, lens);
}

void judge_race(struct judging *judging, struct row *row, unsigned lenses)
{
    struct trouble *trouble = row_tell_all(judging, row, WEIGHT_FAIL);

    if (trouble) {
        row_fail(row, trouble->lens, trouble->finding.message);
        row->again = race_again(judging, trouble->lens);
        row->help = trouble->finding.help;
        return;
    }
    trouble = row_tell_all(judging, row, WEIGHT_OPEN);
    if (trouble) {
        say_open(judging, row);
        row->lens = trouble->lens;
        row->again = again(judging, trouble->lens);
        return;
    }
    if (!blocked_by_deadlock(judging, row, "data races"))
        look_for_evidence(judging, row, lenses);
}
