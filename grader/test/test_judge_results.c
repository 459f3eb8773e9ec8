/*
 * test_judge_results.c - is what the tests observe right?
 */
#include <criterion/criterion.h>
#include <string.h>

#include "suite.h"

TestSuite(judge_results, .init = suite_begin, .fini = suite_end);

/* ---- results ---------------------------------------------------------------
 */

Test(judge_results, wrong_value_fails)
{
    made_value(made, made_run(made, "clang"), "count/four", "total", "1998");
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message,
              "`total` is 1998 and must be 2000: every byte is counted once.");
    made_says(verdict.rows[ROW_RESULTS].message, "the gcc run came out right");
    cr_assert_str_eq(verdict.rows[ROW_RESULTS].again,
                     "make check EX=01 LENS=behaviour SEED=7");
    cr_assert_eq(verdict.verdict, VERDICT_FAIL);
    made_is(&verdict.rows[ROW_SPEEDUP], STATUS_SKIPPED, "blocked");
    made_is(&verdict.rows[ROW_MEMORY], STATUS_PASS, NULL);
}

Test(judge_results, each_observation_must_hold)
{
    struct run *run = made_run(made, "gcc");
    struct record extra = {RECORD_VALUE, "count/two", "total", "3"};

    run->records.items[3] = extra; /* the good one comes first */
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
}

Test(judge_results, value_that_is_no_number_fails)
{
    made_value(made, made_run(made, "gcc"), "count/two", "total", "1000 ");
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
}

Test(judge_results, relations)
{
    static const struct {
        enum relation relation;
        const char *seen;
        bool holds;
    } cases[] = {
        {REL_EQ, "5", true},  {REL_EQ, "6", false},  {REL_NE, "6", true},
        {REL_NE, "5", false}, {REL_LT, "4", true},   {REL_LT, "5", false},
        {REL_LE, "5", true},  {REL_LE, "6", false},  {REL_GT, "6", true},
        {REL_GT, "5", false}, {REL_GE, "5", true},   {REL_GE, "-4", false},
        {REL_STR, "5", true}, {REL_STR, "05", false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct run *run = made_run(made, "gcc");
        run->expected->items[0].relation = cases[i].relation;
        run->expected->items[0].value = "5";
        made_value(made, run, "count/two", "total", cases[i].seen);
        made_is(row(ROW_RESULTS), cases[i].holds ? STATUS_PASS : STATUS_FAIL,
                NULL);
    }
}

Test(judge_results, missing_value_fails)
{
    made_value(made, made_run(made, "gcc"), "count/two", "total", "1000");
    made_run(made, "gcc")->records.items[1].key = "other";
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message,
              "without having observed `total`");
}

Test(judge_results, exit_in_the_middle_fails)
{
    made_cut(made, made_run(made, "gcc"), "count/two");
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message, "is there an exit()");
    made_says(verdict.rows[ROW_RESULTS].message, "One more test fails.");
}

Test(judge_results, exit_before_everything_fails)
{
    made_run(made, "gcc")->records.count = 0;
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message, "was never reached");
}

Test(judge_results, later_tests_may_run_again)
{
    struct run *again;

    made_cut(made, made_run(made, "patient"), "count/four");
    again = made_rerun(made, "patient");
    again->records = made_run(made, "gcc")->records;
    made_drop(again, RECORD_START, "none");
    /* count/four did begin and not end, so it has failed all the same */
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    /* but a test that was only never reached is made good by the other run */
    made->exercise.checks[ROW_RESULTS].tests.items[0] = "overlap/*";
    made_is(row(ROW_RESULTS), STATUS_PASS, NULL);
}

Test(judge_results, test_nobody_asked_for_is_no_pass)
{
    struct run *run = made_run(made, "clang");

    run->asked_count = 1;
    made_drop(run, RECORD_START, "count/four");
    made_drop(run, RECORD_END, "count/four");
    made_is(row(ROW_RESULTS), STATUS_ERROR, "error");
}

Test(judge_results, both_compilers_are_needed)
{
    made_run(made, "clang")->way = "gcc";
    made_is(row(ROW_RESULTS), STATUS_ERROR, "error");
}

Test(judge_results, crash_is_told)
{
    struct run *run = made_run(made, "gcc");

    made_cut(made, run, "count/two");
    made_value(made, run, "count/two", "crash", "SIGSEGV@4f,60");
    made_report(made, run, BUG_CRASH, "count/two", LINES(23))->title =
        "SIGSEGV";
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message,
              "memory that is not its own (SIGSEGV)");
    cr_assert_eq(verdict.rows[ROW_RESULTS].finding_count, 1);
    cr_assert_eq(verdict.rows[ROW_RESULTS].findings[0]->locations[0].place.line,
                 23);
}

