/*
 * test_judge_rest.c - memory, and speed by the clock.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "suite.h"

TestSuite(judge_memory, .init = suite_begin, .fini = suite_end);
TestSuite(judge_speed, .init = suite_begin, .fini = suite_end);

static void spoil(const char *way, enum bug kind)
{
    made_report(made, made_run(made, way), kind, NULL, LINES(12));
}

/* ---- memory ----------------------------------------------------------------
 */

Test(judge_memory, every_kind_fails)
{
    static const enum bug kinds[] = {BUG_LEAK, BUG_BAD_ACCESS, BUG_BAD_FREE,
                                     BUG_UNINITIALISED, BUG_THREAD_LEAK};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        talloc_free(made);
        made = made_good();
        spoil("memcheck", kinds[i]);
        made_is(row(ROW_MEMORY), STATUS_FAIL, NULL);
        cr_assert_eq(verdict.score, 90);
        cr_assert_not_null(verdict.rows[ROW_MEMORY].help);
    }
}

Test(judge_memory, thread_leak_seen_by_tsan_fails)
{
    spoil("tsan", BUG_THREAD_LEAK);
    made_is(row(ROW_MEMORY), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[ROW_MEMORY].lens, LENS_TSAN);
}

Test(judge_memory, leak_of_a_library_counts_not)
{
    made_report(made, made_run(made, "memcheck"), BUG_LEAK, NULL, LINES(-3));
    made_is(row(ROW_MEMORY), STATUS_PASS, NULL);
}

Test(judge_memory, bad_access_comes_before_leak)
{
    spoil("memcheck", BUG_LEAK);
    spoil("memcheck", BUG_BAD_ACCESS);
    row(ROW_MEMORY);
    cr_assert_eq(verdict.rows[ROW_MEMORY].findings[0]->kind, BUG_BAD_ACCESS);
}

Test(judge_memory, what_is_left_fails)
{
    static const char *const keys[] = {"threads-left", "children-left",
                                       "descriptors-left"};

    for (int i = 0; i < 3; i++) {
        talloc_free(made);
        made = made_good();
        made_value(made, made_run(made, "memcheck"), "count/four", keys[i],
                   "2");
        made_is(row(ROW_MEMORY), STATUS_FAIL, NULL);
        made_says(verdict.rows[ROW_MEMORY].message,
                  "`count/four` had ended, 2 ");
    }
}

Test(judge_memory, what_is_left_in_other_runs_counts_not)
{
    made_value(made, made_run(made, "gcc"), "count/four", "threads-left", "2");
    made_is(row(ROW_MEMORY), STATUS_PASS, NULL);
}

Test(judge_memory, nothing_done_shows_nothing)
{
    made_value(made, made_run(made, "memcheck"), "count/two", "total", "0");
    made_value(made, made_run(made, "memcheck"), "count/four", "total", "0");
    made_is(row(ROW_MEMORY), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_MEMORY].message, "shows nothing about memory");
}

Test(judge_memory, test_that_did_not_end_shows_nothing)
{
    made_cut(made, made_run(made, "memcheck"), "overlap/both");
    made_is(row(ROW_MEMORY), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_MEMORY].message, "under Memcheck");
}

Test(judge_memory, deadlock_blocks_it)
{
    made_report(made, made_run(made, "patient"), BUG_DEADLOCK, "count/two",
                LINES(12, 14));
    made_is(row(ROW_MEMORY), STATUS_SKIPPED, "blocked");
}

/* ---- speed ------------------------------------------------------------------
 */

Test(judge_speed, says_what_was_counted)
{
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
    cr_assert_str_eq(verdict.rows[ROW_SPEEDUP].message,
                     "In virtual time: 2.00x on 2 cores; asked for: 1.5x.");
}

Test(judge_speed, too_slow_fails)
{
    made_timed(made, 1.0, 1.0, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "1.00x on 2 cores");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].max_points, 15);
}

