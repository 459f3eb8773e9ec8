/*
 * assertions.c - a cr_assert of real Criterion that fails.
 *
 * It tells Criterion's runner, another process, and sleeps until that has
 * answered. If the other threads of the test happen to sleep too, then all
 * sleep and nobody of this process can wake one of them: to the grader, which
 * does not watch the runner, a deadlock. So the board says that the sleep
 * ends by itself. After a fatal one the test is over, and no hang in what
 * follows is the student's.
 */
#include "inside.h"

/* <criterion/event.h>, <criterion/abort.h>: the real one's, which the
 * stand-in does not have */
struct criterion_assert_stats;
void criterion_send_assert(struct criterion_assert_stats *stats);
_Noreturn void criterion_abort_test(void);

void il_criterion_send_assert(struct criterion_assert_stats *stats);
void il_criterion_send_assert(struct criterion_assert_stats *stats)
{
    ENTER;

    wait_begin(row, WAIT_RUNNER, 0, true, &at);
    criterion_send_assert(stats);
    wait_end(row);
}

_Noreturn void il_criterion_abort_test(void);
_Noreturn void il_criterion_abort_test(void)
{
    if (board->pid == getpid())
        board->pid = 0;
    criterion_abort_test();
}
