/* test_box_limits.c - each limit of the box, passed */
#define _GNU_SOURCE
#include <criterion/criterion.h>

#include "test_box.h"

TestSuite(box_limits, .init = use_keeper, .timeout = 120);

Test(box_limits, stops_a_sleeper_at_the_wall)
{
    struct run *run = run_new("forever");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    cr_assert(run->result.wall_seconds >= 0.3);
    run_free(run);
}

Test(box_limits, stops_who_ignores_signals)
{
    struct run *run = run_new("ignore all");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    run_free(run);
}

Test(box_limits, stops_who_has_closed_all_descriptors)
{
    struct run *run = run_new("close all");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    run_free(run);
}

Test(box_limits, stops_who_has_stopped_itself)
{
    struct run *run = run_new("stop self");

    run->spec.limits.wall_seconds = 0.3;
    expect_end(go(run), BOX_WALL, -1);
    run_free(run);
}

Test(box_limits, counts_the_cpu_time_of_all_processes)
{
    struct run *run = run_new("spin in three");

    run->spec.limits.cpu_seconds = 0.5;
    expect_end(go(run), BOX_CPU, -1);
    cr_assert(run->result.cpu_seconds > 0.45, "%f", run->result.cpu_seconds);
    run_free(run);
}

Test(box_limits, counts_the_cpu_time_of_processes_that_ended)
{
    struct run *run = run_new("spin in turns");

    run->spec.limits.cpu_seconds = 0.5;
    expect_end(go(run), BOX_CPU, -1);
    run_free(run);
}

Test(box_limits, stops_who_takes_too_much_memory)
{
    struct run *run = run_new("hog");

    run->spec.limits.memory_bytes = 100 * MB;
    expect_end(go(run), BOX_MEMORY, -1);
    cr_assert(run->result.peak_memory > 100 * MB);
    run_free(run);
}

Test(box_limits, sees_memory_after_the_first_thread_has_ended)
{
    struct run *run = run_new("hog in thread");

    run->spec.limits.memory_bytes = 100 * MB;
    expect_end(go(run), BOX_MEMORY, -1);
    run_free(run);
}

Test(box_limits, sees_too_much_memory_even_between_two_ticks)
{
    struct run *run = run_new("big and quick");

    run->spec.limits.memory_bytes = 32 * MB;
    expect_end(go(run), BOX_MEMORY, -1);
    run_free(run);
}

Test(box_limits, cuts_output_and_goes_on)
{
    struct run *run = run_new("print 100000");
    const struct box_result *result;

    run->spec.limits.output_bytes = 50000;
    result = go(run);
    expect_end(result, BOX_EXITED, 0);
    cr_assert_eq(result->out.size, 50000);
    cr_assert_eq(result->err.size, 50000);
    cr_assert(result->out.cut && result->err.cut);
    run_free(run);
}

Test(box_limits, does_not_cut_output_that_fits_exactly)
{
    struct run *run = run_new("print 100000");
    const struct box_result *result;

    run->spec.limits.output_bytes = 100000;
    result = go(run);
    cr_assert_eq(result->out.size, 100000);
    cr_assert(!result->out.cut && !result->err.cut);
    run_free(run);
}

Test(box_limits, stops_a_flood)
{
    struct run *run = run_new("flood");
    const struct box_result *result;

    run->spec.limits.output_bytes = 10000;
    result = go(run);
    expect_end(result, BOX_OUTPUT, -1);
    cr_assert_eq(result->out.size, 10000);
    cr_assert(result->out.cut);
    run_free(run);
}

Test(box_limits, judges_a_flood_the_same_however_quick_it_was)
{
    struct run *run = run_new("print 100000");

    run->spec.limits.output_bytes = 1000;
    expect_end(go(run), BOX_OUTPUT, -1);
    run_free(run);
}

Test(box_limits, stops_who_writes_one_big_file)
{
    struct run *run = run_new("fill one");

    run->spec.limits.file_bytes = 4 * MB;
    expect_end(go(run), BOX_FILES, -1);
    run_free(run);
}

Test(box_limits, stops_who_writes_many_files)
{
    struct run *run = run_new("fill many");

    run->spec.limits.file_bytes = 4 * MB;
    expect_end(go(run), BOX_FILES, -1);
    run_free(run);
}

Test(box_limits, stops_a_fork_bomb)
{
    struct run *run = run_new("fork bomb");

    run->spec.limits.processes = 50;
    expect_end(go(run), BOX_PROCESSES, -1);
    run_free(run);
}

Test(box_limits, stops_a_bomb_of_sessions)
{
    struct run *run = run_new("session bomb");

    run->spec.limits.processes = 50;
    expect_end(go(run), BOX_PROCESSES, -1);
    run_free(run);
}

Test(box_limits, counts_threads_as_well)
{
    struct run *run = run_new("thread bomb");

    run->spec.limits.processes = 50;
    expect_end(go(run), BOX_PROCESSES, -1);
    run_free(run);
}
