/*
 * test_read_tsan.c - ThreadSanitizer's text: recorded, without the program,
 * so that stacks stay empty; and made just now, by programs that are built
 * for it, so that every line is known. Also symbols.c, which finds the lines.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read.h"
#include "scratch.h"
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

TestSuite(read_tsan, .init = set_up, .fini = drop, .timeout = 300);

static struct reports read_file(const char *name)
{
    size_t size;
    const char *text = recorded(ctx, name, &size);
    struct reports reports = read_tsan(ctx, text, size, NULL);

    walk_reports(&reports);
    return reports;
}

static struct reports read_text(const char *text)
{
    return read_tsan(ctx, text, strlen(text), NULL);
}

/* ---- recorded
 * ---------------------------------------------------------------- */

Test(read_tsan, races)
{
    struct reports reports = read_file("tsan-races.txt");
    const struct report *report;
    bool first;

    cr_assert_eq(reports.count, 10);
    cr_expect(reports.complete);
    report = find_report(&reports, BUG_RACE, "fault/race_locks");
    cr_expect_str_eq(report->title, "data race");
    cr_assert_eq(report->count, 2);
    cr_expect_str_eq(report->sides[0].what, "writes 4 bytes");
    /* Which thread came first is another thing in every recording. */
    first = strcmp(report->sides[0].thread, "T7") == 0;
    cr_expect_str_eq(report->sides[0].thread, first ? "T7" : "T8");
    cr_expect_str_eq(report->sides[1].thread, first ? "T8" : "T7");
    cr_expect_str_eq(report->sides[0].locks, first ? "M0" : "M0, M1");
    cr_expect_str_eq(report->sides[1].locks, first ? "M1, M2" : "M2");
    report = find_report(&reports, BUG_RACE, "fault/race_heap");
    cr_expect_str_eq(report->object, "block of 40 bytes");
    report = find_report(&reports, BUG_RACE, "fault/race_stack");
    cr_expect_null(report->object);
    report = find_report(&reports, BUG_RACE, "fault/race_atomic");
    cr_expect_str_eq(report->sides[0].what, "reads 4 bytes");
    cr_expect_str_eq(report->sides[1].what, "writes 4 bytes as an atomic");
    report = find_report(&reports, BUG_RACE, "fault/race_descriptor");
    cr_expect_str_eq(report->object, "descriptor 3");
    find_report(&reports, BUG_BAD_ACCESS, "fault/race_free");
}

Test(read_tsan, locks)
{
    struct reports reports = read_file("tsan-locks.txt");
    const struct report *report;

    cr_assert_eq(reports.count, 6);
    report = find_report(&reports, BUG_LOCK_ORDER, "fault/order_two");
    cr_assert_eq(report->count, 2);
    cr_expect_str_eq(report->sides[0].what, "takes lock M1 while holding M0");
    cr_expect_str_eq(report->sides[1].what, "takes lock M0 while holding M1");
    cr_expect_str_eq(report->sides[0].thread, "main thread");
    cr_expect_str_eq(report->object, "M0, M1");
    report = find_report(&reports, BUG_LOCK_ORDER, "fault/order_three");
    cr_assert_eq(report->count, 3);
    cr_expect_str_eq(report->sides[2].what, "takes lock M0 while holding M2");
    cr_expect_str_eq(report->sides[2].thread, "T3");
    find_report(&reports, BUG_LOCK_MISUSE, "fault/unlock_free");
    find_report(&reports, BUG_LOCK_MISUSE, "fault/unlock_other");
    report = find_report(&reports, BUG_LOCK_MISUSE, "fault/destroy_locked");
    cr_assert_eq(report->count, 2);
    cr_expect_str_eq(report->sides[0].what,
                     "destroys lock M0 while it is held");
    find_report(&reports, BUG_LOCK_MISUSE, "fault/lock_destroyed");
}

