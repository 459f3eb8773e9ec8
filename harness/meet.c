/*
 * meet.c - waiting to be let go: meetings, patience, tries in vain.
 *
 * A thread in meet() sleeps until enough others have come, or until the
 * grader, which watches from outside, has found that nothing else can move
 * and adds one to `let_go_meetings`. A thread under the patient policy sleeps
 * until `let_go_patience` grows. Both sleep on the board's bell.
 *
 * The patient policy makes deadlocks happen. Whoever holds a lock and asks
 * for another is held back until everyone sleeps; then all go on at once, each
 * with its first lock in hand. A cycle of locks closes every time; a program
 * without one loses nothing but time. After the active testing of Joshi, Park,
 * Sen and Naik (A randomized dynamic program analysis technique for detecting
 * real deadlocks, PLDI 2009), with stillness in place of a time-out.
 *
 * Who tries for a second lock, and steps back, can go on stepping back: two
 * such threads keep step with each other, the more so as our own work lies
 * between their two locks. On a bare machine that lasts a moment; here it has
 * lasted for half a second of processor time. So after a few tries in vain a
 * thread lets the others go first, before it takes a first lock: each for
 * another while, longer each time.
 */
#include "inside.h"

#include "interleave.h"

/* Sleeps until *epoch is no longer `seen`, or the thread is no longer in the
 * meeting (when it is in one). */
QUIET static void wait_for_bell(struct board_row *row, _Atomic uint32_t *epoch,
                                uint32_t seen, uint64_t meeting)
{
    for (;;) {
        uint32_t bell = board->bell;

        if (*epoch != seen)
            return;
        if (meeting != 0 && row->meeting != meeting)
            return;
        quiet_wait(&board->bell, bell);
    }
}

QUIET static int count_inside(uint64_t meeting)
{
    int n = 0;

    for (uint32_t i = 0; i < board->rows_used; i++)
        n += board->rows[i].meeting == meeting && board_alive(&board->rows[i]);
    return n;
}

/* Under board->lock: everyone in the meeting leaves it, knowing how many. */
QUIET static void dissolve(uint64_t meeting)
{
    int n = count_inside(meeting);

    for (uint32_t i = 0; i < board->rows_used; i++) {
        if (board->rows[i].meeting != meeting)
            continue;
        board->rows[i].met = n;
        board->rows[i].meeting = 0;
    }
    board->bell += 1;
}

QUIET __attribute__((noinline)) int meet(struct meeting *meeting)
{
    struct board_row *row = row_self();
    uint64_t key = (uint64_t)(uintptr_t)meeting;
    uint32_t seen;
    struct frames at;

    if (row == NULL)
        return 1;
    frames_here(&at, __builtin_frame_address(0));
    shared_lock(&board->lock);
    seen = board->let_go_meetings;
    row->meeting = key;
    if (count_inside(key) >= meeting->size)
        dissolve(key);
    shared_unlock(&board->lock);
    if (row->meeting != key) {
        quiet_wake_all(&board->bell);
        return row->met;
    }

    board->pending += 1;
    wait_begin(row, WAIT_MEETING, key, false, &at);
    wait_for_bell(row, &board->let_go_meetings, seen, key);
    shared_lock(&board->lock);
    if (row->meeting == key)
        dissolve(key);
    shared_unlock(&board->lock);
    quiet_wake_all(&board->bell);
    wait_end(row);
    board->pending -= 1;
    return row->met;
}

enum { VAIN_FEW = 4, VAIN_MANY = 8 };

/* With no lock in hand, so that nobody waits for it. */
QUIET static void step_aside(const struct board_row *row)
{
    uint32_t times = row->vain < VAIN_MANY ? row->vain : VAIN_MANY;
    uint32_t chance = (row->vain * 31 + row->number) * 2654435761u;

    if (row->vain < VAIN_FEW)
        return;
    for (uint32_t i = chance >> (32 - times); i > 0; i--)
        sched_yield();
}

QUIET void patience(struct board_row *row, uint64_t object,
                    const struct frames *at)
{
    uint32_t seen = board->let_go_patience;

    if (row == NULL)
        return;
    if (row->held_count == 0) {
        step_aside(row);
        return;
    }
    if (board->policy != POLICY_PATIENT)
        return;
    board->pending += 1;
    wait_begin(row, WAIT_PATIENCE, object, false, at);
    wait_for_bell(row, &board->let_go_patience, seen, 0);
    wait_end(row);
    board->pending -= 1;
}

QUIET void patience_try(struct board_row *row, uint64_t object,
                        const struct frames *at)
{
    if (row == NULL || (row->tried && row->held_count > 0))
        return;
    row->tried |= row->held_count > 0;
    patience(row, object, at);
}

QUIET static uint32_t news(void)
{
    return board->releases + board->let_go_patience + board->let_go_meetings;
}

QUIET void try_failed(struct board_row *row, uint64_t object,
                      const struct frames *at)
{
    uint32_t seen;

    if (row != NULL && row->held_count > 0)
        row->vain++;
    if (row == NULL || board->pending == 0) {
        sched_yield();
        return;
    }
    board->trying += 1;
    seen = news();
    wait_begin(row, WAIT_TRY, object, false, at);
    while (board->pending > 0 && news() == seen) {
        uint32_t bell = board->bell;

        if (board->pending > 0 && news() == seen)
            quiet_wait(&board->bell, bell);
    }
    wait_end(row);
    board->trying -= 1;
}

QUIET void try_succeeded(struct board_row *row, uint64_t object,
                         enum waiting kind, const struct frames *at)
{
    if (row != NULL && row->held_count > 0)
        row->vain = 0;
    held_push(row, object, kind, at);
}

QUIET void try_again(void)
{
    if (board->trying == 0)
        return;
    board->releases += 1;
    board->bell += 1;
    quiet_wake_all(&board->bell);
}

QUIET int threads_alive(void)
{
    return board->alive;
}

static _Atomic int creations_left = -1;

QUIET void fail_thread_create_after(int n)
{
    creations_left = n;
}

QUIET bool creation_fails(void)
{
    int left = creations_left;

    while (left >= 0) {
        if (left == 0)
            return true;
        if (atomic_compare_exchange_weak(&creations_left, &left, left - 1))
            return false;
    }
    return false;
}

/* The meetings come first: who is let go out of one may be about to end. */
QUIET void wait_at_end(bool (*enough)(void))
{
    struct board_row *row = row_self();
    uint32_t seen = board->let_go_end;
    struct frames at;

    if (row == NULL || enough())
        return;
    frames_here(&at, __builtin_frame_address(0));
    board->pending += 1;
    wait_begin(row, WAIT_END, (uint64_t)(uintptr_t)&board->alive, false, &at);
    for (;;) {
        uint32_t bell = board->bell;

        if (enough() || board->let_go_end != seen)
            break;
        quiet_wait(&board->bell, bell);
    }
    wait_end(row);
    board->pending -= 1;
}

QUIET static bool nobody_else(void)
{
    return board->alive <= 1;
}

QUIET int wait_for_others(void)
{
    wait_at_end(nobody_else);
    return row_self() == NULL ? 0 : board->alive - 1;
}
