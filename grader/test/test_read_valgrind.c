/*
 * test_read_valgrind.c - Helgrind's and Memcheck's recorded logs.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read.h"
#include "test_read.h"

static void *ctx;

static void set_up(void)
{
    ctx = talloc_new(NULL);
}

static void drop(void)
{
    talloc_free(ctx);
}

TestSuite(read_valgrind, .init = set_up, .fini = drop, .timeout = 300);

static struct reports helgrind(const char *name)
{
    size_t size;
    const char *xml = recorded(ctx, name, &size);
    struct reports reports = read_helgrind(ctx, xml, size, "answer.c");

    walk_reports(&reports);
    cr_expect(reports.complete);
    return reports;
}

static struct reports memcheck(const char *name)
{
    size_t size;
    const char *xml = recorded(ctx, name, &size);
    struct reports reports = read_memcheck(ctx, xml, size, "answer.c");

    walk_reports(&reports);
    cr_expect(reports.complete);
    return reports;
}

Test(read_valgrind, races)
{
    struct reports reports = helgrind("helgrind-races.xml");
    const struct report *report;

    report = find_report(&reports, BUG_RACE, "fault/race_global");
    cr_expect_eq(report->lens, LENS_HELGRIND);
    cr_assert_eq(report->count, 2);
    cr_expect_str_eq(report->object, "total");
    cr_expect_str_eq(report->sides[0].what, "reads 8 bytes");
    cr_expect_str_eq(report->sides[0].thread, "T3");
    cr_expect_str_eq(report->sides[1].what, "writes 8 bytes");
    points_to(&report->sides[0], "RACE GLOBAL");
    points_to(&report->sides[1], "RACE GLOBAL");
    cr_expect_not(report->sides[0].stack[0].kit);
    cr_expect(report->sides[0].stack[1].kit);
    cr_expect_not(report->sides[0].stack[1].student);
    report = find_report(&reports, BUG_RACE, "fault/race_locks");
    cr_expect_str_eq(report->object, "squares");
    report = find_report(&reports, BUG_RACE, "fault/race_memset");
    cr_expect_str_eq(report->sides[0].what, "writes 8 bytes in memset");
    cr_expect_str_eq(report->object,
                     talloc_asprintf(ctx,
                                     "block of 40 bytes allocated at "
                                     "answer.c:%d",
                                     marked_line("ALLOCATED")));
    report = find_report(&reports, BUG_RACE, "fault/race_local_static");
    cr_expect_str_eq(report->object, "calls");
    report = find_report(&reports, BUG_RACE, "fault/race_stack");
    cr_expect_null(report->object);
    points_to(&report->sides[0], "RACE STACK");
}

Test(read_valgrind, locks)
{
    struct reports reports = helgrind("helgrind-locks.xml");
    const struct report *report;

    cr_expect_eq(reports.count, 11);
    report = find_report(&reports, BUG_LOCK_ORDER, "fault/order_two");
    cr_assert_eq(report->count, 2);
    points_to(&report->sides[0], "ORDER SOUTH NORTH");
    points_to(&report->sides[1], "ORDER NORTH SOUTH");
    cr_expect_str_eq(report->sides[0].thread, "main thread");
    cr_expect_str_eq(report->sides[0].what, "takes lock M0 while holding M1");
    cr_expect_str_eq(report->sides[1].what, "takes lock M1 while holding M0");
    cr_expect_str_eq(report->sides[1].locks,
                     talloc_asprintf(ctx, "M0, taken at answer.c:%d",
                                     marked_line("ORDER NORTH SOUTH") - 1));
    report = find_report(&reports, BUG_LOCK_ORDER, "fault/order_three");
    points_to(&report->sides[0], "ORDER FORKS");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/unlock_free");
    points_to(&report->sides[0], "UNLOCK FREE");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/unlock_twice");
    points_to(&report->sides[0], "UNLOCK TWICE");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/unlock_other");
    cr_expect_str_eq(report->sides[0].what, "ends while it still holds a lock");
    points_to(&report->sides[1], "HOLDER");
    cr_expect_str_eq(report[1].sides[0].what,
                     "releases a lock that another thread holds");
    points_to(&report[1].sides[0], "UNLOCK OTHER");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/lock_twice");
    points_to(&report->sides[0], "LOCK TWICE");
    cr_expect_str_eq(report[1].sides[0].what,
                     "calls pthread_mutex_lock, which fails with EDEADLK");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/destroy_locked");
    points_to(&report->sides[0], "DESTROY LOCKED");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/lock_destroyed");
    points_to(&report->sides[0], "LOCK DESTROYED");
}

Test(read_valgrind, conditions)
{
    struct reports reports = helgrind("helgrind-cond.xml");
    const struct report *report;

    report = find_report(&reports, BUG_COND_MISUSE, "fault/cond_unlocked");
    points_to(&report->sides[0], "WAIT UNLOCKED");
    report = find_report(&reports, BUG_DUBIOUS, "fault/cond_dubious");
    points_to(&report->sides[0], "DUBIOUS");
    report = find_report(&reports, BUG_COND_MISUSE, "fault/cond_destroy");
    points_to(&report->sides[0], "DESTROY WAITED");
}

Test(read_valgrind, access)
{
    struct reports reports = memcheck("memcheck-access.xml");
    const struct report *report;

    report = find_report(&reports, BUG_BAD_ACCESS, "fault/use_freed");
    cr_expect_eq(report->lens, LENS_MEMORY);
    cr_assert_eq(report->count, 3);
    cr_expect_str_eq(report->sides[0].what,
                     "writes 4 bytes of a block that is freed");
    points_to(&report->sides[0], "USE FREED");
    points_to(&report->sides[1], "FREED");
    points_to(&report->sides[2], "ALLOCATED");
    report = find_report(&reports, BUG_BAD_ACCESS, "fault/overrun");
    cr_expect_str_eq(report->sides[0].what,
                     "writes 4 bytes past the end of a block");
    points_to(&report->sides[0], "PAST THE END");
    points_to(&report->sides[1], "TEN");
    points_to(&report[1].sides[0], "BEFORE THE START");
    report = find_report(&reports, BUG_BAD_FREE, "fault/free_wrong");
    points_to(&report->sides[0], "FREE INSIDE");
    cr_expect_str_eq(report[1].sides[0].what,
                     "frees a block that is freed already");
    points_to(&report[1].sides[0], "FREE TWICE");
    report = find_report(&reports, BUG_UNINITIALISED, "fault/unset");
    points_to(&report->sides[0], "UNSET CONDITION");
    points_to(&report[1].sides[0], "UNSET VALUE");
    points_to(&report[2].sides[0], "UNSET SENT");
    report = find_report(&reports, BUG_BAD_ACCESS, "fault/unset");
    points_to(&report->sides[0], "NOT ITS OWN");
}

Test(read_valgrind, leaks)
{
    struct reports reports = memcheck("memcheck-leaks.xml");
    const struct report *report;

    cr_assert_eq(reports.count, 4, "still reachable is no leak");
    report = find_report(&reports, BUG_LEAK, "fault/leak");
    cr_expect_str_eq(report->object,
                     talloc_asprintf(ctx,
                                     "block of 40 bytes allocated at "
                                     "answer.c:%d",
                                     marked_line("ALLOCATED")));
    points_to(&report[1].sides[0], "LEAK");
    report = find_report(&reports, BUG_THREAD_LEAK, "fault/thread_leak");
    points_to(&report->sides[0], "THREAD LEAK");
}

Test(read_valgrind, crash)
{
    struct reports reports = memcheck("memcheck-crash.xml");
    const struct report *report;

    report = find_report(&reports, BUG_CRASH, "fault/crash");
    cr_expect_str_eq(report->title, "SIGSEGV");
    points_to(&report->sides[0], "CRASH");
}

/* The name of the student's file decides, and nothing else. */
Test(read_valgrind, another_student)
{
    size_t size;
    const char *xml = recorded(ctx, "helgrind-races.xml", &size);
    struct reports reports = read_helgrind(ctx, xml, size, "other.c");

    for (size_t i = 0; i < reports.count; i++)
        for (size_t s = 0; s < reports.items[i].count; s++)
            for (size_t f = 0; f < reports.items[i].sides[s].depth; f++)
                cr_assert_not(reports.items[i].sides[s].stack[f].student);
}