Test(read_tsan, rest)
{
    struct reports reports = read_file("tsan-rest.txt");

    cr_assert_eq(reports.count, 4);
    find_report(&reports, BUG_SIGNAL_UNSAFE, "fault/signal_unsafe");
    find_report(&reports, BUG_BAD_ACCESS, "fault/use_freed");
    /* Seen at the end of the program: the marker says nothing. */
    cr_expect_eq(reports.items[3].kind, BUG_THREAD_LEAK);
    cr_expect_null(reports.items[3].test);
    reports = read_file("tsan-crash.txt");
    cr_assert_eq(reports.count, 2);
    cr_expect_eq(reports.items[1].kind, BUG_CRASH);
    cr_expect_not(reports.complete, "it did not come to its end");
}

/* clang 14 gives this one only for kinds of mutexes that it does not know;
 * the frame of the report is real, the title is from its source. */
Test(read_tsan, double_lock)
{
    struct reports reports = read_text(
        "==================\n"
        "WARNING: ThreadSanitizer: double lock of a mutex (pid=1)\n"
        "    #0 <null> <null> (prog+0x1) (BuildId: 6a)\n\n"
        "  Mutex M0 (0x7ffd0) created at:\n"
        "    #0 <null> <null> (prog+0x1) (BuildId: 6a)\n\n"
        "SUMMARY: ThreadSanitizer: double lock of a mutex (prog+0x1)\n");

    cr_assert_eq(reports.count, 1);
    cr_expect_eq(reports.items[0].kind, BUG_LOCK_MISUSE);
    cr_expect_str_eq(reports.items[0].sides[0].what,
                     "takes lock M0 again while holding it");
    cr_expect_not(reports.complete);
}

Test(read_tsan, nothing_to_report)
{
    struct reports reports = read_text("interleave: test a/b\nhello\n");

    cr_expect_eq(reports.count, 0);
    cr_expect(reports.complete);
    reports = read_text("");
    cr_expect(reports.complete);
}

/* The program's own output may stand before and between. */
Test(read_tsan, mixed_with_output)
{
    struct reports reports =
        read_text("progress 12%interleave: test a/b\n"
                  "no newline hereWARNING: ThreadSanitizer: data race (pid=7)\n"
                  "  Write of size 1 at 0x7b04 by main thread:\n"
                  "a line of the program\n"
                  "  Previous atomic read of size 1 at 0x7b04 by thread T1:\n"
                  "    [failed to restore the stack]\n\n"
                  "  Location is TLS of thread T1.\n\n"
                  "SUMMARY: ThreadSanitizer: data race\n"
                  "ThreadSanitizer: reported 1 warnings\n");

    cr_assert_eq(reports.count, 1);
    cr_expect(reports.complete);
    cr_expect_eq(reports.items[0].kind, BUG_RACE);
    cr_expect_str_eq(reports.items[0].test, "a/b");
    cr_expect_str_eq(reports.items[0].object, "thread-local data of T1");
    cr_expect_str_eq(reports.items[0].sides[0].what, "writes 1 byte");
    cr_expect_str_eq(reports.items[0].sides[1].what,
                     "reads 1 byte as an atomic");
}

