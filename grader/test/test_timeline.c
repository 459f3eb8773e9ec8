/*
 * test_timeline.c - from events to words: each made by hand, as a trace of a
 * replay would give them.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "timeline.h"

static struct timeline *timeline;

static void setup(void)
{
    timeline = talloc_zero(NULL, struct timeline);
    timeline->events = talloc_zero_array(timeline, struct event, 32);
    timeline->standing = talloc_zero_array(timeline, struct standing, 4);
    timeline->fault_thread = timeline->other_thread = -1;
}

static void teardown(void)
{
    talloc_free(timeline);
}

TestSuite(timeline, .init = setup, .fini = teardown);

static struct event *event(int thread, enum event_kind kind, const char *op,
                           const char *object, int line)
{
    struct event *event = &timeline->events[timeline->count++];

    *event = (struct event){.thread = thread,
                            .kind = kind,
                            .op = op,
                            .object = object,
                            .address = object ? (uint64_t)object[0] : 0,
                            .size = 4,
                            .other = -1,
                            .times = 1,
                            .matters = true,
                            .place = {.line = line, .file = "a.c"}};
    return event;
}

static void reads(int thread, const char *value, int line)
{
    event(thread, EVENT_READ, "read", "total", line)->after = value;
}

static void writes(int thread, const char *before, const char *after, int line)
{
    struct event *one = event(thread, EVENT_WRITE, "write", "total", line);

    one->before = before;
    one->after = after;
}

static void interrupts(int thread, int other)
{
    struct event *one = event(thread, EVENT_SWITCH, NULL, NULL, 0);

    one->other = other;
    one->preempts = true;
}

static struct standing *stands(int thread, const char *op, const char *object,
                               int owner)
{
    struct standing *one = &timeline->standing[timeline->standing_count++];

    *one = (struct standing){.thread = thread,
                             .op = op,
                             .object = object,
                             .address = (uint64_t)object[0],
                             .owner = owner,
                             .place = {.line = 10 + thread},
                             .taken = {.line = 20 + owner}};
    return one;
}

static void tells(const char *words)
{
    timeline_tell(timeline);
    cr_expect(timeline->sentence && strstr(timeline->sentence, words), "%s",
              timeline->sentence ? timeline->sentence : "(nothing)");
}

Test(timeline, a_lost_update)
{
    reads(1, "0", 5);
    interrupts(1, 2);
    reads(2, "0", 5);
    writes(2, "0", "1", 6);
    writes(1, "1", "1", 6);
    timeline->kind = FAULT_ASSERTION;
    timeline->fault_text = "total == 2";
    tells("T1 reads total (line 5) before T2 has written it (line 6)");
    tells("assert(total == 2) fails");
}

Test(timeline, a_look_that_is_out_of_date)
{
    reads(1, "100", 5);
    interrupts(1, 2);
    writes(2, "100", "20", 7);
    timeline->kind = NO_FAULT;
    tells("T1 has seen that total is 100 (line 5), and is interrupted; T2 "
          "changes it to 20 (line 7)");
}

Test(timeline, to_change_it_is_not_to_look_at_it_again)
{
    reads(1, "100", 5);
    interrupts(1, 2);
    writes(2, "100", "20", 7);
    reads(1, "20", 9);
    writes(1, "20", "-60", 9);
    timeline->kind = NO_FAULT;
    tells("T1 goes on as if it were still 100");
}

Test(timeline, a_second_look_is_no_reason)
{
    reads(1, "100", 5);
    interrupts(1, 2);
    writes(2, "100", "20", 7);
    reads(1, "20", 9);
    timeline->kind = NO_FAULT;
    timeline_tell(timeline);
    cr_expect_null(timeline->sentence);
}

Test(timeline, what_nobody_has_changed_is_no_reason)
{
    reads(1, "1", 5);
    interrupts(1, 2);
    writes(2, "1", "1", 7);
    timeline->kind = NO_FAULT;
    timeline_tell(timeline);
    cr_expect_null(timeline->sentence);
}

Test(timeline, a_cycle_lock_by_lock)
{
    timeline->kind = FAULT_DEADLOCK;
    stands(0, "join", "T1", -1);
    stands(1, "lock", "b", 2);
    stands(2, "lock", "a", 1);
    tells("T1 waits for b (line 11), which T2 has (line 22); T2 waits for a "
          "(line 12), which T1 has (line 21)");
}

Test(timeline, a_thread_that_waits_for_itself)
{
    timeline->kind = FAULT_DEADLOCK;
    stands(1, "lock", "m", 1);
    tells("T1 waits for m (line 11), which it has itself (line 21)");
}

Test(timeline, a_signal_that_came_when_nobody_waited)
{
    timeline->kind = FAULT_DEADLOCK;
    event(2, EVENT_STEP, "signal", "ready", 30);
    event(1, EVENT_STEP, "wait", "ready", 11);
    stands(1, "wake", "ready", -1);
    tells("The signal came when nobody waited: T2 signals ready (line 30)");
    cr_expect_str_eq(timeline->events[0].text, "signals ready: nobody waits");
}

Test(timeline, a_wait_that_nobody_ever_ends)
{
    timeline->kind = FAULT_DEADLOCK;
    stands(1, "wake", "ready", -1);
    tells("nobody ever signals it");
}

Test(timeline, both_sides_of_a_race)
{
    timeline->kind = FAULT_RACE;
    timeline->fault_thread = 2;
    timeline->other_thread = 1;
    timeline->fault_text = "read 1 write 0x4028a4";
    timeline->fault_object = "total";
    timeline->fault_place.line = 8;
    timeline->other_place.line = 6;
    tells("T1 writes total (line 6), and T2 reads it (line 8)");
}

Test(timeline, a_wait_without_a_second_look)
{
    event(1, EVENT_READ, "read", "held", 27)->after = "true";
    event(1, EVENT_STEP, "wait", "free", 28);
    event(1, EVENT_STEP, "wake", "free", 28);
    writes(1, "0", "1", 29);
    timeline->kind = NO_FAULT;
    tells("T1 comes back from its wait (line 28) and goes on without a second "
          "look at held (line 27)");
}

Test(timeline, a_wait_with_a_second_look_is_no_reason)
{
    event(1, EVENT_READ, "read", "held", 27)->after = "true";
    event(1, EVENT_STEP, "wait", "free", 28);
    event(1, EVENT_STEP, "wake", "free", 28);
    event(1, EVENT_READ, "read", "held", 27)->after = "false";
    timeline->kind = NO_FAULT;
    timeline_tell(timeline);
    cr_expect_null(timeline->sentence);
}

Test(timeline, a_loop_is_told_once)
{
    for (int i = 0; i < 5; i++)
        reads(1, "0", 5);
    timeline_tell(timeline);
    cr_expect_eq(timeline->events[0].times, 5);
    cr_expect_not(timeline->events[4].matters);
}
