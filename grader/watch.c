/*
 * watch.c - see watch.h.
 *
 * The watch is called by the box with each line on the record pipe and on
 * each tick. It asks whether all is still (stillness.c) and counts the
 * processor time of the test that runs:
 *
 *   all still, nobody to let go   a deadlock: told from the board, then the
 *                                 test's process is killed. One look is a
 *                                 proof (stillness.h), but rests on what the
 *                                 kernel says of sleep, and what is told is
 *                                 final: so it must hold three times
 *   processor time used up        the thread that used most of it is asked
 *                                 where it is (SIGXCPU), then killed
 *   wall time used up             it sleeps: told from the board, killed
 *
 * With Criterion each test has a process, so the others go on. With the
 * stand-in runner the program ends, and another run does the rest.
 */
#define _GNU_SOURCE
#include "watch.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "crashes.h"
#include "hang.h"
#include "proc.h"
#include "stillness.h"

#define TEST_WALL_SECONDS 20.0
#define STILL_LOOKS       3
#define ASLEEP_SECONDS    2.0
#define OUTSIDE_SECONDS   5.0 /* Valgrind starts, tools read symbols */
#define NOTHING_SECONDS   120.0
#define TESTS_MOST        4096 /* that can have begun between two looks */
#define ASLEEP_LOOKS      100
#define ROUNDS            12  /* of sleep, see stillness_rounds() */
#define SPIN_SECONDS      0.1 /* of processor time, see stillness_let_go() */

struct watch {
    void *ctx;
    const struct run_spec *spec;
    struct lab *lab;
    struct stillness *stillness;
    struct symbols *symbols; /* opened when first needed */
    struct reports *reports;

    pid_t program;      /* in the box */
    pid_t runner;       /* the tests' program: behind a server its child */
    uint32_t serial;    /* the test that is being timed, */
    pid_t timed;        /* and its process */
    double cpu_before;  /* its process' processor time when it began */
    double began;       /* monotonic seconds */
    double cpu_in_test; /* of all processes, when a test was last seen */
    double cpu_let_go;  /* and when somebody was let go last */
    bool asked_where;   /* SIGXCPU was sent */
    bool condemned;     /* the process was killed */
    double seen;        /* monotonic seconds: a test was under way, or died */
    unsigned still;     /* looks in a row that found a deadlock */
    unsigned asleep;    /* looks in a row that found everyone asleep */
    double asleep_since;
    unsigned timed_out; /* tests that used up their time */
};

static struct symbols *symbols_of(struct watch *watch)
{
    const char *why;

    if (watch->symbols == NULL)
        watch->symbols = symbols_open(watch->ctx, watch->spec->program,
                                      watch->lab->exercise->source, &why);
    return watch->symbols;
}

/* Of all its threads; 0 when it is gone. */
static double cpu_of_process(pid_t pid)
{
    struct proc_stat stat;

    return proc_stat(pid, 0, &stat) ? stat.cpu_seconds : 0;
}

static pid_t busiest_thread(pid_t pid)
{
    char path[64];
    struct dirent *entry;
    double most = -1;
    pid_t busiest = pid;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        pid_t tid = (pid_t)atol(entry->d_name);
        struct proc_stat stat;

        if (tid <= 0 || !proc_stat(pid, tid, &stat) || stat.cpu_seconds <= most)
            continue;
        most = stat.cpu_seconds;
        busiest = tid;
    }
    if (folder != NULL)
        closedir(folder);
    return busiest;
}

/* Comes before the test's end, so that no other begins in between. */
static void count_timed_out(struct watch *watch)
{
    stillness_spend(watch->stillness, stillness_board(watch->stillness)->test);
    watch->timed_out++;
    if (watch->timed_out >= watch->spec->time_outs)
        stillness_enough(watch->stillness);
}

static void condemn(struct watch *watch, pid_t pid)
{
    watch->condemned = true;
    watch->seen = clock_now();
    kill(pid, SIGKILL);
}

static void tell_hang(struct watch *watch, pid_t pid, enum bug kind)
{
    struct symbols *symbols = symbols_of(watch);
    struct report report;

    if (symbols != NULL) {
        report = hang_report(watch->ctx, stillness_board(watch->stillness),
                             symbols, watch->spec->lens, kind);
        run_add_report(watch->ctx, watch->reports, &report);
    }
    if (kind == BUG_ASLEEP)
        count_timed_out(watch);
    condemn(watch, pid);
}