Test(read_tsan, not_understood)
{
    struct reports reports =
        read_text("FATAL: ThreadSanitizer: unexpected memory mapping\n"
                  "WARNING: ThreadSanitizer: something new (pid=1)\n"
                  "    #0 <null> <null> (prog+0x1)\n"
                  "WARNING: ThreadSanitizer: data race (pid=1)\n");

    cr_assert_eq(reports.count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(reports.items[i].kind, BUG_OTHER);
    cr_expect_str_eq(reports.items[1].title, "something new");
    cr_expect_not(reports.complete);
}

static void read_without(void *scope, const char *text, size_t size)
{
    struct reports reports = read_tsan(scope, text, size, NULL);

    walk_reports(&reports);
}

Test(read_tsan, damaged)
{
    static const char *const names[] = {"tsan-races.txt", "tsan-locks.txt",
                                        "tsan-rest.txt", "tsan-crash.txt"};

    for (size_t i = 0; i < 4; i++) {
        size_t size;
        const char *text = recorded(ctx, names[i], &size);

        read_damaged(read_without, text, size, 31);
    }
}

Test(read_tsan, gigantic_line)
{
    size_t size = 8u << 20;
    char *text = malloc(size);

    memset(text, 'M', size);
    memcpy(text, "WARNING: ThreadSanitizer: ", 26);
    read_without(ctx, text, size);
    memcpy(text + size - 50, "WARNING: ThreadSanitizer: data race (pid=1)\n",
           44);
    read_without(ctx, text, size);
    free(text);
}

/* ---- made just now
 * ------------------------------------------------------------- */

/* Runs a program of build.sh and reads what the tool said. */
static struct reports run_program(const char *folder, const char *program,
                                  struct symbols **symbols,
                                  const char *const faults[])
{
    const char *argv[16] = {talloc_asprintf(ctx, "%s/%s", folder, program)};
    const char *const values[] = {
        "TSAN_OPTIONS=symbolize=0:atexit_sleep_ms=0:second_deadlock_stack=1:"
        "suppress_equal_addresses=0",
        NULL};
    struct reports reports;
    struct ran ran;
    const char *why = NULL;

    for (size_t i = 0; faults[i]; i++)
        argv[i + 1] = faults[i];
    ran = scratch_run(ctx, argv, values);
    if (strstr(ran.out, "FATAL: ThreadSanitizer") != NULL)
        cr_skip_test("ThreadSanitizer does not start here");
    *symbols = symbols_open(ctx, argv[0], "answer.c", &why);
    cr_assert_not_null(*symbols, "%s", why);
    reports = read_tsan(ctx, ran.out, strlen(ran.out), *symbols);
    walk_reports(&reports);
    return reports;
}

static void check_races(const struct reports *reports)
{
    const struct report *report;

    report = find_report(reports, BUG_RACE, "fault/race_global");
    cr_expect_str_eq(report->object, "total");
    points_to(&report->sides[0], "RACE GLOBAL");
    points_to(&report->sides[1], "RACE GLOBAL");
    report = find_report(reports, BUG_RACE, "fault/race_locks");
    cr_expect_str_eq(report->object, "squares");
    for (size_t i = 0; i < 2; i++) {
        bool one = strstr(report->sides[i].locks, "(north)") != NULL;

        points_to(&report->sides[i], one ? "RACE ONE LOCK" : "RACE TWO LOCKS");
        cr_expect(one || (strstr(report->sides[i].locks, "(south)") &&
                          strstr(report->sides[i].locks, "(west)")),
                  "%s", report->sides[i].locks);
    }
    report = find_report(reports, BUG_RACE, "fault/race_memset");
    cr_expect_str_eq(report->sides[0].what, "writes 8 bytes in memset");
    cr_expect_str_eq(report->object,
                     talloc_asprintf(ctx,
                                     "block of 40 bytes allocated at "
                                     "answer.c:%d",
                                     marked_line("ALLOCATED")));
    report = find_report(reports, BUG_RACE, "fault/race_local_static");
    cr_expect_str_eq(report->object, "calls");
    report = find_report(reports, BUG_RACE, "fault/race_descriptor");
    points_to(&report->sides[0], "RACE CLOSE");
    cr_expect_str_eq(report->sides[0].what, "closes the descriptor");
    cr_expect_str_eq(report->sides[1].what, "uses the descriptor in read");
    report = find_report(reports, BUG_LOCK_MISUSE, "fault/race_destroy");
    cr_expect_str_eq(report->sides[0].what, "destroys the lock");
    points_to(&report->sides[0], "RACE DESTROY");
    report = find_report(reports, BUG_BAD_ACCESS, "fault/race_free");
    points_to(&report->sides[0], "USED LATE");
    points_to(&report->sides[1], "FREED BY ANOTHER");
    cr_expect_str_eq(report->sides[1].what, "frees the block");
}

static void check_locks(const struct reports *reports, const char *north)
{
    const struct report *report;

    report = find_report(reports, BUG_LOCK_ORDER, "fault/order_two");
    points_to(&report->sides[0], "ORDER NORTH SOUTH");
    points_to(&report->sides[1], "ORDER SOUTH NORTH");
    cr_expect_str_eq(report->sides[0].locks,
                     talloc_asprintf(ctx, "%s, taken at answer.c:%d", north,
                                     marked_line("ORDER NORTH SOUTH") - 1));
    /* The harness' wrapper lies on top. */
    cr_expect(report->sides[0].stack[0].kit);
    cr_expect_str_eq(report->sides[0].stack[0].function,
                     "il_pthread_mutex_lock");
    report = find_report(reports, BUG_LOCK_MISUSE, "fault/unlock_free");
    points_to(&report->sides[0], "UNLOCK FREE");
    cr_expect_str_eq(report->sides[0].what,
                     "releases lock `idle` without holding it");
    report = find_report(reports, BUG_LOCK_MISUSE, "fault/destroy_locked");
    points_to(&report->sides[0], "DESTROY LOCKED");
    points_to(&report->sides[1], "LOCKED THEN DESTROYED");
    report = find_report(reports, BUG_SIGNAL_UNSAFE, "fault/signal_unsafe");
    points_to(&report->sides[0], "IN HANDLER");
    cr_expect_str_eq(report->sides[0].what, "calls malloc in a signal handler");
    report = find_report(reports, BUG_THREAD_LEAK, "fault/thread_leak");
    points_to(&report->sides[0], "THREAD LEAK");
    cr_expect_str_eq(report->sides[0].thread, "main thread");
}

static void check_symbols(struct symbols *symbols)
{
    struct place place = symbols_code(symbols, 0);

    cr_expect_eq(place.line, 0);
    cr_expect_not(place.student || place.kit);
    place = symbols_code(symbols, UINT64_MAX);
    cr_expect_eq(place.line, 0);
    cr_expect_null(symbols_data(symbols, 0));
    cr_expect_null(symbols_data(symbols, UINT64_MAX));
}

static struct symbols *used;
static void read_with(void *scope, const char *text, size_t size)
{
    struct reports reports = read_tsan(scope, text, size, used);

    walk_reports(&reports);
}

Test(read_tsan, real_programs)
{
    static const char *const races[] = {
        "race_global",     "race_locks",   "race_memset", "race_local_static",
        "race_descriptor", "race_destroy", "race_free",   NULL};
    static const char *const locks[] = {"order_two",      "unlock_free",
                                        "destroy_locked", "signal_unsafe",
                                        "thread_leak",    NULL};
    const char *folder = scratch_folder(ctx);
    const char *here = talloc_strndup(
        ctx, __FILE__, (size_t)(strrchr(__FILE__, '/') - __FILE__));
    const char *script =
        talloc_asprintf(ctx, "%s/reports/program/build.sh", here);
    const char *const build[] = {"sh", script, folder, "tsan", NULL};
    const char *const values[] = {NULL};
    struct ran ran = scratch_run(ctx, build, values);
    struct symbols *symbols;
    struct reports reports;

    cr_assert_eq(ran.status, 0, "%s", ran.out);
    reports = run_program(folder, "tsan", &symbols, races);
    cr_expect_eq(reports.count, 7);
    check_races(&reports);
    reports = run_program(folder, "tsan", &symbols, locks);
    check_locks(&reports, "M0");
    check_symbols(symbols);
    reports = run_program(folder, "tsan-fixed", &symbols, races);
    check_races(&reports);
    /* Names of locks need no load address here. */
    reports = run_program(folder, "tsan-fixed", &symbols, locks);
    check_locks(&reports, "M0 (north)");
    check_symbols(symbols);
}

Test(read_tsan, no_program)
{
    const char *why = NULL;

    cr_expect_null(symbols_open(ctx, "/dev/null/x", "answer.c", &why));
    cr_expect_not_null(strstr(why, "cannot be read"));
    cr_expect_null(symbols_open(ctx, "/bin/true", "answer.c", &why));
    cr_expect_not_null(strstr(why, "no debug information"));
    cr_expect_null(symbols_open(ctx, "/dev/null", "answer.c", &why));
}

/* This very program has debug information: recorded offsets hit anything. */
Test(read_tsan, damaged_with_symbols)
{
    const char *why = NULL;
    size_t size;
    const char *text = recorded(ctx, "tsan-races.txt", &size);

    used = symbols_open(ctx, "/proc/self/exe", "test_read_tsan.c", &why);
    cr_assert_not_null(used, "%s", why);
    read_damaged(read_with, text, size, 997);
}
