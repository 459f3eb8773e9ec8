/*
 * test_judge_schedules.c - the outcomes of explored tests: what a pass says,
 * and what is told of a schedule that goes wrong.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "suite.h"
#include "timeline.h"

static struct run *run;

/* An outcome that came to its end with that total. */
static struct schedule *outcome(const char *name, const char *total)
{
    record(run, RECORD_START, name, NULL, NULL);
    record(run, RECORD_VALUE, name, "total", total);
    record(run, RECORD_END, name, NULL, NULL);
    run->schedules = talloc_realloc(made, run->schedules, struct schedule,
                                    (unsigned)run->schedule_count + 1);
    run->schedules[run->schedule_count] =
        (struct schedule){.test = name, .turns = "12x1", .preemptions = 1};
    return &run->schedules[run->schedule_count++];
}

/* count/two, explored: the overlap row becomes one of schedules. */
static void setup(void)
{
    struct check *check;

    suite_begin();
    check = &made->exercise.checks[ROW_OVERLAP];
    check->name = "every-interleaving";
    check->property = PROPERTY_SCHEDULES;
    check->lenses = 1u << LENS_INTERLEAVINGS;
    check->tests.items[0] = "count/two";
    made->evidence.lenses |= 1u << LENS_INTERLEAVINGS;
    run = made_run(made, "overlap");
    run->lens = LENS_INTERLEAVINGS;
    run->way = "explorer";
    memset(&run->records, 0, sizeof run->records);
    run->searches = talloc_zero(made, struct search);
    run->search_count = 1;
    *run->searches = (struct search){.test = "count/two",
                                     .schedules = 90,
                                     .searched = 60,
                                     .level = 2,
                                     .bound_whole = true};
    outcome("count/two@1", "1000");
}

TestSuite(judge_schedules, .init = setup, .fini = suite_end);

Test(judge_schedules, a_pass_says_what_was_run)
{
    cr_assert_eq(row(ROW_OVERLAP)->status, STATUS_PASS);
    cr_expect_str_eq(row(ROW_OVERLAP)->message,
                     "all 60 schedules with at most 2 preemptions, and 30 more "
                     "by chance (PCT, d = 3)");
    run->searches->whole = true;
    run->searches->schedules = 60;
    cr_expect_str_eq(row(ROW_OVERLAP)->message, "all 60 schedules there are");
    run->searches->whole = run->searches->bound_whole = false;
    cr_expect(
        strstr(row(ROW_OVERLAP)->message, "60 schedules with few preemptions"));
}

Test(judge_schedules, a_wrong_value_in_one_schedule_fails)
{
    outcome("count/two@2", "999");
    cr_assert_eq(row(ROW_OVERLAP)->status, STATUS_FAIL);
    cr_expect(strstr(row(ROW_OVERLAP)->message, "`count/two`, `total` is 999"),
              "%s", row(ROW_OVERLAP)->message);
    cr_expect(strstr(row(ROW_OVERLAP)->message, "It takes one interruption"));
    cr_expect_str_eq(row(ROW_OVERLAP)->findings[0]->schedule, "count/two:12x1");
    cr_expect(strstr(row(ROW_OVERLAP)->again, "make replay EX="));
}

Test(judge_schedules, a_deadlock_is_told_with_its_sentence)
{
    struct timeline *timeline = talloc_zero(made, struct timeline);
    struct schedule *two = outcome("count/two@2", "1000");

    run->records.count--; /* no end */
    two->fault = "deadlock";
    two->text = "nobody can go on";
    timeline->kind = FAULT_DEADLOCK;
    timeline->sentence = "T1 waits for a, which T2 has.";
    two->timeline = timeline;
    cr_assert_eq(row(ROW_OVERLAP)->status, STATUS_FAIL);
    cr_expect(strstr(row(ROW_OVERLAP)->message, "deadlock"), "%s",
              row(ROW_OVERLAP)->message);
    cr_expect(strstr(row(ROW_OVERLAP)->message, timeline->sentence));
    cr_expect_eq(row(ROW_OVERLAP)->findings[0]->timeline, timeline);
}

Test(judge_schedules, what_is_not_under_control_counts_neither_way)
{
    struct schedule *two = outcome("count/two@2", "1000");

    two->fault = "uncontrolled";
    two->text = "fork";
    cr_assert_eq(row(ROW_OVERLAP)->status, STATUS_INCONCLUSIVE);
    cr_expect(strstr(row(ROW_OVERLAP)->message,
                     "not under the kit's control: fork."));
}

Test(judge_schedules, what_needs_it_shows_nothing_where_it_is_not_under_control)
{
    struct check *results = &made->exercise.checks[ROW_RESULTS];
    struct schedule *two = outcome("count/two@2", "1000");

    results->needs.items = &made->exercise.checks[ROW_OVERLAP].name;
    results->needs.count = 1;
    cr_assert_eq(row(ROW_RESULTS)->status, STATUS_PASS);
    two->fault = "uncontrolled";
    two->text = "fork";
    cr_assert_eq(row(ROW_RESULTS)->status, STATUS_INCONCLUSIVE);
    cr_expect_str_eq(row(ROW_RESULTS)->reason, "uncontrolled");
    cr_expect_eq(row(ROW_RESULTS)->max_points, 0);
    cr_expect(strstr(row(ROW_RESULTS)->message, "cannot be judged"));
}

Test(judge_schedules, a_test_without_outcome_or_end_has_failed)
{
    run->search_count = 0;
    cr_expect_eq(row(ROW_OVERLAP)->status, STATUS_FAIL);
    run->search_count = 1;
    run->schedule_count = 0;
    cr_expect_eq(row(ROW_OVERLAP)->status, STATUS_FAIL);
}