Test(judge_results, endless_loop_is_told)
{
    struct run *run = made_run(made, "gcc");

    made_cut(made, run, "count/two");
    made_report(made, run, BUG_LOOP, "count/two", LINES(31));
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message, "kept the processor busy");
    cr_assert_eq(verdict.rows[ROW_RESULTS].findings[0]->kind, BUG_LOOP);
}

Test(judge_results, lines_of_one_loop_are_one_finding)
{
    struct run *run = made_run(made, "gcc");
    struct report *report;

    made_cut(made, run, "count/two");
    report = made_report(made, run, BUG_LOOP, "count/one", LINES(31));
    report->sides[0].stack[0].function = "count";
    report = made_report(made, run, BUG_LOOP, "count/two", LINES(32));
    report->sides[0].stack[0].function = "count";
    made_report(made, run, BUG_LOOP, "count/two", (const int[]){0});
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[ROW_RESULTS].finding_count, 1);
}

Test(judge_results, limits_are_told)
{
    static const struct {
        enum box_end end;
        const char *words;
    } cases[] = {{BOX_CPU, "processor busy"},   {BOX_WALL, "had not ended"},
                 {BOX_MEMORY, "256 MB"},        {BOX_OUTPUT, "flooded"},
                 {BOX_FILES, "into files"},     {BOX_PROCESSES, "threads or"},
                 {BOX_SIGNALLED, "was killed"}, {BOX_EXITED, "exit()"}};
    struct run *run = made_run(made, "gcc");

    made_cut(made, run, "count/two");
    run->box.code = 9;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run->box.end = cases[i].end;
        made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
        made_says(verdict.rows[ROW_RESULTS].message, cases[i].words);
    }
}

Test(judge_results, assert_is_told)
{
    made_cut(made, made_run(made, "gcc"), "count/two");
    made_cut(made, made_run(made, "patient"), "count/two");
    made_value(made, made_run(made, "patient"), "count/two", "assert",
               "count_bytes() returned an error");
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message,
              "count_bytes() returned an error");
}

Test(judge_results, deadlock_fails_results_too)
{
    struct run *run = made_run(made, "patient");

    made_cut(made, run, "count/two");
    made_report(made, run, BUG_DEADLOCK, "count/two", LINES(12, 14));
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message, "stops in a deadlock");
    cr_assert_eq(verdict.rows[ROW_RESULTS].findings[0],
                 verdict.rows[ROW_DEADLOCK].findings[0]);
}

Test(judge_results, race_makes_a_right_result_luck)
{
    made_report(made, made_run(made, "tsan"), BUG_RACE, "count/two",
                LINES(12, 12));
    made_is(row(ROW_RESULTS), STATUS_SKIPPED, "blocked");
    cr_assert_eq(verdict.rows[ROW_RESULTS].max_points, 30);
    made_says(verdict.rows[ROW_RESULTS].message, "luck");
    cr_assert_eq(verdict.rows[ROW_RESULTS].finding_count, 1);
    made_is(&verdict.rows[ROW_OVERLAP], STATUS_PASS, NULL);
}

Test(judge_results, race_elsewhere_does_not_block_results)
{
    made_report(made, made_run(made, "tsan"), BUG_RACE, "overlap/both",
                LINES(12, 12));
    made_is(row(ROW_RESULTS), STATUS_PASS, NULL);
    made_is(&verdict.rows[ROW_OVERLAP], STATUS_SKIPPED, "blocked");
    made_is(&verdict.rows[ROW_RACE], STATUS_FAIL, NULL);
}

Test(judge_results, race_without_a_test_blocks_all_results)
{
    made_report(made, made_run(made, "tsan"), BUG_RACE, NULL, LINES(12, 12));
    made_is(row(ROW_RESULTS), STATUS_SKIPPED, "blocked");
    made_is(&verdict.rows[ROW_OVERLAP], STATUS_SKIPPED, "blocked");
}

Test(judge_results, wrong_value_beside_a_race_shows_the_race)
{
    made_value(made, made_run(made, "gcc"), "count/two", "total", "998");
    made_report(made, made_run(made, "tsan"), BUG_RACE, "count/four",
                LINES(12, 12));
    made_is(row(ROW_RESULTS), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RESULTS].message,
              "A data race was found as well");
    cr_assert_eq(verdict.rows[ROW_RESULTS].findings[0]->kind, BUG_RACE);
}
