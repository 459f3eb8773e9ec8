/*
 * gaps.c - why a test did not go well, and why a lens has shown nothing.
 *
 * A lens that finds no bug has shown something only when the check's tests
 * came to their end under it, did at least half of what they should, and the
 * tool's log is whole.
 */
#include <string.h>

#include "judging.h"

static bool seen_in(const struct trouble *trouble, const char *test)
{
    for (size_t i = 0; i < trouble->test_count; i++)
        if (strcmp(trouble->tests[i], test) == 0)
            return true;
    return trouble->anywhere;
}

static enum bug cause(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DEADLOCK:
        return BUG_DEADLOCK;
    case OUTCOME_LOOP:
        return BUG_LOOP;
    case OUTCOME_ASLEEP:
        return BUG_ASLEEP;
    case OUTCOME_CRASH:
        return BUG_CRASH;
    default:
        return BUG_RACE;
    }
}

/* Bugs that explain how this test ended belong into the row's telling. */
struct trouble *row_tell_causes(struct judging *judging, struct row *row,
                                const struct trial *trial)
{
    enum bug kind = cause(trial->outcome);
    struct trouble *first = NULL;

    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        if (finding_is_made(&trouble->finding) ||
            trouble->finding.kind != kind || trouble->weight != WEIGHT_FAIL ||
            !trouble_covers(trouble, row->check) ||
            (kind != BUG_RACE && !seen_in(trouble, trial->test)))
            continue;
        row_tell(judging, row, trouble);
        if (!first)
            first = trouble;
    }
    return first;
}

/* Counts what was expected of the covered tests in the runs of a lens. */
static void tally_values(const struct judging *judging,
                         const struct check *check, enum lens lens,
                         size_t *wanted, size_t *held)
{
    *wanted = *held = 0;
    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        if (run->lens != lens || !run->expected)
            continue;
        for (size_t k = 0; k < run->expected->count; k++) {
            const struct expectation *expectation = &run->expected->items[k];
            const char *seen;
            if (!tally_covers(check, expectation->test) ||
                !tally_started(run, expectation->test))
                continue;
            ++*wanted;
            *held += tally_held(run, expectation, &seen);
        }
    }
}

static bool ended_somewhere(const struct judging *judging, enum lens lens,
                            const char *way, const char *test)
{
    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        if (run->lens == lens && (!way || strcmp(run->way, way) == 0) &&
            tally_ended(run, test))
            return true;
    }
    return false;
}

static bool log_is_whole(const struct judging *judging, enum lens lens)
{
    if (lens != LENS_TSAN && lens != LENS_HELGRIND && lens != LENS_MEMORY)
        return true;
    for (size_t i = 0; i < judging->evidence->count; i++)
        if (judging->evidence->runs[i].lens == lens &&
            judging->evidence->runs[i].reports.complete)
            return true;
    return false;
}

/* The first covered test that came to its end in no run, as a blocked row. */
static bool unended(struct judging *judging, struct row *row, enum lens lens,
                    const char *way, const char *about)
{
    const struct expectations *tests = judging->tests;

    for (size_t i = 0; tests && i < tests->test_count; i++) {
        const char *test = tests->tests[i];
        struct trial trial;
        if (!tally_covers(row->check, test) ||
            ended_somewhere(judging, lens, way, test))
            continue;
        trial = tally_test(judging, lens, way, test);
        row_tell_causes(judging, row, &trial);
        row_blocked(row, say(judging, "%s So nothing was shown about %s.",
                             tally_words(judging, &trial), about));
        if (trial.run)
            row->again = again(judging, lens);
        return true;
    }
    return false;
}

bool row_gap(struct judging *judging, struct row *row, enum lens lens,
             const char *way, const char *about)
{
    size_t wanted, held;

    if (unended(judging, row, lens, way, about)) {
        row->lens = lens;
        return true;
    }
    tally_values(judging, row->check, lens, &wanted, &held);
    if (wanted > 2 * held) {
        row->lens = lens;
        row_blocked(row,
                    say(judging,
                        "First make the results right: a program that does "
                        "not do the work shows nothing about %s.",
                        about));
        return true;
    }
    if (!log_is_whole(judging, lens)) {
        row->lens = lens;
        row_blocked(row, say(judging,
                             "The program stopped before %s had finished its "
                             "log. So nothing was shown about %s.",
                             words_lens(lens), about));
        return true;
    }
    return false;
}
