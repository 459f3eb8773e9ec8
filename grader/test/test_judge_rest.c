/*
 * test_judge_rest.c - memory, and speed by the clock.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "made.h"

static struct made *made;
static struct verdict verdict;

static void setup(void)
{
    made = made_good();
}

static void teardown(void)
{
    talloc_free(made);
}

TestSuite(judge_memory, .init = setup, .fini = teardown);
TestSuite(judge_speed, .init = setup, .fini = teardown);

static const struct row *row(int which)
{
    verdict = made_judge(made);
    return &verdict.rows[which];
}

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

Test(judge_speed, says_what_was_measured)
{
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
    cr_assert_str_eq(verdict.rows[ROW_SPEEDUP].message,
                     "On your machine just now: 2.0x on 2 threads; asked for: "
                     "1.5x.");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].run_counts[LENS_SPEED], 5);
}

Test(judge_speed, too_slow_fails)
{
    made_rounds(made, 5, 1.0, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "1.0x on 2 threads");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].max_points, 15);
}

Test(judge_speed, slow_alone_does_not_look_fast)
{
    made_rounds(made, 5, 1.0, 1.0);
    for (int i = 0; i < 5; i++)
        made->evidence.speed.rounds[i].one = 9.0;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
}

Test(judge_speed, noise_is_inconclusive)
{
    made_rounds(made, 5, 1.16, 1.0);
    made_is(row(ROW_SPEEDUP), STATUS_INCONCLUSIVE, "noisy");
    made_says(verdict.rows[ROW_SPEEDUP].message, "1.0x on 2 threads");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].max_points, 0);
    cr_assert_eq(verdict.verdict, VERDICT_PASS);
    cr_assert_eq(verdict.max_score, 85);
}

Test(judge_speed, three_quiet_rounds_are_enough)
{
    made_rounds(made, 5, 1.0, 0.5);
    made->evidence.speed.rounds[0] = (struct round){1, 2, 1, 2, true};
    made->evidence.speed.rounds[1] = (struct round){1, 2, 1, 2, true};
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
    made->evidence.speed.rounds[2] = (struct round){1, 2, 1, 2, true};
    made_is(row(ROW_SPEEDUP), STATUS_INCONCLUSIVE, "noisy");
}

Test(judge_speed, rounds_that_disagree_are_noise)
{
    made_rounds(made, 5, 1.0, 1.0);
    made->evidence.speed.rounds[2].many = 0.6;
    made_is(row(ROW_SPEEDUP), STATUS_INCONCLUSIVE, "noisy");
}

Test(judge_speed, runs_that_vary_are_noise)
{
    made_rounds(made, 5, 1.0, 1.0);
    for (int i = 1; i < 4; i++)
        made->evidence.speed.rounds[i] = (struct round){2, 2, 2, 2, true};
    made_is(row(ROW_SPEEDUP), STATUS_INCONCLUSIVE, "noisy");
}

Test(judge_speed, close_is_inconclusive)
{
    static const double close[] = {1.40, 1.45, 1.5, 1.60};

    for (size_t i = 0; i < sizeof(close) / sizeof(close[0]); i++) {
        made_rounds(made, 4, 1.0, 1 / close[i]);
        made_is(row(ROW_SPEEDUP), STATUS_INCONCLUSIVE, "close");
    }
    made_rounds(made, 4, 1.0, 1 / 1.39);
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_rounds(made, 4, 1.0, 1 / 1.61);
    made_is(row(ROW_SPEEDUP), STATUS_PASS, NULL);
}

Test(judge_speed, machine_that_cannot)
{
    made->evidence.speed =
        (struct measurement){.wanted = true, .cannot = "one core"};
    made_is(row(ROW_SPEEDUP), STATUS_SKIPPED, "machine");
    cr_assert_eq(verdict.rows[ROW_SPEEDUP].max_points, 0);
    cr_assert_eq(verdict.verdict, VERDICT_PASS);
}

Test(judge_speed, other_result_fails)
{
    made->evidence.speed.rounds[3].agree = false;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_SPEEDUP].message, "another result");
}

Test(judge_speed, program_that_failed)
{
    made->evidence.speed.complete = false;
    made->evidence.speed.count = 0;
    made_is(row(ROW_SPEEDUP), STATUS_FAIL, NULL);
}

Test(judge_speed, race_blocks_it)
{
    made_report(made, made_run(made, "tsan"), BUG_RACE, "count/two",
                LINES(12, 12));
    made_is(row(ROW_SPEEDUP), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_SPEEDUP].message, "2.0x on 2 threads");
}

Test(judge_speed, not_measured_after_a_deadlock)
{
    made->evidence.speed = (struct measurement){0};
    made_report(made, made_run(made, "tsan"), BUG_DEADLOCK, "count/two",
                LINES(12, 12));
    made_is(row(ROW_SPEEDUP), STATUS_SKIPPED, "blocked");
}

Test(judge_speed, forgotten_is_the_kits_fault)
{
    made->evidence.speed = (struct measurement){0};
    made_is(row(ROW_SPEEDUP), STATUS_ERROR, "error");
    cr_assert_eq(verdict.verdict, VERDICT_ERROR);
}
