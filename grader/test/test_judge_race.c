/*
 * test_judge_race.c - data races, and what the tools get wrong.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "suite.h"

TestSuite(judge_race, .init = suite_begin, .fini = suite_end);

/* ---- races -----------------------------------------------------------------
 */

Test(judge_race, tells_both_sides)
{
    struct report *race = report("tsan", BUG_RACE, LINES(12, 20));
    const struct finding *finding;

    race->object = "total";
    race->sides[1].locks = "M0";
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    finding = verdict.rows[ROW_RACE].findings[0];
    made_says(finding->message, "`total`");
    made_says(finding->message, "One of them holds a lock");
    cr_assert_eq(finding->location_count, 2);
    cr_assert_str_eq(finding->locations[0].what, "writes here");
    cr_assert_eq(finding->locations[0].place.line, 12);
    cr_assert_str_eq(finding->locations[1].what, "reads here");
    cr_assert_eq(finding->locations[1].place.line, 20);
    made_says(finding->story, "1. T2 reads `total` (line 20)");
    made_says(finding->story, "2. T1 writes `total` (line 12)");
    cr_assert_str_eq(verdict.rows[ROW_RACE].again,
                     "make check EX=01 LENS=tsan SEED=7");
}

Test(judge_race, lost_update_has_six_steps)
{
    report("tsan", BUG_RACE, LINES(12, 12))->object = "total";
    row(ROW_RACE);
    made_says(verdict.rows[ROW_RACE].findings[0]->story, "6. T2 writes it");
    made_says(verdict.rows[ROW_RACE].findings[0]->story,
              "One way it goes wrong:");
}

Test(judge_race, two_stores_are_an_if)
{
    report("tsan", BUG_RACE, LINES(12, 12))->sides[1].what = "writes 8 bytes";
    row(ROW_RACE);
    made_says(verdict.rows[ROW_RACE].findings[0]->story, "as x++ does");
}

Test(judge_race, use_after_free_is_told_as_one)
{
    struct report *race = report("tsan", BUG_RACE, LINES(30, 40));

    race->sides[0].what = "frees the block";
    race->object = "block of 40 bytes allocated at racy-counter.c:3";
    row(ROW_RACE);
    made_says(verdict.rows[ROW_RACE].message, "the block of 40 bytes");
    made_says(verdict.rows[ROW_RACE].findings[0]->story,
              "1. T1 frees the block (line 30)");
}

Test(judge_race, side_of_the_caller_is_told)
{
    report("tsan", BUG_RACE, LINES(12, -80));
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RACE].findings[0]->story,
              "your function returns");
    cr_assert_str_eq(verdict.rows[ROW_RACE].findings[0]->locations[1].what,
                     "the caller reads here");
}

Test(judge_race, report_without_the_student_counts_not)
{
    report("tsan", BUG_RACE, LINES(-80, -81));
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 0);
}

Test(judge_race, two_tools_are_one_finding)
{
    report("tsan", BUG_RACE, LINES(12, 20));
    report("helgrind", BUG_RACE, LINES(20, 12));
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[ROW_RACE].finding_count, 1);
    cr_assert_eq(verdict.rows[ROW_RACE].findings[0]->lenses,
                 1u << LENS_TSAN | 1u << LENS_HELGRIND);
}

Test(judge_race, same_variable_and_a_line_is_one_finding)
{
    report("tsan", BUG_RACE, LINES(12, 12))->object = "total";
    report("helgrind", BUG_RACE, LINES(12, 33))->object = "total";
    report("helgrind", BUG_RACE, LINES(12, 44))->object = "other";
    row(ROW_RACE);
    cr_assert_eq(verdict.rows[ROW_RACE].finding_count, 2);
    cr_assert_eq(verdict.rows[ROW_RACE].findings[1]->location_count, 3);
}

Test(judge_race, helgrind_alone_fails_a_plain_program)
{
    report("helgrind", BUG_RACE, LINES(12, 20));
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
}

