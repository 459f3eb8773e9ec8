/*
 * test_judge_faults.c - runs with one failing call each: which are borne, and
 * what the others are told with.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "suite.h"

static struct run *run;

/* A run that came to its end. */
static void good(const char *name)
{
    record(run, RECORD_START, name, NULL, NULL);
    record(run, RECORD_VALUE, name, "total", "1000");
    record(run, RECORD_VALUE, name, "blocks-left", "1");
    record(run, RECORD_END, name, NULL, NULL);
}

/* count/two, with two calls that fail: the overlap row becomes one of faults.
 */
static void setup(void)
{
    static struct place own = {"racy-counter.c", 12, "make", true, false};
    struct check *check;
    struct injected *faults;

    suite_begin();
    check = &made->exercise.checks[ROW_OVERLAP];
    check->name = "errors-handled";
    check->property = PROPERTY_FAULTS;
    check->lenses = 1u << LENS_FAULTS;
    check->tests.items[0] = "count/two";
    made->evidence.lenses |= 1u << LENS_FAULTS;
    run = made_run(made, "overlap");
    run->lens = LENS_FAULTS;
    run->way = "faults";
    memset(&run->records, 0, sizeof run->records);
    good("count/two@0");
    record(run, RECORD_VALUE, "count/two@0", "runs", "2");
    faults = talloc_zero_array(made, struct injected, 2);
    faults[0] = (struct injected){.test = "count/two@1",
                                  .call = "malloc",
                                  .says = "ENOMEM",
                                  .time = 1,
                                  .at = {.stack = &own, .depth = 1}};
    faults[1] = faults[0];
    faults[1].test = "count/two@2";
    faults[1].call = "pthread_cond_wait";
    faults[1].says = "wake";
    run->faults = faults;
    run->fault_count = 2;
}

TestSuite(judge_faults, .init = setup, .fini = suite_end);

Test(judge_faults, every_call_was_borne)
{
    good("count/two@1");
    good("count/two@2");
    made_is(row(ROW_OVERLAP), STATUS_PASS, NULL);
    cr_assert_eq(verdict.rows[ROW_OVERLAP].run_counts[LENS_FAULTS], 3);
}

Test(judge_faults, value_that_was_not_observed_is_not_judged)
{
    record(run, RECORD_START, "count/two@1", NULL, NULL);
    record(run, RECORD_END, "count/two@1", NULL, NULL);
    good("count/two@2");
    made_is(row(ROW_OVERLAP), STATUS_PASS, NULL);
}

Test(judge_faults, wrong_value_is_told_with_the_call)
{
    good("count/two@1");
    record(run, RECORD_START, "count/two@2", NULL, NULL);
    record(run, RECORD_VALUE, "count/two@2", "total", "7");
    record(run, RECORD_END, "count/two@2", NULL, NULL);
    made_is(row(ROW_OVERLAP), STATUS_FAIL, NULL);
    made_says(
        verdict.rows[ROW_OVERLAP].message,
        "the first call of pthread_cond_wait() wakes up without a signal");
    made_says(verdict.rows[ROW_OVERLAP].message, "`total` is 7");
    made_says(verdict.rows[ROW_OVERLAP].help, "while (!ready)");
    cr_assert_eq(verdict.rows[ROW_OVERLAP].findings[0]->locations[0].place.line,
                 12);
}

Test(judge_faults, more_left_behind_than_without_it_fails)
{
    good("count/two@1");
    record(run, RECORD_VALUE, "count/two@1", "blocks-left", "3");
    good("count/two@2");
    made_is(row(ROW_OVERLAP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_OVERLAP].message,
              "2 blocks of memory are never freed");
}

Test(judge_faults, run_that_did_not_end_fails)
{
    record(run, RECORD_START, "count/two@1", NULL, NULL);
    good("count/two@2");
    made_is(row(ROW_OVERLAP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_OVERLAP].message, "malloc() fails (ENOMEM)");
}

Test(judge_faults, deadlock_after_a_failure_is_no_other_rows)
{
    struct report *report;

    record(run, RECORD_START, "count/two@1", NULL, NULL);
    good("count/two@2");
    report = made_report(made, run, BUG_DEADLOCK, "count/two@1", LINES(33));
    report->lens = LENS_FAULTS;
    made_is(row(ROW_OVERLAP), STATUS_FAIL, NULL);
    made_is(&verdict.rows[ROW_DEADLOCK], STATUS_PASS, NULL);
    made_is(&verdict.rows[ROW_RESULTS], STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 0);
    cr_assert_eq(verdict.rows[ROW_OVERLAP].findings[0]->locations[1].place.line,
                 33);
}

Test(judge_faults, first_it_must_go_well_without_a_failure)
{
    made_value(made, run, "count/two@0", "total", "7");
    made_is(row(ROW_OVERLAP), STATUS_SKIPPED, "blocked");
}

Test(judge_faults, no_call_that_can_fail_has_shown_nothing)
{
    made_value(made, run, "count/two@0", "runs", "0");
    made_is(row(ROW_OVERLAP), STATUS_SKIPPED, "blocked");
}

Test(judge_faults, missing_run_of_the_lens_is_the_kits_fault)
{
    run->lens = LENS_SPEED;
    made_is(row(ROW_OVERLAP), STATUS_ERROR, "error");
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
}
