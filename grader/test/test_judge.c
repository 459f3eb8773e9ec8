/*
 * test_judge.c - builds, and what holds for every row.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "suite.h"

TestSuite(judge, .init = suite_begin, .fini = suite_end);

Test(judge, right_answer_gets_everything)
{
    verdict = made_judge(made);
    cr_assert_eq(verdict.verdict, VERDICT_PASS);
    cr_assert_eq(verdict.score, 100);
    cr_assert_eq(verdict.max_score, 100);
    cr_assert_not(verdict.partial);
    cr_assert_eq(verdict.note_count, 0);
    cr_assert_eq(verdict.unseen_count, 1);
    cr_assert(strstr(verdict.unseen[0], "interleavings"));
    cr_assert_eq(verdict.rows[ROW_RACE].run_counts[LENS_TSAN], 1);
    cr_assert_str_eq(verdict.rows[ROW_RACE].handout,
                     "handouts/01-racy-counter.md#no-data-race");
}

Test(judge, no_build_blocks_all)
{
    struct diagnostic errors[] = {
        {7, true, "expected ';'", NULL},
        {9, false, "unused variable 'x'", "-Wunused-variable"}};
    struct diagnostic again[] = {{7, true, "expected expression", NULL}};

    made->evidence.built = false;
    made->evidence.count = 0;
    made->evidence.gcc = (struct diagnostics){errors, 2};
    made->evidence.clang = (struct diagnostics){again, 1};
    made_is(row(ROW_BUILDS), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[0].finding_count, 1);
    cr_assert_eq(verdict.rows[0].findings[0]->locations[0].place.line, 7);
    cr_assert_eq(verdict.note_count, 1);
    cr_assert(strstr(verdict.notes[0].idea, "never used"));
    for (int i = ROW_RESULTS; i < ROW_COUNT; i++)
        made_is(&verdict.rows[i], STATUS_SKIPPED, "blocked");
    cr_assert_eq(verdict.score, 0);
    cr_assert_eq(verdict.max_score, 100);
    cr_assert_eq(verdict.verdict, VERDICT_FAIL);
}

Test(judge, link_trouble_is_told)
{
    made->evidence.built = false;
    made->evidence.build_trouble = "count_bytes() is missing";
    made->evidence.lenses = 1u << LENS_TSAN;
    verdict = made_judge(made);
    cr_assert_eq(verdict.row_count, 3, "build, race, deadlock");
    made_is(&verdict.rows[0], STATUS_FAIL, NULL);
    cr_assert_str_eq(verdict.rows[0].findings[0]->message,
                     "count_bytes() is missing");
}

Test(judge, warnings_cost_nothing)
{
    struct diagnostic warning = {9, false, "unused parameter 'x'",
                                 "-Wunused-parameter"};

    made->evidence.clang = (struct diagnostics){&warning, 1};
    made_is(row(ROW_BUILDS), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 1);
    cr_assert_eq(verdict.score, 100);
}

Test(judge, fault_is_an_error)
{
    made->evidence.fault = "the oracle failed";
    made_is(row(ROW_RESULTS), STATUS_ERROR, "error");
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
    cr_assert_str_eq(verdict.message, "the oracle failed");
    cr_assert_eq(verdict.score, 0);
}

Test(judge, box_that_failed_is_an_error)
{
    made_run(made, "helgrind")->box.end = BOX_FAILED;
    made_run(made, "helgrind")->box.why = "no more processes";
    verdict = made_judge(made);
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
    cr_assert_str_eq(verdict.message, "no more processes");
}

Test(judge, interrupted_is_an_error)
{
    made->evidence.fault = "something that followed from it";
    made_run(made, "tsan")->box.end = BOX_INTERRUPTED;
    verdict = made_judge(made);
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
    cr_assert_str_eq(verdict.message, "interrupted");
}

Test(judge, oracle_that_failed_is_an_error)
{
    made_run(made, "tsan")->expected = NULL;
    verdict = made_judge(made);
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
}

Test(judge, some_lenses_make_it_partial)
{
    made->evidence.lenses = 1u << LENS_TSAN | 1u << LENS_HELGRIND;
    verdict = made_judge(made);
    cr_assert(verdict.partial);
    cr_assert_eq(verdict.row_count, 2);
    cr_assert_str_eq(verdict.rows[0].check->name, "no-data-race");
    cr_assert_eq(verdict.max_score, 25);
    cr_assert_eq(verdict.verdict, VERDICT_PASS);
    cr_assert_eq(verdict.unseen_count, 4);
}

Test(judge, no_row_is_no_pass)
{
    made->exercise.check_count = ROW_DEADLOCK;
    made->evidence.lenses = 1u << LENS_MEMORY;
    verdict = made_judge(made);
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
    cr_assert_not_null(verdict.message);
}

Test(judge, machine_takes_nothing_away)
{
    made->evidence.machine_cannot[LENS_TSAN] = "randomisation is too strong";
    made_is(row(ROW_RACE), STATUS_SKIPPED, "machine");
    cr_assert_eq(verdict.rows[ROW_RACE].max_points, 0);
    cr_assert_eq(verdict.rows[ROW_RACE].lens, LENS_TSAN);
    made_is(&verdict.rows[ROW_DEADLOCK], STATUS_SKIPPED, "machine");
    cr_assert_eq(verdict.verdict, VERDICT_PASS);
    cr_assert_eq(verdict.max_score, 60);
    cr_assert_eq(verdict.score, 60);
}

Test(judge, other_lens_still_fails_without_machine)
{
    made->evidence.machine_cannot[LENS_TSAN] = "randomisation is too strong";
    made_report(made, made_run(made, "helgrind"), BUG_RACE, "count/two",
                LINES(12, 12));
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[ROW_RACE].max_points, 25);
}

Test(judge, lens_without_a_run_is_no_pass)
{
    made_run(made, "memcheck")->lens = LENS_BUILD;
    made_is(row(ROW_MEMORY), STATUS_ERROR, "error");
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
}

Test(judge, check_without_a_test_is_no_pass)
{
    made->exercise.checks[ROW_MEMORY].tests.items[0] = "other/*";
    made_is(row(ROW_MEMORY), STATUS_ERROR, "error");
}