/* A new test began: its time starts now. (A serial below the last one is an old
 * look at the board; the subtraction makes a very large number of it.) */
static void follow_test(struct watch *watch, pid_t pid)
{
    uint32_t serial = stillness_board(watch->stillness)->serial;

    if (pid == watch->timed && serial - watch->serial - 1 >= TESTS_MOST)
        return;
    watch->serial = serial;
    watch->timed = pid;
    watch->cpu_before = cpu_of_process(pid);
    watch->cpu_let_go = watch->cpu_before;
    watch->began = clock_now();
    watch->asked_where = watch->condemned = false;
    watch->asleep = watch->still = 0;
}

static void check_time(struct watch *watch, pid_t pid)
{
    double limit =
        exercise_cpu_seconds(watch->lab->exercise,
                             stillness_board(watch->stillness)->test) *
        watch->spec->slowness;
    double cpu = cpu_of_process(pid), used = cpu - watch->cpu_before;
    struct report report = {.kind = BUG_LOOP, .lens = watch->spec->lens};

    if (cpu - watch->cpu_let_go > SPIN_SECONDS * watch->spec->slowness) {
        watch->cpu_let_go = cpu;
        stillness_let_go(watch->stillness);
    }
    if (watch->asked_where && used > limit + 0.2) {
        /* it did not answer */
        report.test =
            talloc_strdup(watch->ctx, stillness_board(watch->stillness)->test);
        report.title = "used up its processor time";
        run_add_report(watch->ctx, watch->reports, &report);
        condemn(watch, pid);
    } else if (!watch->asked_where && used > limit) {
        watch->asked_where = true;
        count_timed_out(watch);
        syscall(SYS_tgkill, pid, busiest_thread(pid), SIGXCPU);
    } else if (clock_now() - watch->began > TEST_WALL_SECONDS + limit * 2) {
        tell_hang(watch, pid, BUG_ASLEEP);
    }
}

/* Those who sleep by the clock have looked often enough and found nothing to
 * do, or all slept at every look for a long time. */
static bool slept_enough(struct watch *watch, enum motion motion)
{
    if (stillness_rounds(watch->stillness) >= ROUNDS)
        return true;
    if (motion != MOTION_ASLEEP) {
        watch->asleep = 0;
        return false;
    }
    if (watch->asleep++ == 0)
        watch->asleep_since = clock_now();
    return watch->asleep >= ASLEEP_LOOKS &&
           clock_now() - watch->asleep_since >= ASLEEP_SECONDS;
}

/*
 * Everyone sleeps, though by the clock. Whoever wanted to come to a meeting
 * has had her chances. (A thread that only waits for a processor is not
 * asleep.)
 */
static void check_sleep(struct watch *watch, pid_t pid, enum motion motion)
{
    if (!slept_enough(watch, motion))
        return;
    watch->asleep = 0;
    if (!stillness_let_go(watch->stillness))
        tell_hang(watch, pid, BUG_ASLEEP);
}

/* How many waits of the kit's own have come to their end: for company, for an
 * answer of the server, for the others when a test is over, or for whoever
 * could come between two locks. How long they took says nothing of the test,
 * whose time begins anew: a thousand of them take seconds on a busy machine. */
static uint32_t waits_of_ours(const struct board *board)
{
    return board->let_go_meetings + board->let_go_origin + board->let_go_end +
           board->let_go_patience;
}

/* The first child of a process, or 0. */
static pid_t child_of(pid_t pid)
{
    char text[32];

    return proc_read(text, sizeof text, pid, pid, "children")
               ? (pid_t)atol(text)
               : 0;
}

/*
 * Who gives the hint is on its way to sleep, and not there yet: look again,
 * soon and then less soon, for two milliseconds at the most.
 */
static enum motion look_after_hint(struct watch *watch,
                                   const struct box_sight *sight)
{
    enum motion motion = MOTION_MOVING;

    for (long pause = 30000; pause < 1000000; pause *= 2) {
        struct timespec time = {.tv_nsec = pause};

        motion = stillness_look(watch->stillness, sight);
        if (motion != MOTION_MOVING && motion != MOTION_ASLEEP)
            break;
        nanosleep(&time, NULL);
    }
    return motion;
}