Test(judge_race, helgrind_alone_is_a_note_with_atomics)
{
    report("helgrind", BUG_RACE, LINES(12, 20));
    made->evidence.uses_atomics = true;
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 1);
    cr_assert(verdict.notes[0].note);
    made_says(verdict.notes[0].message, "Helgrind sees nothing that orders two "
                                        "uses of the same memory");
    made_says(verdict.notes[0].message, "ThreadSanitizer found no race");
    cr_assert_null(strstr(verdict.notes[0].message, "can use"));
    cr_assert_eq(verdict.score, 100);
}

Test(judge_race, helgrind_alone_is_a_note_with_pipes)
{
    report("helgrind", BUG_RACE, LINES(12, 20));
    made->evidence.uses_unseen = true;
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
}

Test(judge_race, helgrind_alone_is_open_when_nobody_asked_tsan)
{
    made_run(made, "tsan")->lens = LENS_BUILD;
    made->evidence.lenses = 1u << LENS_HELGRIND;
    report("helgrind", BUG_RACE, LINES(12, 20));
    made_is(row(0), STATUS_INCONCLUSIVE, "alone");
}

Test(judge_race, fence_is_inconclusive)
{
    report("tsan", BUG_RACE, LINES(12, 20));
    made->evidence.uses_fence = made->evidence.uses_atomics = true;
    made_is(row(ROW_RACE), STATUS_INCONCLUSIVE, "fence");
    cr_assert_eq(verdict.rows[ROW_RACE].max_points, 0);
    made_is(&verdict.rows[ROW_RESULTS], STATUS_PASS, NULL);
    cr_assert_eq(verdict.verdict, VERDICT_PASS);
    cr_assert_eq(verdict.score, verdict.max_score);
}

Test(judge_race, clocklock_is_inconclusive)
{
    report("tsan", BUG_RACE, LINES(12, 20));
    made->evidence.uses_clocklock = true;
    made_is(row(ROW_RACE), STATUS_INCONCLUSIVE, "clocklock");
}

/* A run of the lens interleavings that has been to these lines. */
static struct run *explored(const int *visited, size_t count)
{
    struct run *run = made_run(made, "overlap");

    run->lens = LENS_INTERLEAVINGS;
    run->searches = talloc_zero(made, struct search);
    *run->searches = (struct search){.test = "schedules/two", .whole = true};
    run->search_count = 1;
    run->visited = talloc_memdup(made, visited, count * sizeof *visited);
    run->visited_count = count;
    return run;
}

Test(judge_race, the_explorer_has_the_last_word_about_a_fence)
{
    static const int both[] = {12, 20};
    struct run *run = explored(both, 2);

    report("tsan", BUG_RACE, LINES(12, 20));
    made->evidence.uses_fence = made->evidence.uses_atomics = true;
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
    cr_assert_eq(verdict.note_count, 0);
    run->raced = run->visited;
    run->raced_count = 1;
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
}

Test(judge_race, the_explorer_has_no_word_about_a_line_where_it_was_not)
{
    static const int one[] = {12};
    struct run *run = explored(one, 1);

    report("tsan", BUG_RACE, LINES(12, 20));
    made->evidence.uses_clocklock = true;
    made_is(row(ROW_RACE), STATUS_INCONCLUSIVE, "clocklock");
    run->searches->whole = false; /* nor when it did not come to an end */
    run->visited[0] = 20;
    made_is(row(ROW_RACE), STATUS_INCONCLUSIVE, "clocklock");
}

/* What the explorer reports: no variable, no locks, a stack of one. */
static void explored_race(struct run *run, const int *lines)
{
    made_report(made, run, BUG_RACE, "schedules/two", lines)->lens =
        LENS_INTERLEAVINGS;
}

Test(judge_race, one_that_only_the_explorer_meets_fails)
{
    static const int both[] = {12, 20};
    const struct row *race;

    explored_race(explored(both, 2), LINES(12, 20));
    race = row(ROW_RACE);
    made_is(race, STATUS_FAIL, NULL);
    cr_assert_eq(race->lens, LENS_INTERLEAVINGS);
    made_says(race->message, "in other interleavings it does");
    made_says(race->again, "LENS=tsan,interleavings");
    cr_assert_eq(race->findings[0]->location_count, 2);
    made_is(&verdict.rows[ROW_RESULTS], STATUS_PASS, NULL);
}

