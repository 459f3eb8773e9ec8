/*
 * judge_results.c - is what the tests observe right? Also speed that is
 * judged by meetings and counts, which is asked in the same way.
 *
 * Every covered test must come to its end in each way of running it (gcc's
 * build and clang's, patient and plain), and everything expected of it must
 * hold. One bad run outweighs any number of good ones. A right result beside
 * a data race is luck, and does not count.
 */
#include <string.h>
#include <talloc.h>

#include "judging.h"
#include "run.h"

/* Without these, "right" would rest on one compiler only. */
static const char *const needed_ways[] = {"gcc", "clang"};
#define NEEDED_WAYS (sizeof(needed_ways) / sizeof(needed_ways[0]))

/* The first run of each way; later ones of that way are not new. */
static bool new_way(const struct evidence *evidence, size_t index)
{
    const struct run *run = &evidence->runs[index];

    for (size_t i = 0; i < index; i++)
        if (evidence->runs[i].lens == run->lens &&
            strcmp(evidence->runs[i].way, run->way) == 0)
            return false;
    return true;
}

/*
 * How a test went in all ways of the lenses: that which is worth the most
 * words. `fine_way` is set to a way in which it came out right, or NULL.
 */
static struct trial worst_of(const struct judging *judging, unsigned lenses,
                             const char *test, const char **fine_way)
{
    struct trial worst = {OUTCOME_FINE, NULL, test, NULL, NULL};

    *fine_way = NULL;
    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        struct trial trial;
        if (!(lenses & 1u << run->lens) || !new_way(judging->evidence, i))
            continue;
        trial = tally_test(judging, run->lens, run->way, test);
        if (trial.outcome == OUTCOME_FINE && !*fine_way)
            *fine_way = run->way;
        if (!worst.run || trial.outcome > worst.outcome)
            worst = trial;
    }
    return worst;
}

static const char *missing_way(struct judging *judging, unsigned lenses)
{
    if (!(lenses & 1u << LENS_BEHAVIOUR))
        return NULL;
    for (size_t i = 0; i < NEEDED_WAYS; i++)
        if (!tally_has_way(judging, LENS_BEHAVIOUR, needed_ways[i]))
            return say(judging, "The kit has no run of %s's build.",
                       needed_ways[i]);
    return NULL;
}

static bool looks_lucky(enum outcome outcome)
{
    return outcome == OUTCOME_WRONG || outcome == OUTCOME_CRASH;
}

static void fail(struct judging *judging, struct row *row,
                 const struct trial *trial, size_t others, const char *fine_way)
{
    struct trouble *cause = row_tell_causes(judging, row, trial);
    const char *message = tally_words(judging, trial);

    if (fine_way && looks_lucky(trial->outcome))
        message = say(judging,
                      "%s This was the %s run; the %s run came out right, "
                      "which was luck.",
                      message, trial->run->way, fine_way);
    if (cause && cause->finding.kind == BUG_RACE)
        message =
            say(judging, "%s A data race was found as well: mend that first.",
                message);
    if (others == 1)
        message = say(judging, "%s One more test fails.", message);
    if (others > 1)
        message = say(judging, "%s %zu more tests fail.", message, others);
    row_fail(row, trial->run->lens, message);
    row->again = again(judging, trial->run->lens);
    row->help = cause ? cause->finding.help : words_outcome(trial->outcome);
}

void block_on_race(struct judging *judging, struct row *row,
                   const char *message)
{
    struct trouble *race = race_covering(judging, row->check);

    if (!race)
        return;
    row_tell(judging, row, race);
    row_blocked(row, message);
    row->lens = race->lens;
    row->again = again(judging, race->lens);
    row->help = race->finding.help;
}

/* Its tests had no turn, for no fault of their own. */
static void block_on_time_outs(struct judging *judging, struct row *row,
                               const struct trial *trial)
{
    unsigned others = run_timed_out(trial->run);

    row_blocked(row, say(judging,
                         "The test `%s` was not begun: %u other%s did not "
                         "end. Mend %s first.",
                         trial->test, others, others == 1 ? "" : "s",
                         others == 1 ? "that" : "those"));
    row->lens = trial->run->lens;
}

void judge_results(struct judging *judging, struct row *row, unsigned lenses)
{
    struct trial told = {OUTCOME_FINE, NULL, NULL, NULL, NULL};
    const char *told_fine_way = NULL, *gap = missing_way(judging, lenses);
    size_t failed = 0;

    for (size_t i = 0; judging->tests && i < judging->tests->test_count; i++) {
        const char *test = judging->tests->tests[i], *fine_way;
        struct trial trial;
        if (!tally_covers(row->check, test))
            continue;
        trial = worst_of(judging, lenses, test, &fine_way);
        if (trial.outcome == OUTCOME_UNASKED && !gap)
            gap = say(judging, "The kit did not ask for the test `%s`.", test);
        if (trial.outcome <= OUTCOME_UNASKED)
            continue;
        /* The first test is told, unless it was only never reached. */
        if (!told.run || (told.outcome == OUTCOME_UNREACHED &&
                          trial.outcome > OUTCOME_UNREACHED)) {
            told = trial;
            told_fine_way = fine_way;
        }
        failed++;
    }
    if (failed > 0 && told.outcome == OUTCOME_UNREACHED &&
        run_timed_out(told.run) > 0) {
        block_on_time_outs(judging, row, &told);
        return;
    }
    if (failed > 0) {
        fail(judging, row, &told, failed - 1, told_fine_way);
        return;
    }
    if (gap) {
        row_error(row, gap);
        return;
    }
    block_on_race(judging, row,
                  "A data race was found: a right result here is luck.");
}