Test(judge_speed, slow_alone_does_not_look_fast)
{
    made_timed(made, 1.0, 9.0, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
}

Test(judge_speed, fast_alone_is_not_parallel)
{
    made_timed(made, 8.0, 1.0, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
}

Test(judge_speed, the_threshold_itself_is_enough)
{
    made_timed(made, 1.5, 1.5, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
    made_timed(made, 1.49, 1.49, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
}

Test(judge_speed, more_than_there_may_be_fails)
{
    made->exercise.speed_threshold = 0.5;
    made->exercise.speed_at_most = 1.2;
    made->exercise.speed_why = "one at a time";
    made_timed(made, 1.0, 1.0, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
    cr_assert_str_eq(verdict.rows[ROW_SPEEDUP].message,
                     "In virtual time: 1.00x on 2 cores; asked for: 0.5x. More "
                     "than 1.2x would be wrong: one at a time.");
    made_timed(made, 1.21, 1.21, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "would be wrong");
    made_timed(made, 0.4, 0.4, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
}

Test(judge_speed, the_clock_is_shown_and_decides_nothing)
{
    struct round round = {1.0, 1.0, 2.0};

    made->evidence.speed = (struct measurement){.rounds = &round, .count = 1};
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "just now: 0.5x");
}

Test(judge_speed, cases_are_shown_whatever_the_verdict)
{
    struct figure virtual[] = {{"wait/one", 4.0, 0}, {"wait/many", 1.0, 0}};
    struct figure clock[] = {{"wait/many", 0, 2.5}};

    made_timed(made, 1.0, 1.0, 1.0);
    made->evidence.timed.cases = virtual;
    made->evidence.timed.case_count = 2;
    made->evidence.speed.cases = clock;
    made->evidence.speed.case_count = 1;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].figure_count, 2);
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].figures[0].clock, 0);
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].figures[1].virtual_time, 1.0);
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].figures[1].clock, 2.5);
}

Test(judge_speed, names_the_lock_in_the_way)
{
    struct path_part part = {.kind = PATH_HOLDS,
                             .place = {.line = 7, .student = true},
                             .share = 0.7};

    made_timed(made, 1.0, 1.0, 1.0);
    made->evidence.timed.many.parts = &part;
    made->evidence.timed.many.part_count = 1;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "70 %");
    made_says(verdict.rows[ROW_SPEEDUP].message, "in line 7");
    made_says(verdict.rows[ROW_SPEEDUP].message, "no more than 1.4x");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].finding_count, 1);
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].findings[0]->location_count, 1);
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].findings[0]->locations[0].place.line,
                 7);
}

Test(judge_speed, names_the_variable_that_cores_fight_over)
{
    struct fetched_part part = {.place = {.line = 9, .student = true},
                                .variable = "total",
                                .share = 0.6};

    made_timed(made, 1.0, 1.0, 1.0);
    made->evidence.timed.many.fetched = &part;
    made->evidence.timed.many.fetched_count = 1;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "60 %");
    made_says(verdict.rows[ROW_SPEEDUP].message, "in line 9 (`total`)");
}

Test(judge_speed, other_result_fails)
{
    made->evidence.timed.agree = false;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "another result");
}

Test(judge_speed, threads_that_are_left_fail)
{
    made->evidence.timed.left = 2;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "2 of its threads were");
}

Test(judge_speed, program_that_failed)
{
    made->evidence.timed.complete = false;
    made->evidence.timed.fault = FAULT_DEADLOCK;
    made->evidence.timed.fault_text = "nobody can go on";
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "deadlock");
}

Test(judge_speed, what_is_not_under_control_is_not_judged)
{
    made->evidence.timed.complete = false;
    made->evidence.timed.fault = FAULT_UNCONTROLLED;
    made->evidence.timed.fault_text = "fork";
    made_is(row(ROW_SPEEDUP), STATUS_INCONCLUSIVE, "uncontrolled");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].max_points, 0);
}

Test(judge_speed, race_blocks_it)
{
    made_report(made, made_run(made, "tsan"), BUG_RACE, "count/two",
                LINES(12, 12));
    made_is(row(ROW_SPEEDUP), STATUS_SKIPPED, "blocked");
}

Test(judge_speed, not_measured_after_a_deadlock)
{
    made->evidence.timed = (struct timed){0};
    made_report(made, made_run(made, "tsan"), BUG_DEADLOCK, "count/two",
                LINES(12, 12));
    made_is(row(ROW_SPEEDUP), STATUS_SKIPPED, "blocked");
}

Test(judge_speed, forgotten_is_the_kits_fault)
{
    made->evidence.timed = (struct timed){0};
    made_is(row(ROW_SPEEDUP), STATUS_ERROR, "error");
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
}