Test(judge_race, the_explorer_is_not_heard_where_the_detectors_have_seen_one)
{
    static const int both[] = {12, 20};
    const struct row *race;

    explored_race(explored(both, 2), LINES(30, 40));
    report("tsan", BUG_RACE, LINES(12, 20));
    race = row(ROW_RACE);
    cr_assert_eq(race->lens, LENS_TSAN);
    cr_assert_eq(race->finding_count, 1);
    cr_assert_eq(verdict.note_count, 0);
}

/* The ThreadSanitizer run of count/four went through these lines. */
static void ran(int *lines, size_t count)
{
    struct run *run = made_run(made, "tsan");

    run->passages = talloc_zero(made, struct passage);
    *run->passages = (struct passage){"count/four", lines, count};
    run->passage_count = 1;
}

Test(judge_race, what_runs_through_a_race_is_luck_in_tests_where_none_was_seen)
{
    static int both[] = {12, 20}, one[] = {12};
    struct check *results = &made->exercise.checks[ROW_RESULTS];
    struct check *memory = &made->exercise.checks[ROW_MEMORY];

    results->tests.items[0] = memory->tests.items[0] = "count/four";
    report("tsan", BUG_RACE, LINES(12, 20)); /* in count/two */
    ran(one, 1);
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    made_is(&verdict.rows[ROW_RESULTS], STATUS_PASS, NULL);
    made_is(&verdict.rows[ROW_MEMORY], STATUS_PASS, NULL);
    ran(both, 2);
    made_is(row(ROW_RESULTS), STATUS_SKIPPED, "blocked");
    made_is(&verdict.rows[ROW_MEMORY], STATUS_SKIPPED, "blocked");
}

Test(judge_race, who_called_the_racing_line_must_have_run_as_well)
{
    static int lines[] = {12, 20, 30};
    struct side *side = &report("tsan", BUG_RACE, LINES(12, 20))->sides[0];

    made->exercise.checks[ROW_RESULTS].tests.items[0] = "count/four";
    side->stack = talloc_realloc(made, side->stack, struct place, 3);
    side->stack[2] = side->stack[1];
    side->stack[2].line = 30;
    side->depth = 3;
    ran(lines, 2);
    made_is(row(ROW_RESULTS), STATUS_PASS, NULL);
    ran(lines, 3);
    made_is(row(ROW_RESULTS), STATUS_SKIPPED, "blocked");
}

Test(judge_race, all_that_the_explorer_meets_at_one_line_is_one_finding)
{
    static const int all[] = {12, 20, 30};
    struct run *run = explored(all, 3);
    const struct row *race;

    explored_race(run, LINES(12, 20));
    explored_race(run, LINES(30, 20));
    race = row(ROW_RACE);
    cr_assert_eq(race->finding_count, 1);
    cr_assert_eq(race->findings[0]->location_count, 3);
}

Test(judge_race, the_explorer_bears_helgrind_out)
{
    static const int both[] = {12, 20};

    explored_race(explored(both, 2), LINES(12, 20));
    report("helgrind", BUG_RACE, LINES(20, 12));
    made->evidence.uses_atomics = true;
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    cr_assert_eq(verdict.rows[ROW_RACE].finding_count, 1);
    cr_assert_eq(verdict.note_count, 0);
}

Test(judge_race, fence_without_a_report_passes)
{
    made->evidence.uses_fence = true;
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
}

Test(judge_race, one_thread_shows_nothing)
{
    struct run *run = made_run(made, "tsan");

    made_value(made, run, "count/two", "threads", "1");
    made_value(made, run, "count/four", "threads", "1");
    made_value(made, run, "overlap/both", "threads", "1");
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "at the same time");
    cr_assert_eq(verdict.rows[ROW_RACE].max_points, 25);
    cr_assert_eq(verdict.verdict, VERDICT_FAIL);
}