Test(read_valgrind, cut_short)
{
    size_t size;
    const char *xml = recorded(ctx, "helgrind-locks.xml", &size);
    const char *last = strstr(xml, "UnlockForeign");
    struct reports reports =
        read_helgrind(ctx, xml, (size_t)(last - xml), "answer.c");

    cr_expect_eq(reports.count, 5, "those that are whole");
    cr_expect_not(reports.complete);
    reports = read_memcheck(ctx, "", 0, "answer.c");
    cr_expect(reports.count == 0 && !reports.complete);
}

Test(read_valgrind, odd_bytes)
{
    static const char xml[] =
        "<?xml version=\"1.0\"?><valgrindoutput><args>\xff\x01</args>"
        "<error><kind>InvalidRead</kind><what>Invalid read of size 1</what>"
        "<stack><frame><fn>f\xfe</fn><file>answer.c</file><line>7</line>"
        "</frame></stack></error></valgrindoutput>";
    struct reports reports =
        read_memcheck(ctx, xml, sizeof xml - 1, "answer.c");

    cr_assert_eq(reports.count, 1);
    cr_expect(reports.complete);
    cr_expect_str_eq(reports.items[0].sides[0].stack[0].function,
                     "f\xef\xbf\xbd");
}

Test(read_valgrind, not_understood)
{
    static const char xml[] =
        "<valgrindoutput><error><kind>Novel</kind><what>Strange</what>"
        "</error><error></error></valgrindoutput>";
    struct reports reports =
        read_helgrind(ctx, xml, sizeof xml - 1, "answer.c");

    cr_assert_eq(reports.count, 2);
    cr_expect_eq(reports.items[0].kind, BUG_OTHER);
    cr_expect_str_eq(reports.items[0].title, "Strange");
    cr_expect_eq(reports.items[1].kind, BUG_OTHER);
}

