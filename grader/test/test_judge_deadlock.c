/*
 * test_judge_deadlock.c - deadlocks, and what the tools get wrong.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "suite.h"

TestSuite(judge_deadlock, .init = suite_begin, .fini = suite_end);

/* ---- deadlocks -------------------------------------------------------------
 */

Test(judge_deadlock, real_one_fails_and_tells_who_holds_what)
{
    struct report *hang = report("patient", BUG_DEADLOCK, LINES(12, 14));
    const struct finding *finding;

    made_cut(made, made_run(made, "patient"), "count/two");
    hang->sides[0].what = "waits for lock B, which T2 holds";
    hang->sides[0].locks = "holds lock A, taken at racy-counter.c:11";
    hang->sides[1].what = "waits for lock A, which T1 holds";
    hang->sides[1].locks = "holds lock B, taken at racy-counter.c:13";
    made_is(row(ROW_DEADLOCK), STATUS_FAIL, NULL);
    finding = verdict.rows[ROW_DEADLOCK].findings[0];
    made_says(finding->message, "wait for each other");
    made_says(finding->story, "1. T1 holds lock A, taken at line 11");
    made_says(finding->story, "4. T2 waits for lock A, which T1 holds "
                              "(line 14)");
    cr_assert_eq(finding->location_count, 4);
    cr_assert_eq(finding->locations[2].place.line, 11);
    made_says(finding->locations[2].what, "takes the lock here");
    made_is(&verdict.rows[ROW_MEMORY], STATUS_SKIPPED, "blocked");
}

Test(judge_deadlock, nobody_holds_anything)
{
    report("gcc", BUG_DEADLOCK, LINES(12))->sides[0].what =
        "waits for a signal on a condition variable";
    made_is(row(ROW_DEADLOCK), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_DEADLOCK].message, "nobody is left");
}

Test(judge_deadlock, one_in_the_kits_lines_still_counts)
{
    report("tsan", BUG_DEADLOCK, LINES(-12));
    made_is(row(ROW_DEADLOCK), STATUS_FAIL, NULL);
}

Test(judge_deadlock, sleep_in_the_tests_is_told_and_in_the_harness_is_not)
{
    struct report *hang = report("gcc", BUG_DEADLOCK, LINES(12));
    struct place *innermost = &hang->sides[0].stack[0];

    *innermost = (struct place){"tests.c", 80, "approve", false, true};
    row(ROW_DEADLOCK);
    made_says(verdict.rows[ROW_DEADLOCK].findings[0]->story,
              "(in the test's `approve`, called from line 12)");

    *innermost =
        (struct place){"harness/faults_calls.c", 90, "fault_poll", false, true};
    row(ROW_DEADLOCK);
    made_says(verdict.rows[ROW_DEADLOCK].findings[0]->story, "(line 12)");
}

Test(judge_deadlock, asleep_by_the_clock_is_told_with_its_line)
{
    const struct finding *finding;

    report("gcc", BUG_ASLEEP, LINES(12))->sides[0].what = "sleeps by the clock";
    made_cut(made, made_run(made, "gcc"), "count/two");
    finding = row(ROW_RESULTS)->findings[0];
    made_says(finding->story, "T1 sleeps by the clock (line 12)");
    made_says(finding->help, "a sleep");
    made_says(finding->help, "a time-out");
}

Test(judge_deadlock, lock_that_its_dead_holder_kept)
{
    report("patient", BUG_DEADLOCK, LINES(12))->sides[0].what =
        "waits for lock A, taken at racy-counter.c:37 by T4 and never "
        "released";
    made_is(row(ROW_DEADLOCK), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_DEADLOCK].message, "kept a lock");
    made_says(verdict.rows[ROW_DEADLOCK].findings[0]->story, "at line 37");
    cr_assert_eq(
        verdict.rows[ROW_DEADLOCK].findings[0]->locations[1].place.line, 37);
}

Test(judge_deadlock, order_alone_is_a_note)
{
    report("tsan", BUG_LOCK_ORDER, LINES(12, 14));
    report("helgrind", BUG_LOCK_ORDER, LINES(14, 12));
    made_is(row(ROW_DEADLOCK), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 1);
    cr_assert_eq(verdict.score, 100);
}

Test(judge_deadlock, order_melts_into_the_real_one)
{
    report("tsan", BUG_LOCK_ORDER, LINES(12, 30));
    made_cut(made, made_run(made, "patient"), "count/two");
    report("patient", BUG_DEADLOCK, LINES(12, 14));
    made_is(row(ROW_DEADLOCK), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.note_count, 0);
    cr_assert_eq(verdict.rows[ROW_DEADLOCK].finding_count, 1);
    cr_assert_eq(verdict.rows[ROW_DEADLOCK].findings[0]->lenses,
                 1u << LENS_BEHAVIOUR | 1u << LENS_TSAN);
}

Test(judge_deadlock, dubious_is_a_note)
{
    report("helgrind", BUG_DUBIOUS, LINES(12));
    made_is(row(ROW_DEADLOCK), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 1);
}

Test(judge_deadlock, misuse_fails)
{
    report("helgrind", BUG_COND_MISUSE, LINES(12))->title =
        "pthread_cond_{timed}wait called with un-held mutex";
    made_is(row(ROW_DEADLOCK), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_DEADLOCK].message, "condition variable without");
    made_is(&verdict.rows[ROW_RACE], STATUS_PASS, NULL);
}

Test(judge_deadlock, misuse_with_clocklock_is_a_note)
{
    report("tsan", BUG_LOCK_MISUSE, LINES(12))->title =
        "double lock of a mutex";
    made->evidence.uses_clocklock = true;
    made_is(row(ROW_DEADLOCK), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 1);
}

Test(judge_deadlock, elsewhere_does_not_count)
{
    made->exercise.checks[ROW_DEADLOCK].tests.items[0] = "overlap/*";
    made_cut(made, made_run(made, "gcc"), "count/two");
    made_run(made, "gcc")->asked_count = 1;
    report("gcc", BUG_DEADLOCK, LINES(12, 14));
    made_is(row(ROW_DEADLOCK), STATUS_PASS, NULL);
    made_is(&verdict.rows[ROW_RESULTS], STATUS_FAIL, NULL);
}

Test(judge_deadlock, patient_run_must_come_to_its_end)
{
    made_cut(made, made_run(made, "patient"), "count/two");
    made_is(row(ROW_DEADLOCK), STATUS_SKIPPED, "blocked");
}

Test(judge_deadlock, patient_run_is_needed)
{
    made_run(made, "patient")->way = "gcc";
    made_is(row(ROW_DEADLOCK), STATUS_ERROR, "error");
}

Test(judge_deadlock, wrong_results_show_nothing)
{
    wrong_everywhere("gcc");
    wrong_everywhere("clang");
    wrong_everywhere("patient");
    made_is(row(ROW_DEADLOCK), STATUS_SKIPPED, "blocked");
}

Test(judge_deadlock, without_behaviour_nothing_is_decided)
{
    made->evidence.lenses = 1u << LENS_TSAN;
    verdict = made_judge(made);
    cr_assert_eq(verdict.row_count, 2);
    made_is(&verdict.rows[1], STATUS_INCONCLUSIVE, "partial");
}

Test(judge_deadlock, what_nobody_understands_is_a_note)
{
    report("tsan", BUG_OTHER, LINES(12));
    report("tsan", BUG_SIGNAL_UNSAFE, LINES(13));
    verdict = made_judge(made);
    cr_assert_eq(verdict.score, 100);
    cr_assert_eq(verdict.note_count, 2);
}
