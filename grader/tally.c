/*
 * tally.c - what happened to one test in one run, and what was observed.
 *
 * Evidence is positive and by name: a test that was asked for and has no
 * record of its end has not passed, whatever else the program printed or
 * which status it ended with.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"

bool tally_covers(const struct check *check, const char *test)
{
    return exercise_covers(&check->tests, test);
}

size_t tally_covered(const struct judging *judging, const struct check *check)
{
    size_t count = 0;

    for (size_t i = 0; judging->tests && i < judging->tests->test_count; i++)
        count += tally_covers(check, judging->tests->tests[i]);
    return count;
}

static bool recorded(const struct run *run, enum record_kind kind,
                     const char *test)
{
    for (size_t i = 0; i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];
        if (record->kind == kind && strcmp(record->test, test) == 0)
            return true;
    }
    return false;
}

bool tally_started(const struct run *run, const char *test)
{
    return recorded(run, RECORD_START, test);
}

bool tally_ended(const struct run *run, const char *test)
{
    return recorded(run, RECORD_END, test);
}

static bool is_value(const struct record *record, const char *test,
                     const char *key)
{
    return record->kind == RECORD_VALUE && record->key && record->value &&
           strcmp(record->test, test) == 0 && strcmp(record->key, key) == 0;
}

const char *tally_value(const struct run *run, const char *test,
                        const char *key)
{
    const char *value = NULL;

    for (size_t i = 0; i < run->records.count; i++)
        if (is_value(&run->records.items[i], test, key))
            value = run->records.items[i].value;
    return value;
}

/* An empty list of names means every test. */
static bool asked(const struct run *run, const char *test)
{
    if (run->asked_count == 0)
        return true;
    for (size_t i = 0; i < run->asked_count; i++)
        if (strcmp(run->asked[i], test) == 0)
            return true;
    return false;
}

static bool number(const char *text, long long *value)
{
    char *end;

    errno = 0;
    *value = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool holds(const struct expectation *expectation, const char *seen)
{
    long long a, b;

    if (expectation->relation == REL_STR)
        return strcmp(seen, expectation->value) == 0;
    if (!number(seen, &a) || !number(expectation->value, &b))
        return false;
    switch (expectation->relation) {
    case REL_EQ:
        return a == b;
    case REL_NE:
        return a != b;
    case REL_LT:
        return a < b;
    case REL_LE:
        return a <= b;
    case REL_GT:
        return a > b;
    case REL_GE:
        return a >= b;
    case REL_STR:
        break;
    }
    return false;
}

bool tally_held(const struct run *run, const struct expectation *expectation,
                const char **seen)
{
    bool any = false;

    *seen = NULL;
    for (size_t i = 0; i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];
        if (!is_value(record, expectation->test, expectation->key))
            continue;
        any = true;
        if (!holds(expectation, record->value)) {
            *seen = record->value;
            return false;
        }
    }
    return any;
}

static bool has_report(const struct run *run, enum bug kind, const char *test)
{
    for (size_t i = 0; i < run->reports.count; i++) {
        const struct report *report = &run->reports.items[i];
        if (report->kind == kind && report->test &&
            strcmp(report->test, test) == 0)
            return true;
    }
    return false;
}

/* The test began and did not come to its end: why? */
static enum outcome outcome_cut(const struct run *run, struct trial *trial)
{
    if (has_report(run, BUG_DEADLOCK, trial->test))
        return OUTCOME_DEADLOCK;
    if (has_report(run, BUG_LOOP, trial->test))
        return OUTCOME_LOOP;
    if (has_report(run, BUG_ASLEEP, trial->test))
        return OUTCOME_ASLEEP;
    trial->seen = tally_value(run, trial->test, "crash");
    if (trial->seen || has_report(run, BUG_CRASH, trial->test))
        return OUTCOME_CRASH;
    trial->seen = tally_value(run, trial->test, "assert");
    if (trial->seen)
        return OUTCOME_ASSERT;
    switch (run->box.end) {
    case BOX_SIGNALLED:
        return OUTCOME_CRASH;
    case BOX_CPU:
    case BOX_WALL:
    case BOX_MEMORY:
    case BOX_OUTPUT:
    case BOX_FILES:
    case BOX_PROCESSES:
        return OUTCOME_LIMIT;
    case BOX_STOPPED: /* a watch ended it, for no fault of this test */
        return OUTCOME_UNREACHED;
    default:
        return OUTCOME_LEFT;
    }
}

/* What did not hold first, among what is expected of the test. */
static void look_at_values(const struct run *run, struct trial *trial,
                           const char *test, bool whole)
{
    for (size_t i = 0; run->expected && i < run->expected->count; i++) {
        struct expectation recorded = run->expected->items[i];
        const char *seen;
        if (strcmp(recorded.test, test) != 0)
            continue;
        recorded.test = trial->test;
        if (tally_held(run, &recorded, &seen) || (!seen && !whole))
            continue;
        trial->outcome = seen ? OUTCOME_WRONG : OUTCOME_UNSEEN;
        trial->expectation = &run->expected->items[i];
        trial->seen = seen;
        return;
    }
}

bool tally_is_variant(const char *name, const char *test)
{
    size_t length = strlen(test);

    return strncmp(name, test, length) == 0 && name[length] == '@';
}

struct trial tally_variant(const struct run *run, const char *test,
                           const char *name, bool whole)
{
    struct trial trial = {OUTCOME_FINE, run, name, NULL, NULL};

    if (!tally_started(run, name))
        trial.outcome = OUTCOME_UNREACHED;
    else if (!tally_ended(run, name))
        trial.outcome = outcome_cut(run, &trial);
    else
        look_at_values(run, &trial, test, whole);
    return trial;
}

struct trial tally_trial(const struct run *run, const char *test)
{
    struct trial trial = {OUTCOME_UNASKED, run, test, NULL, NULL};

    return asked(run, test) ? tally_variant(run, test, test, true) : trial;
}

bool tally_has_way(const struct judging *judging, enum lens lens,
                   const char *way)
{
    for (size_t i = 0; i < judging->evidence->count; i++)
        if (judging->evidence->runs[i].lens == lens &&
            strcmp(judging->evidence->runs[i].way, way) == 0)
            return true;
    return false;
}

struct trial tally_test(const struct judging *judging, enum lens lens,
                        const char *way, const char *test)
{
    struct trial worst = {OUTCOME_UNASKED, NULL, test, NULL, NULL};
    bool fine = false;

    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        struct trial trial;
        if (run->lens != lens || (way && strcmp(run->way, way) != 0))
            continue;
        trial = tally_trial(run, test);
        if (trial.outcome == OUTCOME_FINE) {
            fine = true;
            if (worst.outcome <= OUTCOME_UNREACHED)
                worst = trial;
        } else if (trial.outcome > OUTCOME_UNREACHED || !fine) {
            if (!worst.run || trial.outcome > worst.outcome)
                worst = trial;
        }
    }
    return worst;
}