Test(judge_race, pass_shows_nothing_while_a_needed_check_fails)
{
    struct check *check = &made->exercise.checks[ROW_RACE];

    check->needs.items = &made->exercise.checks[ROW_RESULTS].name;
    check->needs.count = 1;
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
    made_value(made, made_run(made, "gcc"), "count/two", "total", "999");
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "shows nothing");
}

Test(judge_race, where_chance_decides_a_failure_shows_nothing_either)
{
    struct check *check = &made->exercise.checks[ROW_RACE];

    check->needs.items = &made->exercise.checks[ROW_MEMORY].name;
    check->needs.count = 1;
    check->chance = true;
    made_report(made, made_run(made, "tsan"), BUG_RACE, NULL, LINES(12, 13));
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    made_report(made, made_run(made, "memcheck"), BUG_BAD_ACCESS, NULL,
                LINES(12));
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "is chance");
    cr_expect_eq(verdict.rows[ROW_RACE].finding_count, 0);
    cr_expect_eq(verdict.rows[ROW_RACE].max_points, 25);
}

Test(judge_race, threads_of_other_tests_show_nothing)
{
    made->exercise.checks[ROW_RACE].tests.items[0] = "count/*";
    made_value(made, made_run(made, "tsan"), "count/two", "threads", "1");
    made_value(made, made_run(made, "tsan"), "count/four", "threads", "1");
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
}

Test(judge_race, test_that_did_not_end_shows_nothing)
{
    made_cut(made, made_run(made, "helgrind"), "overlap/both");
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "under Helgrind");
}

Test(judge_race, log_that_broke_off_shows_nothing)
{
    made_run(made, "tsan")->reports.complete = false;
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "ThreadSanitizer");
}

Test(judge_race, wrong_results_show_nothing)
{
    wrong_everywhere("tsan");
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "First make the results right");
}

Test(judge_race, half_of_the_results_is_enough)
{
    made->exercise.checks[ROW_RACE].tests.items[0] = "count/*";
    made_value(made, made_run(made, "tsan"), "count/two", "total", "1");
    made_is(row(ROW_RACE), STATUS_PASS, NULL);
}

Test(judge_race, deadlock_blocks_it_every_time)
{
    made_cut(made, made_run(made, "patient"), "count/two");
    report("patient", BUG_DEADLOCK, LINES(12, 14));
    made_is(row(ROW_RACE), STATUS_SKIPPED, "blocked");
    made_says(verdict.rows[ROW_RACE].message, "deadlock");
}

Test(judge_race, race_beats_a_deadlock)
{
    report("patient", BUG_DEADLOCK, LINES(12, 14));
    report("tsan", BUG_RACE, LINES(30, 31));
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
}

Test(judge_race, misuse_counts_here_without_a_deadlock_check)
{
    report("tsan", BUG_LOCK_MISUSE, LINES(12))->title =
        "unlock of an unlocked mutex (or by a wrong thread)";
    made->exercise.checks[ROW_DEADLOCK].tests.items[0] = "overlap/*";
    made_is(row(ROW_RACE), STATUS_FAIL, NULL);
    made_says(verdict.rows[ROW_RACE].message, "unlocked that nobody holds");
    made_is(&verdict.rows[ROW_DEADLOCK], STATUS_PASS, NULL);
}

Test(judge_race, order_does_not_depend_on_the_tools)
{
    report("tsan", BUG_RACE, LINES(50, 51));
    report("tsan", BUG_RACE, LINES(12, 13));
    report("helgrind", BUG_RACE, LINES(20, -7));
    row(ROW_RACE);
    cr_assert_eq(verdict.rows[ROW_RACE].finding_count, 3);
    cr_assert_eq(verdict.rows[ROW_RACE].findings[0]->locations[0].place.line,
                 12);
    cr_assert_eq(verdict.rows[ROW_RACE].findings[2]->locations[0].place.line,
                 20);
}
