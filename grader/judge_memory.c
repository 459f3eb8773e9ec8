/*
 * judge_memory.c - everything that was taken is given back: memory, threads,
 * children, descriptors; and no memory is used that is not there.
 */
#include <stdlib.h>

#include "judging.h"

/* What the harness counts before and after each test. */
static const struct {
    const char *key;
    const char *one, *many; /* the words after the number */
    const char *help;
} leftovers[] = {
    {"threads-left", "thread was still there", "threads were still there",
     "Join every thread that you create before you return."},
    {"children-left", "child process was still there",
     "child processes were still there",
     "Wait for every child with waitpid(), each process for its own."},
    {"descriptors-left", "descriptor was still open",
     "descriptors were still open",
     "Close both ends of every pipe, on every path out of the function."},
};
#define LEFTOVERS (sizeof(leftovers) / sizeof(leftovers[0]))

static const char *left_words(struct judging *judging, size_t which, long count,
                              const char *test)
{
    return say(judging, "When the test `%s` had ended, %ld %s.", test, count,
               count == 1 ? leftovers[which].one : leftovers[which].many);
}

/* The first thing that a covered test left behind, as a failed row. */
static bool something_left(struct judging *judging, struct row *row)
{
    const struct expectations *tests = judging->tests;

    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        if (run->lens != LENS_MEMORY)
            continue;
        for (size_t k = 0; tests && k < tests->test_count; k++) {
            const char *test = tests->tests[k];
            if (!tally_covers(row->check, test))
                continue;
            for (size_t n = 0; n < LEFTOVERS; n++) {
                const char *value = tally_value(run, test, leftovers[n].key);
                long count = value ? atol(value) : 0;
                if (count <= 0)
                    continue;
                row_fail(row, LENS_MEMORY, left_words(judging, n, count, test));
                row->help = leftovers[n].help;
                row->again = again(judging, LENS_MEMORY);
                return true;
            }
        }
    }
    return false;
}

void judge_memory(struct judging *judging, struct row *row, unsigned lenses)
{
    struct trouble *trouble = row_tell_all(judging, row, WEIGHT_FAIL);

    if (trouble) {
        row_fail(row, trouble->lens, trouble->finding.message);
        row->again = again(judging, trouble->lens);
        row->help = trouble->finding.help;
        return;
    }
    if (something_left(judging, row) ||
        blocked_by_deadlock(judging, row, "memory"))
        return;
    for (int lens = 0; lens < LENS_COUNT; lens++)
        if ((lenses & 1u << lens) &&
            row_gap(judging, row, lens, NULL, "memory"))
            return;
    block_on_race(
        judging, row,
        "A data race was found: what is given back, and when, is luck.");
}
