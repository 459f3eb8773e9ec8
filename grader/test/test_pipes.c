/*
 * test_pipes.c - who has the other end of a pipe, and does a timer run: asked
 * of real processes.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "pipes.h"

static void *ctx;
static struct board *board;
static int ends[2];
static pid_t child;

/* A child that has both ends of the pipe, as fork() leaves them. */
static void setup(void)
{
    ctx = talloc_new(NULL);
    board = talloc_zero(ctx, struct board);
    cr_assert_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    board->pid = getpid();
    board->rows_used = 2;
    board->rows[1].pid = child;
    board->rows[1].number = 1;
    board->rows[1].state = ROW_ALIVE;
}

static void teardown(void)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    talloc_free(ctx);
}

TestSuite(pipes, .init = setup, .fini = teardown);

static bool says(int fd, bool reads, const char *words)
{
    return strstr(pipes_describe(ctx, board, getpid(), fd, reads), words);
}

Test(pipes, writing_end_that_a_child_has_kept)
{
    close(ends[1]);
    cr_expect(
        says(ends[0], true, "a pipe; its writing end is open in child 1"));
    cr_expect_not(says(ends[0], true, "the test's process"));
}

Test(pipes, ends_of_both)
{
    cr_expect(says(ends[0], true, "open in the test's process (descriptor "));
    cr_expect(says(ends[0], true, " and in child 1"));
    cr_expect(says(ends[1], false, "its reading end is open in"));
}

Test(pipes, child_that_has_ended_has_nothing)
{
    close(ends[1]);
    board->rows[1].state = ROW_ENDED;
    cr_expect(says(ends[0], true, "a pipe whose writing end nobody has"));
}

Test(pipes, other_descriptors)
{
    int sockets[2];

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    cr_expect(says(sockets[0], true, "a socket"));
    close(sockets[1]);
    cr_expect(says(sockets[1], true, "which is not open"));
}

Test(pipes, timer_that_runs)
{
    const struct itimerspec hour = {.it_value = {3600, 0}};
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);

    cr_assert_not(pipes_timer_runs(getpid()));
    cr_assert_eq(timerfd_settime(timer, 0, &hour, NULL), 0);
    cr_assert(pipes_timer_runs(getpid()));
}