/*
 * Nobody computes, and no test begins: the runner waits for a word that will
 * not come, or the process of a test that was killed is not the one. Far more
 * than any machine needs to start a program.
 */
static enum box_word watch_nothing(const struct watch *watch)
{
    return clock_now() - watch->seen > NOTHING_SECONDS ? BOX_LOOPS : BOX_GO_ON;
}

/* No test is under way: before the first, after the last, between two. What
 * the student's file does there by itself must come to an end too. */
static enum box_word watch_outside(const struct watch *watch, double cpu)
{
    double limit =
        watch->lab->exercise->test_cpu_seconds * watch->spec->slowness;

    return cpu - watch->cpu_in_test > limit + OUTSIDE_SECONDS
               ? BOX_LOOPS
               : watch_nothing(watch);
}

static enum box_word look(void *state, const struct box_sight *sight)
{
    struct watch *watch = state;
    pid_t program = sight->program;
    pid_t pid = stillness_process(watch->stillness, program);
    const struct board *board = stillness_board(watch->stillness);
    uint32_t waits = waits_of_ours(board);
    enum motion motion;

    stillness_take_hint(watch->stillness);
    if (watch->seen == 0) /* not before: the box may have had to wait */
        watch->seen = clock_now();
    watch->program = program;
    if (watch->runner == 0)
        watch->runner =
            watch->lab->exercise->server ? child_of(program) : program;
    if (pid == 0)
        return watch_outside(watch, sight->cpu_seconds);
    watch->cpu_in_test = sight->cpu_seconds;
    follow_test(watch, pid);
    if (watch->condemned)
        return watch_nothing(watch);
    watch->seen = clock_now();
    if (sight->size > 0 &&
        memmem(sight->data, sight->size, "hint\n", 5) == NULL)
        return BOX_GO_ON;
    motion = sight->size > 0 ? look_after_hint(watch, sight)
                             : stillness_look(watch->stillness, sight);
    watch->still = motion == MOTION_DEADLOCK ? watch->still + 1 : 0;
    if (watch->still == STILL_LOOKS)
        tell_hang(watch, pid, BUG_DEADLOCK);
    else if (sight->size == 0)
        check_sleep(watch, pid, motion);
    if (waits_of_ours(board) != waits)
        watch->began = clock_now();
    if (sight->size == 0 && !watch->condemned)
        check_time(watch, pid);
    return BOX_GO_ON;
}

void watch_read_crashes(struct watch *watch, const struct records *records)
{
    struct symbols *symbols = crashes_any(records) ? symbols_of(watch) : NULL;

    if (symbols != NULL)
        crashes_read(watch->ctx, symbols, watch->spec->lens, records,
                     watch->reports);
}

struct watch *watch_open(void *ctx, struct lab *lab,
                         const struct run_spec *spec, const char *board,
                         struct reports *reports)
{
    struct watch *watch = talloc_zero(ctx, struct watch);

    watch->ctx = ctx;
    watch->lab = lab;
    watch->spec = spec;
    watch->reports = reports;
    watch->stillness =
        stillness_open(ctx, board, spec->patient ? POLICY_PATIENT : POLICY_FREE,
                       spec->strangers);
    for (size_t i = 0; watch->stillness != NULL && i < spec->spent_count; i++)
        stillness_spend(watch->stillness, spec->spent[i]);
    return watch->stillness != NULL ? watch : NULL;
}

struct box_watch watch_of(struct watch *watch)
{
    return (struct box_watch){.look = look, .state = watch};
}

double watch_wall_seconds(const struct lab *lab, const struct run_spec *spec)
{
    return TEST_WALL_SECONDS +
           3 * exercise_cpu_seconds(lab->exercise, NULL) * spec->slowness;
}

/* Criterion's runner talks to its tests by a socket in /tmp, whatever TMPDIR
 * says, and leaves it there when it is killed. */
void watch_close(const struct watch *watch)
{
    char path[64];

    if (!watch->spec->processes || watch->runner <= 0)
        return;
    snprintf(path, sizeof path, "/tmp/criterion_%d.sock", (int)watch->runner);
    unlink(path);
}