Test(read_valgrind, gaps_in_what_is_sent)
{
    static const char xml[] =
        "<valgrindoutput><error><kind>SyscallParam</kind><what>Syscall param "
        "write(buf) points to uninitialised byte(s)</what></error><error>"
        "<kind>SyscallParam</kind><what>Syscall param socketcall.sendto(msg) "
        "points to uninitialised byte(s)</what></error><error>"
        "<kind>SyscallParam</kind><what>Syscall param write(buf) points to "
        "unaddressable byte(s)</what></error><error><kind>SyscallParam</kind>"
        "<what>Syscall param close(fd) contains uninitialised byte(s)</what>"
        "</error></valgrindoutput>";
    struct reports reports =
        read_memcheck(ctx, xml, sizeof xml - 1, "answer.c");

    cr_assert_eq(reports.count, 2);
    cr_expect_eq(reports.items[0].kind, BUG_BAD_ACCESS);
    cr_expect_eq(reports.items[1].kind, BUG_UNINITIALISED);
}

/* Small files that become big ones. */
Test(read_valgrind, entities)
{
    static const char xml[] =
        "<?xml version=\"1.0\"?><!DOCTYPE v [<!ENTITY a \"aaaaaaaaaa\">"
        "<!ENTITY b \"&a;&a;&a;&a;\">]><valgrindoutput><error><kind>Misc"
        "</kind><what>&b;&b;</what></error></valgrindoutput>";
    struct reports reports =
        read_helgrind(ctx, xml, sizeof xml - 1, "answer.c");

    cr_expect(reports.count == 0 && !reports.complete);
}

static void any_helgrind(void *scope, const char *text, size_t size)
{
    struct reports reports = read_helgrind(scope, text, size, "answer.c");

    walk_reports(&reports);
}

static void any_memcheck(void *scope, const char *text, size_t size)
{
    struct reports reports = read_memcheck(scope, text, size, "answer.c");

    walk_reports(&reports);
}

Test(read_valgrind, damaged)
{
    static const char *const names[] = {
        "helgrind-races.xml",  "helgrind-locks.xml", "helgrind-cond.xml",
        "memcheck-access.xml", "memcheck-leaks.xml", "memcheck-crash.xml"};

    for (size_t i = 0; i < 6; i++) {
        size_t size;
        const char *xml = recorded(ctx, names[i], &size);

        read_damaged(i < 3 ? any_helgrind : any_memcheck, xml, size, 251);
    }
}

/* Elements that are never closed, and far too many frames. */
Test(read_valgrind, gigantic)
{
    size_t size = 2u << 20;
    char *text = malloc(size);
    char *frames = talloc_strdup(ctx, "<v><error><kind>Race</kind><stack>");

    memset(text, 'x', size);
    any_helgrind(ctx, text, size);
    for (size_t i = 0; i + 8 <= size; i += 8)
        memcpy(text + i, "<error> ", 8);
    any_helgrind(ctx, text, size);
    free(text);
    for (size_t i = 0; i < 2000; i++)
        frames = talloc_strdup_append_buffer(
            frames, "<frame><file>answer.c</file><line>1</line></frame>");
    frames = talloc_strdup_append_buffer(frames, "</stack></error></v>");
    any_helgrind(ctx, frames, strlen(frames));
}
