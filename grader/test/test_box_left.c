/* test_box_left.c - nothing is left, whoever dies */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../family.h"
#include "test_box.h"

TestSuite(box_left, .init = use_keeper, .timeout = 120);

/* ---- what is left ------------------------------------------------------- */

Test(box_left, removes_a_daemon_and_counts_it)
{
    struct run *run = run_new("leave daemon");

    expect_end(go(run), BOX_EXITED, 5);
    cr_assert_eq(run->result.left, 1);
    run_free(run);
}

Test(box_left, does_not_wait_for_who_holds_stdout)
{
    struct run *run = run_new("leave daemon with stdout");

    expect_end(go(run), BOX_EXITED, 5);
    cr_assert_eq(run->result.left, 1);
    cr_assert(run->result.wall_seconds < 30);
    run_free(run);
}

Test(box_left, does_not_count_a_zombie_as_left)
{
    struct run *run = run_new("leave zombie");

    expect_end(go(run), BOX_EXITED, 0);
    cr_assert_eq(run->result.left, 0);
    run_free(run);
}

Test(box_left, does_not_count_as_left_what_was_killed)
{
    for (int i = 0; i < 20; i++) {
        struct run *run = run_new("leave killed");

        expect_end(go(run), BOX_EXITED, 0);
        cr_assert_eq(run->result.left, 0);
        run_free(run);
    }
}

Test(box_left, works_without_the_kernels_lists_of_children)
{
    struct run *run = run_new("leave daemon");

    family_look_at_all = true;
    expect_end(go(run), BOX_EXITED, 5);
    run_free(run);
    run = run_new("spin in three");
    run->spec.limits.cpu_seconds = 0.3;
    expect_end(go(run), BOX_CPU, -1);
    run_free(run);
}

/* ---- keeper and grader --------------------------------------------------- */

Test(box_left, survives_the_death_of_its_keeper)
{
    for (int i = 0; i < 5; i++) {
        struct run *run = run_new("kill keeper");

        expect_end(go(run), BOX_SIGNALLED, SIGKILL);
        cr_assert(strstr(run->result.why, "killed") != NULL);
        run_free(run);
    }
}

Test(box_left, wakes_a_keeper_that_was_stopped)
{
    struct run *run = run_new("stop keeper");

    expect_end(go(run), BOX_EXITED, 3);
    run_free(run);
}

/* Waits up to 20 s for the number of marked processes. */
static bool comes_to(const struct run *run, bool any)
{
    for (int i = 0; i < 2000; i++) {
        if ((marked(run) > 0) == any)
            return true;
        usleep(10000);
    }
    return false;
}

Test(box_left, leaves_nothing_when_the_grader_is_killed)
{
    const char *names[] = {"spin in three", "session bomb", "ignore all"};

    for (int i = 0; i < 3; i++) {
        struct run *run = run_new(names[i]);
        pid_t grader;

        grader = fork();
        cr_assert(grader >= 0);
        if (grader == 0) {
            box_run(run->ctx, &run->spec, &run->result);
            _exit(0);
        }
        cr_assert(comes_to(run, true));
        if (i != 1)
            usleep(50000);
        kill(grader, SIGKILL);
        waitpid(grader, NULL, 0);
        cr_assert(comes_to(run, false), "%s is left", names[i]);
        run_free(run);
    }
}
