/*
 * tests.c - what is observed of the scheduler, and what must be.
 *
 * Tables worked by hand stand in the Expect beside their workload, with the
 * way to them. The oracle also has a scheduler of its own (brute_force()),
 * which says what must come of random workloads; it is tried on every table
 * that was worked by hand, and the kit fails if the two disagree.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <errno.h>
#include <expat.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler.h"

/* ---- text that grows up to a limit -------------------------------------- */

struct text {
    size_t used;
    char at[1000];
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text,
                                                      const char *format, ...)
{
    size_t room = sizeof text->at - text->used;
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(text->at + text->used, room, format, arguments);
    va_end(arguments);
    text->used += (size_t)n < room ? (size_t)n : room - 1;
}

/* ---- workloads ---------------------------------------------------------- */

enum { JOBS = 300, BURSTS = 2100 };

static struct job job_list[JOBS];
static int64_t burst_list[BURSTS];

/* A workload as it stands in a file, but with ';' between the jobs. The next
 * call makes another one in the same place. */
static struct workload jobs(const char *script)
{
    struct workload workload = {0, job_list};
    int64_t *next = burst_list;
    int n = 0;

    memset(job_list, 0, sizeof job_list);
    while (sscanf(script, " %8s%n", job_list[workload.count].name, &n) == 1) {
        struct job *job = &job_list[workload.count++];

        script += n;
        job->bursts = next;
        if (sscanf(script, "%lld%n", (long long *)&job->arrival, &n) != 1)
            abort();
        script += n;
        while (sscanf(script, "%lld%n", (long long *)next, &n) == 1) {
            next++;
            job->burst_count++;
            script += n;
        }
        script += strspn(script, " ;");
    }
    return workload;
}

static void write_jobs(struct text *text, const struct workload *workload)
{
    for (int i = 0; i < workload->count; i++) {
        const struct job *job = &workload->jobs[i];

        add(text, "%s%.20s %lld", i > 0 ? "; " : "", job->name,
            (long long)job->arrival);
        for (int k = 0; k < job->burst_count; k++)
            add(text, " %lld", (long long)job->bursts[k]);
    }
}

/* Is it as it was made of this script? */
static bool is_still(const struct workload *workload, const char *script)
{
    struct text now = {0, ""};

    write_jobs(&now, workload);
    return strcmp(now.at, script) == 0;
}

static void expect_jobs_unchanged(const char *prefix)
{
    char key[40];

    snprintf(key, sizeof key, "%sjobs-changed", prefix);
    expect_int(key, EQUAL, 0,
               "the jobs and their bursts belong to the caller, and are only "
               "looked at");
}

/* The spans as they were; to be compared afterwards. */
static struct span *copy_of(const struct schedule *schedule)
{
    size_t size = (size_t)schedule->count * sizeof *schedule->spans;
    struct span *copy = malloc(size + 1);

    cr_assert(copy != NULL, "the test has no memory");
    if (size > 0)
        memcpy(copy, schedule->spans, size);
    return copy;
}

static void observe_changed(const struct schedule *schedule,
                            struct span *before,
                            const struct workload *workload, const char *script)
{
    size_t size = (size_t)schedule->count * sizeof *schedule->spans;

    observe_int("jobs-changed", !is_still(workload, script));
    observe_int("spans-changed",
                size > 0 && memcmp(schedule->spans, before, size) != 0);
    free(before);
}

static void expect_unchanged(void)
{
    expect_jobs_unchanged("");
    expect_int("spans-changed", EQUAL, 0,
               "the schedule belongs to the caller, and is only looked at: its "
               "spans stand where they stood");
}

/* ---- schedules as text: "A 0-2, +B 2-3, B 3-5", a line for each core ---- */

static void add_span(struct text *line, const struct workload *workload,
                     const struct span *span)
{
    bool known = span->job >= 0 && span->job < workload->count;

    add(line, "%s%s%s %lld-%lld", line->used > 0 ? ", " : "",
        span->doing == SWITCHING ? "+" : "",
        known ? workload->jobs[span->job].name : "?", (long long)span->from,
        (long long)span->to);
}

/* Observes it, with keys that begin with `prefix`. */
static void observe_schedule(const char *prefix,
                             const struct workload *workload, int cores,
                             const struct schedule *schedule)
{
    int count = schedule->spans != NULL ? schedule->count : 0;
    int disorder = 0, strays = 0;
    char key[40];

    for (int c = 0; c < cores; c++) {
        struct text line = {0, ""};

        for (int i = 0; i < count; i++)
            if (schedule->spans[i].core == c)
                add_span(&line, workload, &schedule->spans[i]);
        snprintf(key, sizeof key, "%score-%d", prefix, c);
        observe_str(key, line.at);
    }
    for (int i = 0; i < count; i++) {
        const struct span *a = &schedule->spans[i], *b = a + 1;

        strays += a->core < 0 || a->core >= cores;
        disorder +=
            i + 1 < count &&
            (a->from > b->from || (a->from == b->from && a->core > b->core));
    }
    snprintf(key, sizeof key, "%sout-of-order", prefix);
    observe_int(key, disorder + strays);
}

static void observe_run(const char *prefix, const char *script,
                        struct machine machine)
{
    struct workload workload = jobs(script);
    struct schedule schedule;
    char key[40];

    memset(&schedule, 0xA5, sizeof schedule);
    snprintf(key, sizeof key, "%sreturned", prefix);
    observe_int(key, scheduler_run(&workload, &machine, &schedule));
    snprintf(key, sizeof key, "%sjobs-changed", prefix);
    observe_int(key, !is_still(&workload, script));
    observe_schedule(prefix, &workload, machine.cores, &schedule);
    scheduler_free(&schedule);
}

/* ---- the oracle's own scheduler -------------------------------------------
 *
 * It has no queue. Each job that is ready has a mark: since when, why (I/O,
 * arrival, slice), and by which number. The head of the queue is the job with
 * the lowest mark. And no slice is counted: when a core takes a job it is
 * known when that will leave.
 */

struct mark {
    int64_t time;
    int reason, number;
};

struct life {
    enum { TO_COME, WAITS, RUNS, DOES_IO, GONE } state;
    int burst;
    int64_t left; /* of it */
    int64_t back;
    struct mark mark; /* WAITS */
};

struct place {
    int job; /* or -1 */
    int last;
    int64_t until;
};

static bool goes_before(struct mark a, struct mark b)
{
    if (a.time != b.time)
        return a.time < b.time;
    return a.reason != b.reason ? a.reason < b.reason : a.number < b.number;
}

static int first_of(const struct life *lives, int count)
{
    int first = -1;

    for (int i = 0; i < count; i++)
        if (lives[i].state == WAITS &&
            (first < 0 || goes_before(lives[i].mark, lives[first].mark)))
            first = i;
    return first;
}

static bool all_gone(const struct life *lives, int count)
{
    for (int i = 0; i < count; i++)
        if (lives[i].state != GONE)
            return false;
    return true;
}

/* Steps 1 and 2 of the contract. */
static void become_ready(const struct workload *workload, struct life *lives,
                         int64_t t)
{
    for (int i = 0; i < workload->count; i++) {
        const struct job *job = &workload->jobs[i];
        bool back = lives[i].state == DOES_IO && lives[i].back == t;
        bool new = lives[i].state == TO_COME && job->arrival == t;

        if (!back && !new)
            continue;
        lives[i].burst += back ? 1 : 0;
        lives[i].left = job->bursts[lives[i].burst];
        lives[i].mark = (struct mark){t, back ? 1 : 2, i};
        lives[i].state = WAITS;
    }
}

/* Step 3, for a core that is to be left now. */
static void leave(const struct job *job, struct life *life, int c, int64_t t,
                  int64_t slice)
{
    if (life->left > slice) {
        life->left -= slice;
        life->mark = (struct mark){t, 3, c};
        life->state = WAITS;
    } else if (life->burst + 1 == job->burst_count) {
        life->state = GONE;
    } else {
        life->burst++;
        life->back = t + job->bursts[life->burst];
        life->state = DOES_IO;
    }
}

/* Calls see(span, arg) for each span. */
static void brute_force(const struct workload *workload,
                        const struct machine *machine,
                        void (*see)(const struct span *span, void *arg),
                        void *arg)
{
    static struct life lives[JOBS];
    struct place places[CORES_MAX];

    memset(lives, 0, sizeof lives);
    for (int c = 0; c < CORES_MAX; c++)
        places[c] = (struct place){-1, -1, 0};
    for (int64_t t = 0; !all_gone(lives, workload->count); t++) {
        become_ready(workload, lives, t);
        for (int c = 0; c < machine->cores; c++) {
            struct place *place = &places[c];

            if (place->job < 0 || place->until != t)
                continue;
            leave(&workload->jobs[place->job], &lives[place->job], c, t,
                  machine->slice);
            place->job = -1;
        }
        for (int c = 0; c < machine->cores; c++) {
            struct place *place = &places[c];
            int next = first_of(lives, workload->count);
            int64_t begin = t, long_;

            if (place->job >= 0 || next < 0)
                continue;
            if (place->last >= 0 && place->last != next)
                begin += machine->cost;
            if (begin > t)
                see(&(struct span){t, begin, c, next, SWITCHING}, arg);
            long_ = lives[next].left < machine->slice ? lives[next].left
                                                      : machine->slice;
            place->until = begin + long_;
            see(&(struct span){begin, place->until, c, next, RUNNING}, arg);
            place->job = place->last = next;
            lives[next].state = RUNS;
        }
    }
}

struct lines {
    const struct workload *workload;
    struct text cores[CORES_MAX];
};

static void see_line(const struct span *span, void *arg)
{
    struct lines *lines = arg;

    add_span(&lines->cores[span->core], lines->workload, span);
}

static void expect_run(const char *prefix, const struct workload *workload,
                       struct machine machine, const char *why)
{
    static struct lines lines;
    char key[40];

    memset(&lines, 0, sizeof lines);
    lines.workload = workload;
    brute_force(workload, &machine, see_line, &lines);
    for (int c = 0; c < machine.cores; c++) {
        snprintf(key, sizeof key, "%score-%d", prefix, c);
        expect_str(key, lines.cores[c].at, why);
    }
    snprintf(key, sizeof key, "%sreturned", prefix);
    expect_int(key, EQUAL, 0, "nothing goes wrong here");
    snprintf(key, sizeof key, "%sout-of-order", prefix);
    expect_int(key, EQUAL, 0,
               "the spans of all the cores stand in the order of `from`, equal "
               "ones in the order of `core`");
}

/* The same for a table that was worked by hand. */
static void expect_table(const char *prefix, const char *script,
                         struct machine machine, const char *const *table,
                         const char *why)
{
    static struct lines lines;
    struct workload workload = jobs(script);
    struct text whole = {0, ""};

    memset(&lines, 0, sizeof lines);
    lines.workload = &workload;
    brute_force(&workload, &machine, see_line, &lines);
    for (int c = 0; c < machine.cores; c++) {
        if (strcmp(lines.cores[c].at, table[c]) == 0)
            continue;
        fprintf(stderr, "oracle: core %d: by hand %s, by brute force %s\n", c,
                table[c], lines.cores[c].at);
        abort();
    }
    add(&whole, "%s. (The jobs: %s)", why, script);
    expect_run(prefix, &workload, machine, whole.at);
    expect_jobs_unchanged(prefix);
}

#define TABLE(...)                                                             \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

/* One workload, one machine, one table. */
#define TABLE_TEST(Suite, Name, Script, Machine, Table, Why)                   \
    Test(Suite, Name)                                                          \
    {                                                                          \
        observe_run("", Script, Machine);                                      \
    }                                                                          \
    Expect(Suite, Name)                                                        \
    {                                                                          \
        expect_table("", Script, Machine, Table, Why);                         \
    }

#define MACHINE(Cores, Slice, Cost)                                            \
    (struct machine)                                                           \
    {                                                                          \
        .cores = (Cores), .slice = (Slice), .cost = (Cost)                     \
    }

/* ---- step 1: one core, and slices ----------------------------------------
 *
 * In the ways to the tables, "q: B A" is the queue, from its head.
 */

/*
 * 2  A arrives, is taken
 * 4  its slice is over; it is alone in the queue, and is taken again
 * 6  the same; one tick is left
 */
TABLE_TEST(one, alone, "A 2 5", MACHINE(1, 2, 0), TABLE("A 2-4, A 4-6, A 6-7"),
           "A is alone: 5 ticks in slices of 2, each of them a span")

/*
 * 0  q: A B C   A is taken
 * 2  slice over, q: B C A   B; A has 3 left
 * 4  slice over, q: C A B   C; B has 1 left
 * 5  C ends,     q: A B     A
 * 7  slice over, q: B A     B; A has 1 left
 * 8  B ends,     q: A       A
 * 9  A ends
 */
TABLE_TEST(one, round_robin, "A 0 5; B 0 3; C 0 1", MACHINE(1, 2, 0),
           TABLE("A 0-2, B 2-4, C 4-5, A 5-7, B 7-8, A 8-9"),
           "A needs 5 ticks, B 3, C 1; they take turns of 2 ticks")

/*
 * 0  A
 * 3  B arrives (2.), then A's slice is over (3.), q: B A
 * 5  B ends; A
 */
TABLE_TEST(one, arrival_and_slice, "A 0 5; B 3 2", MACHINE(1, 3, 0),
           TABLE("A 0-3, B 3-5, A 5-7"),
           "at time 3 B arrives and A's slice is over: arrivals come first")

/* As in the round robin; but B's burst and slice end together, at 4. */
TABLE_TEST(one, slice_and_end, "A 0 4; B 0 2", MACHINE(1, 2, 0),
           TABLE("A 0-2, B 2-4, A 4-6"),
           "B's burst is complete when its slice is over: it ends, and does "
           "not come back")

/* The number of a job says nothing about when it arrives. */
TABLE_TEST(one, gap, "late 5 2; early 0 1", MACHINE(1, 3, 0),
           TABLE("early 0-1, late 5-7"),
           "nobody is there from 1 to 5: the core is idle, and then goes on")

/* 1  q: c a b */
TABLE_TEST(one, arrivals_together, "c 1 1; a 1 1; b 1 1", MACHINE(1, 3, 0),
           TABLE("c 1-2, a 2-3, b 3-4"),
           "jobs that arrive together queue in the order of the workload")

/*
 * 0  q: A B     A
 * 1  C arrives, q: B C
 * 2  slice over, q: B C A     B
 * 4  D arrives first, then B: q: C A D B     C
 * 6  q: A D B C     A ends at 7
 * 7  q: D B C     D ends at 8
 * 8  q: B C     B ends at 9; C ends at 10
 */
TABLE_TEST(one, four, "A 0 3; B 0 3; C 1 3; D 4 1", MACHINE(1, 2, 0),
           TABLE("A 0-2, B 2-4, C 4-6, A 6-7, D 7-8, B 8-9, C 9-10"),
           "two arrive on the way; whose slice is over goes behind them")

TABLE_TEST(one, endless_slice, "A 0 7; B 0 2", MACHINE(1, TICKS_MAX, 0),
           TABLE("A 0-7, B 7-9"),
           "with a slice of TICKS_MAX nobody is preempted")

/* 2 to the power of 32, and 3. */
TABLE_TEST(one, long_slice, "A 0 7; B 0 2", MACHINE(1, INT64_C(4294967299), 0),
           TABLE("A 0-7, B 7-9"),
           "with a slice of 4,294,967,299 ticks nobody is preempted")

/* Nothing of one run is left in the next; and no jobs are a workload, too. */
Test(one, again)
{
    struct workload nobody = {0, NULL}, some;
    struct machine machine = MACHINE(2, 3, 1);
    struct schedule schedule = {0, NULL};

    observe_run("first-", "A 0 3; B 1 2", MACHINE(1, 2, 0));
    observe_int("nobody", scheduler_run(&nobody, &machine, &schedule));
    observe_int("spans", schedule.count);
    scheduler_free(&schedule);
    observe_int("left", schedule.count != 0 || schedule.spans != NULL);
    some = jobs("A 0 3; B 1 2");
    scheduler_run(&some, &machine, &schedule);
    scheduler_free(&schedule);
    observe_int("left-of-some", schedule.count != 0 || schedule.spans != NULL);
    observe_run("then-", "A 0 3; B 1 2", MACHINE(1, 2, 0));
}

/* 0  A;  1  B arrives;  2  slice over, q: B A;  4  B ends */
Expect(one, again)
{
    const char *const *table = TABLE("A 0-2, B 2-4, A 4-5");

    expect_table("first-", "A 0 3; B 1 2", MACHINE(1, 2, 0), table,
                 "the first of three runs");
    expect_int("nobody", EQUAL, 0, "a workload without jobs is no error");
    expect_int("spans", EQUAL, 0, "without jobs there are no spans");
    expect_int("left", EQUAL, 0, "after scheduler_free() there are no spans");
    expect_int("left-of-some", EQUAL, 0,
               "after scheduler_free() there are no spans: a count of 0, and "
               "NULL in place of a pointer to what is gone");
    expect_table("then-", "A 0 3; B 1 2", MACHINE(1, 2, 0), table,
                 "the same jobs once more: nothing is left of earlier runs");
}

/* ---- step 2: I/O -------------------------------------------------------- */

/*
 * 0  q: A B   A
 * 2  burst complete: blocked until 5; B
 * 5  A is back, q: A
 * 6  B's slice (4) is over, q: A B   A
 * 8  A ends; B, with 2 left
 */
TABLE_TEST(io, leaves_the_core, "A 0 2 3 2; B 0 6", MACHINE(1, 4, 0),
           TABLE("A 0-2, B 2-6, A 6-8, B 8-10"),
           "A waits for I/O from 2 to 5; the core is free for B at once")

/*
 * 0  A; 2 of its slice of 3 are used when its burst is complete, at 2
 * 2  blocked until 3; B
 * 3  A is back
 * 5  B's slice is over, q: A B   A has a whole slice, which is just enough
 * 8  A ends; B
 */
TABLE_TEST(io, whole_slice, "A 0 2 1 3; B 0 5", MACHINE(1, 3, 0),
           TABLE("A 0-2, B 2-5, A 5-8, B 8-10"),
           "after its I/O a job has a whole slice, and not what was left of "
           "the old one")

/*
 * 0  q: A B   A
 * 1  blocked until 3; B, for 3 ticks
 * 3  A is back (1.), then C arrives (2.), q: A C
 * 4  B ends; A.  5  A ends; C
 */
TABLE_TEST(io, back_before_arrivals, "C 3 1; A 0 1 2 1; B 0 3",
           MACHINE(1, 5, 0), TABLE("A 0-1, B 1-4, A 4-5, C 5-6"),
           "at time 3 A's I/O is over and C arrives: A comes first")

/*
 * 0  q: A B   A
 * 1  blocked until 3; B
 * 3  A is back (1.), then B's slice is over (3.), q: A B   A
 * 4  A ends; B
 */
TABLE_TEST(io, back_before_slices, "A 0 1 2 1; B 0 4", MACHINE(1, 2, 0),
           TABLE("A 0-1, B 1-3, A 3-4, B 4-6"),
           "at time 3 A's I/O is over and so is B's slice: A comes first")

/*
 * 0  y
 * 1  y is blocked until 5; x arrives, is taken
 * 3  x is blocked until 5; z, which came at 2
 * 5  q: x y, since x is number 0
 * 6  z ends; x.  7  y
 */
TABLE_TEST(io, back_together, "x 1 2 2 1; y 0 1 4 1; z 2 3", MACHINE(1, 5, 0),
           TABLE("y 0-1, x 1-3, z 3-6, x 6-7, y 7-8"),
           "at time 5 the I/O of x and of y is over: x has the lower number")

/*
 * 0  A.  1  blocked until 6; B.  2  blocked until 7; the core is idle
 * 6  A.  7  A ends; B is back
 */
TABLE_TEST(io, all_blocked, "A 0 1 5 1; B 0 1 5 1", MACHINE(1, 3, 0),
           TABLE("A 0-1, B 1-2, A 6-7, B 7-8"),
           "both wait for I/O at the same moment, and the core is idle")

/*
 * 0  q: A B   A
 * 2  its burst is complete, and its slice is over: blocked until 3; B
 * 3  A is back.  4  B's slice is over, q: A B   A.  6  A ends; B
 */
TABLE_TEST(io, slice_and_io, "A 0 2 1 2; B 0 3", MACHINE(1, 2, 0),
           TABLE("A 0-2, B 2-4, A 4-6, B 6-7"),
           "A's burst is complete just when its slice is over: it is blocked")

TABLE_TEST(io, short_io, "A 0 1 1 1 1 1", MACHINE(1, 9, 0),
           TABLE("A 0-1, A 2-3, A 4-5"),
           "I/O of one tick lasts one tick, also when nobody else is there")

/* ---- step 3: cores ------------------------------------------------------ */

/* 0  A to core 0.  1  B to core 1.  3  both end; C arrives, core 0 takes it */
TABLE_TEST(cores, lowest_idle, "A 0 3; B 1 2; C 3 1", MACHINE(3, 5, 0),
           TABLE("A 0-3, C 3-4", "B 1-3", ""),
           "of the idle cores the lowest one takes the job")

/*
 * 0  q: A B C   core 0 A, core 1 B
 * 2  core 0: A's slice, core 1: B's; q: C A B   core 0 C, core 1 A
 * 3  A ends; core 1 B
 * 4  C ends.  5  B ends, just with its slice
 */
TABLE_TEST(cores, take_turns, "A 0 3; B 0 4; C 0 2", MACHINE(2, 2, 0),
           TABLE("A 0-2, C 2-4", "B 0-2, A 2-3, B 3-5"),
           "three jobs and two cores: both slices are over at 2, first that "
           "of core 0")

/*
 * 0  q: F G B   core 0 F, core 1 G
 * 1  A arrives, q: B A
 * 2  F and G end; core 0 B, core 1 A
 * 3  C arrives
 * 4  slices over: core 0 (B), then core 1 (A); q: C B A
 *    core 0 C, core 1 B
 * 5  C and B end; core 0 A
 */
TABLE_TEST(cores, slices_together, "A 1 3; F 0 2; G 0 2; B 0 3; C 3 1",
           MACHINE(2, 2, 0),
           TABLE("F 0-2, B 2-4, C 4-5, A 5-6", "G 0-2, A 2-4, B 4-5"),
           "at time 4 both slices are over: core 0 looks first, whatever the "
           "number of its job")

/*
 * 0  core 0 A, core 1 B.  1  A ends; core 0 is idle
 * 3  B's slice is over, it goes through the queue: core 0 takes it
 */
TABLE_TEST(cores, moves, "A 0 1; B 0 5", MACHINE(2, 3, 0),
           TABLE("A 0-1, B 3-5", "B 0-3"),
           "whose slice is over goes into the queue, even if it is empty: then "
           "the lowest idle core takes it, which need not be the same one")

/*
 * 0  core 0 A, core 1 B.  1  C arrives
 * 2  A is blocked until 4; core 0 C
 * 3  C is blocked until 6; core 1: B's slice is over; core 0 B
 * 4  A is back; B ends; core 0 A
 * 6  C is back; A ends; core 0 C
 */
TABLE_TEST(cores, with_io, "A 0 2 2 2; B 0 4; C 1 1 3 1", MACHINE(2, 3, 0),
           TABLE("A 0-2, C 2-3, B 3-4, A 4-6, C 6-7", "B 0-3"),
           "three jobs with I/O on two cores")

TABLE_TEST(cores, eight,
           "a 0 2; b 0 2; c 0 2; d 0 2; e 0 2; f 0 2; g 0 2; h 0 2; i 0 2",
           MACHINE(8, 5, 0),
           TABLE("a 0-2, i 2-4", "b 0-2", "c 0-2", "d 0-2", "e 0-2", "f 0-2",
                 "g 0-2", "h 0-2"),
           "nine jobs, eight cores")

/* ---- step 4: the price of a switch -------------------------------------- */

/*
 * 0  A, the core's first job
 * 2  slice over, q: B A   switch to B
 * 3  B runs.  5  B ends; switch to A.  6  A runs.  7  A ends
 */
TABLE_TEST(cost, each_switch, "A 0 3; B 0 2", MACHINE(1, 2, 1),
           TABLE("A 0-2, +B 2-3, B 3-5, +A 5-6, A 6-7"),
           "a switch takes 1 tick; the first job of a core needs none")

TABLE_TEST(cost, same_job, "A 1 5", MACHINE(1, 2, 3),
           TABLE("A 1-3, A 3-5, A 5-6"),
           "a core that takes the same job again does not switch")

/*
 * 0  A.  1  blocked until 5; the core is idle.  5  A again: no switch
 * 10  B: a switch, though the core was idle
 */
TABLE_TEST(cost, after_idle, "A 0 1 4 2; B 10 1", MACHINE(1, 5, 2),
           TABLE("A 0-1, A 5-7, +B 10-12, B 12-13"),
           "what counts is the job that the core took last, and not what it "
           "did since")

/*
 * 0  A.  2  A ends; switch to B
 * 3  C arrives; the switch goes on
 * 5  B runs, for a whole slice.  7  slice over, q: C B   switch to C
 * 10  C runs.  11  C ends; switch to B.  14  B runs
 */
TABLE_TEST(cost, beside_the_slice, "A 0 2; B 0 4; C 3 1", MACHINE(1, 2, 3),
           TABLE("A 0-2, +B 2-5, B 5-7, +C 7-10, C 10-11, +B 11-14, B 14-16"),
           "the slice begins when the job runs; what takes longer than a slice "
           "is only the switch")

/*
 * 0  core 0 A, core 1 B
 * 2  A ends; B's slice is over; core 0 took A last: switch to B
 * 3  B runs.  5  slice over; core 0 takes it again
 * 6  C arrives; core 1 took B last: switch to C
 * 7  B ends; C runs until 9
 */
TABLE_TEST(cost, each_core_for_itself, "A 0 2; B 0 6; C 6 2", MACHINE(2, 2, 1),
           TABLE("A 0-2, +B 2-3, B 3-5, B 5-7", "B 0-2, +C 6-7, C 7-9"),
           "each core knows the job that it took last")

/*
 * 0  A.  1  A ends; switch to B, until 5
 * 3  C arrives.  4  D arrives, q: C D
 * 5  B runs.  6  B is blocked until 7; switch to C, until 10
 * 7  B is back, q: D B
 * 10  C runs.  11  C ends; switch to D.  15  D runs.  16  switch to B
 */
TABLE_TEST(cost, while_others_come, "A 0 1; B 0 1 1 1; C 3 1; D 4 1",
           MACHINE(1, 2, 4),
           TABLE("A 0-1, +B 1-5, B 5-6, +C 6-10, C 10-11, +D 11-15, D 15-16, "
                 "+B 16-20, B 20-21"),
           "a switch is not interrupted; jobs queue meanwhile")

/* ---- any workload ------------------------------------------------------- */

enum { WORKLOADS = 24 };

static int at_random(uint64_t *state, int from, int to)
{
    return from + (int)(draw(state) % (uint64_t)(to - from + 1));
}

/* Small numbers: much happens at the same time. */
static struct workload random_jobs(uint64_t *state, int count, int bursts)
{
    struct workload workload = {count, job_list};
    int64_t *next = burst_list;

    memset(job_list, 0, sizeof job_list);
    for (int i = 0; i < count; i++) {
        struct job *job = &job_list[i];

        snprintf(job->name, sizeof job->name, "%c%d", 'A' + i % 26, i / 26);
        if (i < 26)
            job->name[1] = '\0';
        job->arrival = at_random(state, 0, count + 2);
        job->burst_count = 2 * at_random(state, 0, bursts) + 1;
        job->bursts = next;
        for (int k = 0; k < job->burst_count; k++)
            *next++ = at_random(state, 1, 5);
    }
    return workload;
}

static struct machine random_machine(uint64_t *state)
{
    int cores = at_random(state, 1, 4), slice = at_random(state, 1, 4);

    return MACHINE(cores, slice, at_random(state, 0, 2));
}

Test(random, to_the_tick)
{
    uint64_t state = seed();
    int failed = 0;

    for (int i = 0; i < WORKLOADS; i++) {
        struct workload workload = random_jobs(&state, 2 + i / 4, 3);
        struct machine machine = random_machine(&state);
        struct schedule schedule = {0, NULL};
        char prefix[20];

        snprintf(prefix, sizeof prefix, "%d-", i);
        failed += scheduler_run(&workload, &machine, &schedule) != 0;
        observe_schedule(prefix, &workload, machine.cores, &schedule);
        scheduler_free(&schedule);
        snprintf(prefix, sizeof prefix, "%d-returned", i);
        observe_int(prefix, failed);
    }
}

Expect(random, to_the_tick)
{
    uint64_t state = seed();

    for (int i = 0; i < WORKLOADS; i++) {
        struct workload workload = random_jobs(&state, 2 + i / 4, 3);
        struct machine machine = random_machine(&state);
        struct text why = {0, ""};
        char prefix[20];

        add(&why, "%d cores, slice %d, cost %d, jobs: ", machine.cores,
            (int)machine.slice, (int)machine.cost);
        write_jobs(&why, &workload);
        snprintf(prefix, sizeof prefix, "%d-", i);
        expect_run(prefix, &workload, machine, why.at);
    }
}

/* What must hold of every schedule, whatever the order in the queue. */

enum { LONGEST = 400, MOST_SPANS = 1000 /* whoever has more, is wrong */ };

struct broken {
    int doubles;  /* a core, or a job, in two spans at one time */
    int work;     /* jobs that did not run as long as they must */
    int slices;   /* spans that are longer than a slice */
    int io;       /* jobs that run while they wait for I/O, or too early */
    int laziness; /* ticks in which a core was idle and a job was ready */
};

/* One more in each tick from `from` to `to`. */
static void count_ticks(int *ticks, int64_t from, int64_t to)
{
    for (int64_t t = from < 0 ? 0 : from; t < to && t < LONGEST; t++)
        ticks[t]++;
}

static void follow_job(const struct workload *workload,
                       const struct schedule *schedule, int number, int *ready,
                       struct broken *broken)
{
    const struct job *job = &workload->jobs[number];
    int64_t now = job->arrival, ran = 0, all = 0, computes = 0;
    int burst = 0;

    for (int k = 0; k < job->burst_count; k += 2)
        computes += job->bursts[k];
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];

        if (span->job != number)
            continue;
        if (ran == job->bursts[burst] && burst + 2 < job->burst_count) {
            now += job->bursts[burst + 1];
            burst += 2;
            ran = 0;
        }
        broken->io += span->from < now;
        count_ticks(ready, now, span->from);
        if (span->doing == RUNNING) {
            ran += span->to - span->from;
            all += span->to - span->from;
        }
        now = span->to;
    }
    broken->work += all != computes;
}

static void look_for_broken(const struct workload *workload,
                            const struct machine *machine,
                            const struct schedule *schedule,
                            struct broken *broken)
{
    int ready[LONGEST] = {0}, busy[LONGEST] = {0};

    for (int i = 0; i < schedule->count; i++) {
        const struct span *a = &schedule->spans[i];

        for (int k = 0; k < i; k++) {
            const struct span *b = &schedule->spans[k];
            bool meet = a->from < b->to && b->from < a->to;

            broken->doubles += meet && (a->core == b->core || a->job == b->job);
        }
        broken->slices +=
            a->doing == RUNNING && a->to - a->from > machine->slice;
        count_ticks(busy, a->from, a->to);
    }
    for (int i = 0; i < workload->count; i++)
        follow_job(workload, schedule, i, ready, broken);
    for (int t = 0; t < LONGEST; t++)
        broken->laziness += ready[t] > 0 && busy[t] < machine->cores;
}

Test(random, invariants)
{
    uint64_t state = seed() + 1;
    struct broken broken = {0};

    for (int i = 0; i < WORKLOADS; i++) {
        struct workload workload = random_jobs(&state, 5, 2);
        struct machine machine = random_machine(&state);
        struct schedule schedule = {0, NULL};

        scheduler_run(&workload, &machine, &schedule);
        if (schedule.spans == NULL)
            schedule.count = 0;
        if (schedule.count > MOST_SPANS)
            schedule.count = MOST_SPANS;
        look_for_broken(&workload, &machine, &schedule, &broken);
        scheduler_free(&schedule);
    }
    observe_int("two-at-once", broken.doubles);
    observe_int("wrong-amount", broken.work);
    observe_int("too-long", broken.slices);
    observe_int("too-early", broken.io);
    observe_int("idle-though-ready", broken.laziness);
}

Expect(random, invariants)
{
    expect_int("two-at-once", EQUAL, 0,
               "a core does one thing at a time, and a job is on one core");
    expect_int("wrong-amount", EQUAL, 0,
               "each job runs for as many ticks as its bursts have");
    expect_int("too-long", EQUAL, 0, "no job runs longer than a slice");
    expect_int("too-early", EQUAL, 0,
               "no job is on a core before it has arrived, or while it waits "
               "for I/O");
    expect_int("idle-though-ready", EQUAL, 0,
               "no core is idle while a job stands in the queue");
}

/* Many jobs at once: how many there are is not known beforehand. */

struct sum {
    long long spans;
    uint64_t value;
};

static void see_sum(const struct span *span, void *arg)
{
    struct sum *sum = arg;
    uint64_t value = (uint64_t)span->from;

    value = value * 1000003 + (uint64_t)span->to;
    value = value * 1000003 + (uint64_t)(span->core * 1000 + span->job);
    value = value * 1000003 + (uint64_t)span->doing;
    sum->value += draw(&value); /* in any order */
    sum->spans++;
}

static struct workload crowd(struct machine *machine)
{
    uint64_t state = seed() + 2;

    *machine = MACHINE(3, 2, 1);
    return random_jobs(&state, JOBS, 2);
}

Test(random, crowd)
{
    struct machine machine;
    struct workload workload = crowd(&machine);
    struct schedule schedule = {0, NULL};
    struct sum sum = {0, 0};

    observe_int("returned", scheduler_run(&workload, &machine, &schedule));
    for (int i = 0; schedule.spans != NULL && i < schedule.count; i++)
        see_sum(&schedule.spans[i], &sum);
    scheduler_free(&schedule);
    observe_int("spans", sum.spans);
    observe_int("sum", (long long)(sum.value >> 1));
}

Expect(random, crowd)
{
    struct machine machine;
    struct workload workload = crowd(&machine);
    struct sum sum = {0, 0};

    brute_force(&workload, &machine, see_sum, &sum);
    expect_int("returned", EQUAL, 0, "300 jobs on 3 cores are no error");
    expect_int("spans", EQUAL, sum.spans,
               "300 jobs on 3 cores: so many spans they make");
    expect_int("sum", EQUAL, (long long)(sum.value >> 1),
               "300 jobs on 3 cores: a sum over all numbers of all spans");
}

/* Two thousand of one tick each, all there at 0: job i is the i-th to be taken,
 * so that no scheduler is needed to say when and where it runs. */

enum { THOUSANDS = 2000 };

static struct workload two_thousand(void)
{
    static struct job list[THOUSANDS];
    static int64_t tick = 1;

    for (int i = 0; i < THOUSANDS; i++)
        list[i] = (struct job){"many", 0, 1, &tick};
    return (struct workload){THOUSANDS, list};
}

Test(jobs, many)
{
    struct workload workload = two_thousand();
    struct machine machine = MACHINE(CORES_MAX, 1, 0);
    struct schedule schedule = {0, NULL};
    int wrong = 0;

    observe_int("returned", scheduler_run(&workload, &machine, &schedule));
    observe_int("spans", schedule.count);
    for (int i = 0; i < schedule.count && i < THOUSANDS; i++) {
        const struct span *span = &schedule.spans[i];

        wrong += span->job != i || span->core != i % CORES_MAX ||
                 span->from != i / CORES_MAX || span->to != span->from + 1;
    }
    observe_int("wrong", wrong);
    scheduler_free(&schedule);
}

Expect(jobs, many)
{
    expect_int("returned", EQUAL, 0, "2,000 jobs are no error");
    expect_int("spans", EQUAL, THOUSANDS,
               "2,000 jobs of one tick each are 2,000 spans");
    expect_int("wrong", EQUAL, 0,
               "2,000 jobs arrive at 0, with a tick each: the first eight run "
               "from 0 to 1, on cores 0 to 7, then the next eight");
}

/* Two that take turns for a long time: span i is tick i. */

enum { LONG = 20000 };

Test(jobs, long)
{
    struct workload workload = jobs("A 0 10000; B 0 10000");
    struct machine machine = MACHINE(1, 1, 0);
    struct schedule schedule = {0, NULL};
    int wrong = 0;

    observe_int("returned", scheduler_run(&workload, &machine, &schedule));
    observe_int("spans", schedule.count);
    for (int i = 0; i < schedule.count && i < LONG; i++) {
        const struct span *span = &schedule.spans[i];

        wrong += span->job != i % 2 || span->core != 0 || span->from != i ||
                 span->to != i + 1;
    }
    observe_int("wrong", wrong);
    scheduler_free(&schedule);
}

Expect(jobs, long)
{
    expect_int("returned", EQUAL, 0,
               "a schedule that ends at 20,000 is no error: how many spans it "
               "will have is not known beforehand");
    expect_int("spans", EQUAL, LONG,
               "two jobs of 10,000 ticks, slices of one: 20,000 spans");
    expect_int("wrong", EQUAL, 0,
               "A runs from 0 to 1, B from 1 to 2, A from 2 to 3, and so on");
}

/* Nearly at the end of all time that is asked for. */
TABLE_TEST(jobs, late, "early 0 3; late 999000 2 500 4", MACHINE(1, 3, 0),
           TABLE("early 0-3, late 999000-999002, late 999502-999505, "
                 "late 999505-999506"),
           "nobody is there for 998,997 ticks: the core is idle, and then goes "
           "on; a schedule may end at any time below 1,000,000")

/* ---- step 5: the figures -------------------------------------------------
 *
 * From here on the schedules are made by the test: who gets one step wrong
 * pays for that one only.
 */

#define SPANS(Spans)                                                           \
    {                                                                          \
        (int)(sizeof(Spans) / sizeof(Spans)[0]), (Spans)                       \
    }

/* cost/each_switch, with its jobs and its machine. */
#define ONE_CORE "A 0 3; B 0 2"
static struct span one_core_spans[] = {
    {0, 2, 0, 0, RUNNING},   {2, 3, 0, 1, SWITCHING}, {3, 5, 0, 1, RUNNING},
    {5, 6, 0, 0, SWITCHING}, {6, 7, 0, 0, RUNNING},
};
static const struct schedule one_core = SPANS(one_core_spans);

/* cores/with_io. */
#define TWO_CORES "A 0 2 2 2; B 0 4; C 1 1 3 1"
static struct span two_cores_spans[] = {
    {0, 2, 0, 0, RUNNING}, {0, 3, 1, 1, RUNNING}, {2, 3, 0, 2, RUNNING},
    {3, 4, 0, 1, RUNNING}, {4, 6, 0, 0, RUNNING}, {6, 7, 0, 2, RUNNING},
};
static const struct schedule two_cores = SPANS(two_cores_spans);

/* io/leaves_the_core. */
#define READY_AFTER_IO "A 0 2 3 2; B 0 6"
static struct span ready_after_io_spans[] = {
    {0, 2, 0, 0, RUNNING},
    {2, 6, 0, 1, RUNNING},
    {6, 8, 0, 0, RUNNING},
    {8, 10, 0, 1, RUNNING},
};
static const struct schedule ready_after_io = SPANS(ready_after_io_spans);

/* cost/each_core_for_itself, a tick of which is a billion here. */
#define BILLION INT64_C(1000000000)
#define LARGE   "A 0 2000000000; B 0 6000000000; C 6000000000 2000000000"
static struct span large_spans[] = {
    {0, 2 * BILLION, 0, 0, RUNNING},
    {0, 2 * BILLION, 1, 1, RUNNING},
    {2 * BILLION, 3 * BILLION, 0, 1, SWITCHING},
    {3 * BILLION, 5 * BILLION, 0, 1, RUNNING},
    {5 * BILLION, 7 * BILLION, 0, 1, RUNNING},
    {6 * BILLION, 7 * BILLION, 1, 2, SWITCHING},
    {7 * BILLION, 9 * BILLION, 1, 2, RUNNING},
};
static const struct schedule large = SPANS(large_spans);

/* A waits in the queue while its I/O is over, and switches that are free. */
#define FREE_SWITCHES "A 3 2 1 1; B 3 2"
static struct span free_switches_spans[] = {
    {3, 4, 0, 0, RUNNING}, {4, 5, 0, 1, RUNNING}, {5, 6, 0, 0, RUNNING},
    {6, 7, 0, 1, RUNNING}, {7, 8, 0, 0, RUNNING},
};
static const struct schedule free_switches = SPANS(free_switches_spans);

/* The one that begins last is not the one that ends last. */
#define ENDS_FIRST "A 0 10; B 5 2"
static struct span ends_first_spans[] = {
    {0, 10, 0, 0, RUNNING},
    {5, 7, 1, 1, RUNNING},
};
static const struct schedule ends_first = SPANS(ends_first_spans);

/* Idle for one tick of a hundred million. */
#define NEARLY_BUSY "A 1 99999999"
static struct span nearly_busy_spans[] = {{1, 100000000, 0, 0, RUNNING}};
static const struct schedule nearly_busy = SPANS(nearly_busy_spans);

static void observe_figures(const char *script, struct machine machine,
                            const struct schedule *schedule)
{
    struct workload workload = jobs(script);
    struct span *before = copy_of(schedule);
    struct job_figures each[8];
    struct figures all;

    memset(each, 0xA5, sizeof each);
    memset(&all, 0xA5, sizeof all);
    observe_int("returned",
                scheduler_measure(&workload, &machine, schedule, each, &all));
    for (int i = 0; i < workload.count; i++) {
        struct text line = {0, ""};

        add(&line, "response %lld, turnaround %lld, waiting %lld",
            (long long)each[i].response, (long long)each[i].turnaround,
            (long long)each[i].waiting);
        observe_str(workload.jobs[i].name, line.at);
    }
    observe_int("end", all.end);
    observe_int("running", all.running);
    observe_int("switching", all.switching);
    observe_int("idle", all.idle);
    observe_int("switches", all.switches);
    observe_int("utilisation", all.utilisation);
    observe_changed(schedule, before, &workload, script);
}

static void expect_figures(struct figures all)
{
    expect_int("returned", EQUAL, 0, "nothing goes wrong here");
    expect_int("end", EQUAL, all.end, "this is when the last job ends");
    expect_int("running", EQUAL, all.running,
               "the lengths of all RUNNING spans together");
    expect_int("switching", EQUAL, all.switching,
               "the lengths of all SWITCHING spans together");
    expect_int("idle", EQUAL, all.idle,
               "each core, up to the end of all jobs: what is neither running "
               "nor switching");
    expect_int("switches", EQUAL, all.switches,
               "how often a core takes another job than this core took last; "
               "the first is none");
    expect_int("utilisation", EQUAL, all.utilisation,
               "thousandths: how much of what all cores could do until the end "
               "was running, rounded down");
    expect_unchanged();
}

static void expect_job(const char *name, const char *figures)
{
    expect_str(name, figures,
               "response: arrival until it runs first; turnaround: arrival to "
               "end; waiting: turnaround without its bursts");
}

Test(figures, one_core)
{
    observe_figures(ONE_CORE, MACHINE(1, 2, 1), &one_core);
}

/* A: runs at 0, ends at 7; 7 - 3. B: runs at 3, ends at 5; 5 - 2.
 * 2 + 2 + 1 run, 1 + 1 switch: 7. 5000 / 7 = 714.3 */
Expect(figures, one_core)
{
    expect_job("A", "response 0, turnaround 7, waiting 4");
    expect_job("B", "response 3, turnaround 5, waiting 3");
    expect_figures((struct figures){7, 5, 2, 0, 2, 714});
}

Test(figures, io_and_idle)
{
    observe_figures(TWO_CORES, MACHINE(3, 3, 0), &two_cores);
}

/* A: 0 to 6; 6 - 2 - 2 - 2. B: 0 to 4; 4 - 4. C arrives at 1, runs at 2, ends
 * at 7; 6 - 1 - 3 - 1. Cores 0 and 1 run for 7 + 3 ticks; core 2 is a third
 * one, which never does anything: 21 - 10. Core 0: A C B A C. 10000 / 21 */
Expect(figures, io_and_idle)
{
    expect_job("A", "response 0, turnaround 6, waiting 0");
    expect_job("B", "response 0, turnaround 4, waiting 0");
    expect_job("C", "response 1, turnaround 6, waiting 1");
    expect_figures((struct figures){7, 10, 0, 11, 4, 476});
}

Test(figures, ready_after_io)
{
    observe_figures(READY_AFTER_IO, MACHINE(1, 4, 0), &ready_after_io);
}

/* A: 0 to 8; 8 - 7. B: 2 to 10; 10 - 6. A B A B. */
Expect(figures, ready_after_io)
{
    expect_job("A", "response 0, turnaround 8, waiting 1");
    expect_job("B", "response 2, turnaround 10, waiting 4");
    expect_figures((struct figures){10, 10, 0, 0, 3, 1000});
}

Test(figures, free_switches)
{
    observe_figures(FREE_SWITCHES, MACHINE(1, 1, 0), &free_switches);
}

/* Slices of 1. A arrives at 3, runs at 3; its two ticks are over at 6, its I/O
 * at 7, its end is at 8; 5 - 2 - 1 - 1. B: runs at 4, ends at 7; 4 - 2.
 * A B A B A; 5 of 8. */
Expect(figures, free_switches)
{
    expect_job("A", "response 0, turnaround 5, waiting 1");
    expect_job("B", "response 1, turnaround 4, waiting 2");
    expect_figures((struct figures){8, 5, 0, 3, 4, 625});
}

Test(figures, large)
{
    observe_figures(LARGE, MACHINE(2, 2 * BILLION, BILLION), &large);
}

/* Billions. A: 0 to 2. B: 0 to 7; 7 - 6. C: arrives at 6, runs at 7, ends at
 * 9. Running 2 + 2 + 2 + 2 + 2, switching 1 + 1, of 18. Core 0: A B B; core 1:
 * B C. 10000 / 18 */
Expect(figures, large)
{
    expect_job("A", "response 0, turnaround 2000000000, waiting 0");
    expect_job("B", "response 0, turnaround 7000000000, waiting 1000000000");
    expect_job("C", "response 1000000000, turnaround 3000000000, "
                    "waiting 1000000000");
    expect_figures((struct figures){9 * BILLION, 10 * BILLION, 2 * BILLION,
                                    6 * BILLION, 2, 555});
}

Test(figures, ends_first)
{
    observe_figures(ENDS_FIRST, MACHINE(2, 10, 0), &ends_first);
}

/* A: 0 to 10. B: 5 to 7. Running 10 + 2, of 20. */
Expect(figures, ends_first)
{
    expect_job("A", "response 0, turnaround 10, waiting 0");
    expect_job("B", "response 0, turnaround 2, waiting 0");
    expect_figures((struct figures){10, 12, 0, 8, 0, 600});
}

Test(figures, nearly_busy)
{
    observe_figures(NEARLY_BUSY, MACHINE(1, TICKS_MAX, 0), &nearly_busy);
}

/* 99,999,999 of 100,000,000: that is 999 thousandths, and not quite 1000. */
Expect(figures, nearly_busy)
{
    expect_job("A", "response 0, turnaround 99999999, waiting 0");
    expect_figures((struct figures){100000000, 99999999, 0, 1, 0, 999});
}

/* Two thousand, of which the i-th waits for those before it. */
Test(figures, two_thousand)
{
    static struct span spans[THOUSANDS];
    static struct job_figures each[THOUSANDS];
    struct workload workload = two_thousand();
    struct schedule schedule = {THOUSANDS, spans};
    struct machine machine = MACHINE(CORES_MAX, 1, 0);
    struct figures all = {0};
    int wrong = 0;

    for (int i = 0; i < THOUSANDS; i++) {
        int at = i / CORES_MAX;

        spans[i] = (struct span){at, at + 1, i % CORES_MAX, i, RUNNING};
    }
    observe_int("returned",
                scheduler_measure(&workload, &machine, &schedule, each, &all));
    for (int i = 0; i < THOUSANDS; i++) {
        int64_t at = i / CORES_MAX;

        wrong += each[i].response != at || each[i].waiting != at ||
                 each[i].turnaround != at + 1;
    }
    observe_int("wrong", wrong);
    observe_int("switches", all.switches);
    observe_int("utilisation", all.utilisation);
}

Expect(figures, two_thousand)
{
    expect_int("returned", EQUAL, 0, "2,000 jobs are no error");
    expect_int("wrong", EQUAL, 0,
               "2,000 jobs of one tick arrive at 0, and eight cores run eight "
               "at a time: the first eight wait 0, the next eight 1, and so "
               "on. There may be any number of jobs");
    expect_int("switches", EQUAL, THOUSANDS - CORES_MAX,
               "each takes another job than the one before, on its core");
    expect_int("utilisation", EQUAL, 1000, "no core is ever idle");
}

Test(figures, nobody)
{
    struct schedule nothing = {0, NULL};

    observe_figures("", MACHINE(2, 2, 1), &nothing);
}

Expect(figures, nobody)
{
    expect_figures((struct figures){0, 0, 0, 0, 0, 0});
}

/* ---- step 6: charts ----------------------------------------------------- */

/* What a chart has written. */
struct chart {
    FILE *out;
    char *text;
    size_t size;
};

static void open_chart(struct chart *chart)
{
    *chart = (struct chart){NULL, NULL, 0};
    chart->out = open_memstream(&chart->text, &chart->size);
    cr_assert(chart->out != NULL, "the test has no memory");
}

static void observe_text(const char *script, const struct schedule *schedule)
{
    struct workload workload = jobs(script);
    struct span *before = copy_of(schedule);
    struct chart chart;
    int returned;

    open_chart(&chart);
    returned = scheduler_draw_text(&workload, schedule, chart.out);
    /* Without a flush of ours: it is the student's. */
    observe_str("chart", chart.text != NULL ? chart.text : "");
    observe_int("returned", returned);
    observe_changed(schedule, before, &workload, script);
    fclose(chart.out);
    free(chart.text);
}

static void expect_text(const char *chart, const char *why)
{
    expect_str("chart", chart, why);
    expect_int("returned", EQUAL, 0, "nothing goes wrong here");
    expect_unchanged();
}

Test(text, one_core)
{
    observe_text(ONE_CORE, &one_core);
}

/* A runs 0-2, waits until the core switches to it, 5-6, runs 6-7. B waits 0-2,
 * then the core switches to it. */
Expect(text, one_core)
{
    expect_text("A        00...+0\nB        ..+00\n",
                "A 0-2, switch to B, B 3-5, switch to A, A 6-7");
}

Test(text, states)
{
    observe_text(TWO_CORES, &two_cores);
}

/* A is blocked from 2 to 4, C from 3 to 6; C arrives at 1. */
Expect(text, states)
{
    expect_text("A        00~~00\nB        1110\nC         .0~~~0\n",
                "A and C wait for I/O in between; B moves to core 0");
}

Test(text, ready_after_io)
{
    observe_text(READY_AFTER_IO, &ready_after_io);
}

Expect(text, ready_after_io)
{
    expect_text("A        00~~~.00\nB        ..0000..00\n",
                "A's I/O is over at 5, but the core is not free before 6");
}

/* A's burst of 2 is in two spans; its I/O begins after the second. */
Test(text, two_spans_a_burst)
{
    observe_text(FREE_SWITCHES, &free_switches);
}

Expect(text, two_spans_a_burst)
{
    expect_text("A           0.0~0\nB           .0.0\n",
                "A's first burst has two spans: ready between them, blocked "
                "after the second");
}

/* A hundred jobs take turns for a thousand ticks: a tick each, ten times. */

enum { IN_TURN = 100, TURNS = 1000 };

static struct workload jobs_in_turn(struct schedule *schedule)
{
    static struct job list[IN_TURN];
    static struct span spans[TURNS];
    static int64_t ticks = TURNS / IN_TURN;

    for (int i = 0; i < IN_TURN; i++) {
        list[i] = (struct job){"", 0, 1, &ticks};
        snprintf(list[i].name, sizeof list[i].name, "job-%d", i);
    }
    for (int i = 0; i < TURNS; i++)
        spans[i] = (struct span){i, i + 1, 0, i % IN_TURN, RUNNING};
    *schedule = (struct schedule){TURNS, spans};
    return (struct workload){IN_TURN, list};
}

/* Is it the line of this job in that chart? */
static bool is_line_in_turn(const char *line, int number)
{
    int last = TURNS - IN_TURN + number;
    char name[JOB_NAME_MAX + 2];

    snprintf(name, sizeof name, "job-%-*d ", JOB_NAME_MAX - 4, number);
    if (strncmp(line, name, strlen(name)) != 0)
        return false;
    line += strlen(name);
    for (int i = 0; i <= last; i++)
        if (line[i] != (i % IN_TURN == number ? '0' : '.'))
            return false;
    return line[last + 1] == '\n';
}

Test(text, thousand_ticks)
{
    struct schedule schedule;
    struct workload workload = jobs_in_turn(&schedule);
    struct chart chart;
    const char *line, *end;
    int lines = 0, wrong = 0;

    open_chart(&chart);
    observe_int("returned",
                scheduler_draw_text(&workload, &schedule, chart.out));
    line = chart.text != NULL ? chart.text : "";
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
        wrong += !is_line_in_turn(line, lines++);
    observe_int("lines", lines);
    observe_int("wrong", wrong);
    fclose(chart.out);
    free(chart.text);
}

Expect(text, thousand_ticks)
{
    expect_int("returned", EQUAL, 0, "nothing goes wrong here");
    expect_int("lines", EQUAL, IN_TURN, "a hundred jobs, a hundred lines");
    expect_int("wrong", EQUAL, 0,
               "each of a hundred jobs runs in one tick of a hundred and is "
               "ready in the others, up to its end, ten times: lines of 910 to "
               "1,009 characters");
}

Test(text, names)
{
    static struct span spans[] = {{0, 1, 0, 0, RUNNING}, {1, 2, 0, 1, RUNNING}};
    struct schedule schedule = SPANS(spans);

    observe_text("compiler 0 1; 100%d 0 1", &schedule);
}

Expect(text, names)
{
    expect_text("compiler 0\n100%d    .0\n",
                "a name, filled up to 8 characters; then a blank");
}

Test(text, eight_cores)
{
    static struct span spans[] = {
        {0, 1, 3, 0, RUNNING}, {0, 1, 4, 1, RUNNING}, {0, 1, 7, 2, RUNNING},
        {1, 2, 6, 0, RUNNING}, {1, 2, 7, 1, RUNNING},
    };
    struct schedule schedule = SPANS(spans);

    observe_text("A 0 2; B 0 2; C 0 1", &schedule);
}

Expect(text, eight_cores)
{
    expect_text("A        36\nB        47\nC        7\n",
                "eight cores, some of them idle: A runs on 3 and then on 6, B "
                "on 4 and 7, C on 7");
}

Test(text, nobody)
{
    struct schedule nothing = {0, NULL};

    observe_text("", &nothing);
}

Expect(text, nobody)
{
    expect_text("", "no jobs, no lines");
}

static ssize_t disk_is_full(void *cookie, const char *text, size_t size)
{
    (void)cookie;
    (void)text;
    (void)size;
    errno = ENOSPC;
    return 0;
}

static FILE *full_disk(bool buffered)
{
    FILE *out =
        fopencookie(NULL, "w", (cookie_io_functions_t){.write = disk_is_full});

    cr_assert(out != NULL, "the test has no memory");
    if (!buffered)
        setvbuf(out, NULL, _IONBF, 0);
    return out;
}

static void expect_full_disk(void)
{
    expect_int("at-the-end", EQUAL, EIO,
               "the disk is full, which shows when `out` is flushed: an error");
    expect_int("at-once", EQUAL, EIO,
               "the disk is full, and `out` has no buffer: each write has "
               "failed before it is flushed. ferror() tells");
}

Test(text, full_disk)
{
    struct workload workload = jobs(ONE_CORE);
    FILE *out = full_disk(true);

    observe_int("at-the-end", scheduler_draw_text(&workload, &one_core, out));
    fclose(out);
    out = full_disk(false);
    observe_int("at-once", scheduler_draw_text(&workload, &one_core, out));
    fclose(out);
}

Expect(text, full_disk)
{
    expect_full_disk();
}

/* ---- SVG, as expat reads it --------------------------------------------- */

#define SVG_SPACE "http://www.w3.org/2000/svg"

enum { DRAWN = 4096, NESTED = 64 };

struct box {
    long x, y, width, height;
    char title[40];
    bool titled;
};

struct picture {
    int depth, boxes;
    int box_at[NESTED]; /* of each open element: its place in `box`, or -1 */
    bool in_title, root_is_svg;
    long width, height;
    struct box box[DRAWN];
};

/* A whole number, or -1. */
static long whole(const char *const *attributes, const char *name)
{
    for (int i = 0; attributes[i] != NULL; i += 2) {
        const char *value = attributes[i + 1];
        char *end;
        long number;

        if (strcmp(attributes[i], name) != 0)
            continue;
        number = strtol(value, &end, 10);
        return end != value && *end == '\0' ? number : -1;
    }
    return -1;
}

static void begin_element(void *arg, const XML_Char *name,
                          const XML_Char **attributes)
{
    struct picture *picture = arg;
    int above = -1, here = -1;

    if (picture->depth == 0) {
        picture->root_is_svg = strcmp(name, SVG_SPACE " svg") == 0;
        picture->width = whole(attributes, "width");
        picture->height = whole(attributes, "height");
    } else if (picture->depth <= NESTED) {
        above = picture->box_at[picture->depth - 1];
    }
    if (strcmp(name, SVG_SPACE " rect") == 0 && picture->boxes < DRAWN) {
        here = picture->boxes++;
        picture->box[here] = (struct box){
            whole(attributes, "x"),
            whole(attributes, "y"),
            whole(attributes, "width"),
            whole(attributes, "height"),
            .titled = false,
        };
    }
    if (strcmp(name, SVG_SPACE " title") == 0 && above >= 0) {
        picture->box[above].titled = true;
        picture->in_title = true;
    }
    if (picture->depth < NESTED)
        picture->box_at[picture->depth] = here;
    picture->depth++;
}

/* A <rect> without a title is forgotten: there may be any number of them. */
static void end_element(void *arg, const XML_Char *name)
{
    struct picture *picture = arg;
    int last = picture->boxes - 1;

    (void)name;
    picture->depth--;
    picture->in_title = false;
    if (picture->depth < NESTED && last >= 0 &&
        picture->box_at[picture->depth] == last && !picture->box[last].titled)
        picture->boxes--;
}

static void see_characters(void *arg, const XML_Char *text, int size)
{
    struct picture *picture = arg;
    int at = picture->depth - 2; /* the element around the title */
    struct box *box;

    if (!picture->in_title || at < 0 || at >= NESTED || picture->box_at[at] < 0)
        return;
    box = &picture->box[picture->box_at[at]];
    for (int i = 0; i < size; i++) {
        size_t length = strlen(box->title);

        if (strchr(" \t\r\n", text[i]) == NULL &&
            length + 1 < sizeof box->title)
            box->title[length] = text[i];
    }
}

static int compare_boxes(const void *left, const void *right)
{
    const struct box *a = left, *b = right;

    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    return (a->x > b->x) - (a->x < b->x);
}

static void observe_picture(struct picture *picture)
{
    struct text text = {0, ""};

    qsort(picture->box, (size_t)picture->boxes, sizeof picture->box[0],
          compare_boxes);
    for (int i = 0; i < picture->boxes; i++) {
        const struct box *box = &picture->box[i];

        add(&text, "%s%s %ld,%ld %ldx%ld", text.used > 0 ? "; " : "",
            box->title, box->x, box->y, box->width, box->height);
    }
    observe_int("root-is-svg", picture->root_is_svg);
    observe_str("rects", text.at);
    observe_int("width", picture->width);
    observe_int("height", picture->height);
}

/* Draws it, and reads what was drawn; to be freed. */
static struct picture *picture_of(const struct workload *workload, int cores,
                                  const struct schedule *schedule)
{
    struct machine machine = MACHINE(cores, 2, 1);
    struct picture *picture = calloc(1, sizeof *picture);
    XML_Parser parser = XML_ParserCreateNS(NULL, ' ');
    struct text fault = {0, ""};
    struct chart chart;
    int returned;

    open_chart(&chart);
    cr_assert(parser != NULL && picture != NULL, "the test has no memory");
    XML_SetUserData(parser, picture);
    XML_SetElementHandler(parser, begin_element, end_element);
    XML_SetCharacterDataHandler(parser, see_characters);
    returned = scheduler_draw_svg(workload, &machine, schedule, chart.out);
    if (XML_Parse(parser, chart.text != NULL ? chart.text : "", (int)chart.size,
                  1) != XML_STATUS_OK)
        add(&fault, "line %lu, column %lu: %s",
            (unsigned long)XML_GetCurrentLineNumber(parser),
            (unsigned long)XML_GetCurrentColumnNumber(parser) + 1,
            XML_ErrorString(XML_GetErrorCode(parser)));
    observe_str("xml", fault.used > 0 ? fault.at : "well-formed");
    observe_int("returned", returned);
    XML_ParserFree(parser);
    fclose(chart.out);
    free(chart.text);
    return picture;
}

static void observe_svg(const char *script, int cores,
                        const struct schedule *schedule)
{
    struct workload workload = jobs(script);
    struct span *before = copy_of(schedule);
    struct picture *picture = picture_of(&workload, cores, schedule);

    observe_changed(schedule, before, &workload, script);
    observe_picture(picture);
    free(picture);
}

static void expect_xml(void)
{
    expect_str("xml", "well-formed",
               "an SVG document is XML: each element is closed, attributes "
               "stand in quotes, and &, < are written as &amp;, &lt;");
    expect_int("returned", EQUAL, 0, "nothing goes wrong here");
}

static void expect_svg(long width, long height, const char *rects)
{
    expect_xml();
    expect_unchanged();
    expect_int("root-is-svg", EQUAL, 1,
               "the root is <svg xmlns=\"http://www.w3.org/2000/svg\" ...>");
    expect_str("rects", rects,
               "title x,y width x height of each <rect>: 10 a tick, 20 a core");
    expect_int("width", AT_LEAST, width,
               "the width of the <svg> is a whole number, and has room for all "
               "ticks");
    expect_int("height", AT_LEAST, height,
               "the height of the <svg> is a whole number, and has room for "
               "all cores");
}

Test(svg, one_core)
{
    observe_svg(ONE_CORE, 1, &one_core);
}

Expect(svg, one_core)
{
    expect_svg(70, 20,
               "A 0,0 20x20; switch 20,0 10x20; B 30,0 20x20; "
               "switch 50,0 10x20; A 60,0 10x20");
}

Test(svg, two_cores)
{
    observe_svg(TWO_CORES, 2, &two_cores);
}

Expect(svg, two_cores)
{
    expect_svg(70, 40,
               "A 0,0 20x20; C 20,0 10x20; B 30,0 10x20; A 40,0 20x20; "
               "C 60,0 10x20; B 0,20 30x20");
}

Test(svg, names)
{
    static struct span spans[] = {
        {0, 1, 0, 0, RUNNING}, {1, 2, 0, 1, RUNNING}, {2, 3, 0, 2, RUNNING},
        {3, 4, 0, 3, RUNNING}, {4, 5, 0, 4, RUNNING}, {5, 6, 0, 5, RUNNING},
    };
    struct schedule schedule = SPANS(spans);

    observe_svg("R&D 0 1; a<b 0 1; \"q\" 0 1; it's 0 1; ]]> 0 1; 100%d 0 1", 1,
                &schedule);
}

Expect(svg, names)
{
    expect_svg(60, 20,
               "R&D 0,0 10x20; a<b 10,0 10x20; \"q\" 20,0 10x20; "
               "it's 30,0 10x20; ]]> 40,0 10x20; 100%d 50,0 10x20");
}

Test(svg, thousand_ticks)
{
    struct schedule schedule;
    struct workload workload = jobs_in_turn(&schedule);
    struct picture *picture = picture_of(&workload, 1, &schedule);
    int wrong = 0;

    qsort(picture->box, (size_t)picture->boxes, sizeof picture->box[0],
          compare_boxes);
    for (int i = 0; i < picture->boxes && i < TURNS; i++) {
        const struct box *box = &picture->box[i];

        wrong += box->x != 10 * i || box->y != 0 || box->width != 10 ||
                 box->height != 20 ||
                 strcmp(box->title, workload.jobs[i % IN_TURN].name) != 0;
    }
    observe_int("rects", picture->boxes);
    observe_int("wrong", wrong);
    observe_int("width", picture->width);
    free(picture);
}

Expect(svg, thousand_ticks)
{
    expect_xml();
    expect_int("rects", EQUAL, TURNS, "a thousand spans, a thousand <rect>s");
    expect_int("wrong", EQUAL, 0,
               "a hundred jobs take turns on core 0, a tick each: rect i has "
               "x 10 * i, y 0, width 10, height 20 and the name of job "
               "i % 100");
    expect_int("width", AT_LEAST, 10 * TURNS, "there is room for all ticks");
}

Test(svg, nobody)
{
    struct schedule nothing = {0, NULL};

    observe_svg("", 2, &nothing);
}

Expect(svg, nobody)
{
    expect_svg(0, 40, "");
}

Test(svg, full_disk)
{
    struct workload workload = jobs(ONE_CORE);
    struct machine machine = MACHINE(1, 2, 1);
    FILE *out = full_disk(true);

    observe_int("at-the-end",
                scheduler_draw_svg(&workload, &machine, &one_core, out));
    fclose(out);
    out = full_disk(false);
    observe_int("at-once",
                scheduler_draw_svg(&workload, &machine, &one_core, out));
    fclose(out);
}

Expect(svg, full_disk)
{
    expect_full_disk();
}

/* ---- step 7: workload files --------------------------------------------- */

/* A file in memory. */
struct source {
    const char *text;
    size_t size, at;
    enum {
        ON_DISK,
        HALF_READ, /* its first line has been read before */
        A_PIPE,    /* nobody can go back in it */
        BREAKS     /* and at its end reading fails */
    } kind;
};

static ssize_t read_source(void *cookie, char *buffer, size_t size)
{
    struct source *source = cookie;
    size_t left = source->size - source->at;

    if (left == 0 && source->kind == BREAKS) {
        errno = EIO;
        return -1;
    }
    if (size > left)
        size = left;
    memcpy(buffer, source->text + source->at, size);
    source->at += size;
    return (ssize_t)size;
}

static int seek_source(void *cookie, off64_t *offset, int whence)
{
    struct source *source = cookie;
    off64_t at = *offset;

    if (whence == SEEK_CUR)
        at += (off64_t)source->at;
    if (whence == SEEK_END)
        at += (off64_t)source->size;
    if (source->kind > HALF_READ || at < 0 || at > (off64_t)source->size) {
        errno = ESPIPE;
        return -1;
    }
    source->at = (size_t)at;
    *offset = at;
    return 0;
}

/* What workload_read() makes of it. `*workload` is the caller's. */
static int read_text(const char *text, int kind, struct workload *workload,
                     struct workload_error *error)
{
    struct source source = {text, strlen(text), 0, kind};
    cookie_io_functions_t calls = {.read = read_source, .seek = seek_source};
    FILE *in = fopencookie(&source, "r", calls);
    int returned;

    if (kind == HALF_READ)
        source.at = strcspn(text, "\n") + 1;
    cr_assert(in != NULL, "the test has no memory");
    memset(workload, 0xA5, sizeof *workload);
    memset(error, 0, sizeof *error);
    returned = workload_read(in, workload, error);
    fclose(in);
    return returned;
}

/* Observes how the file `text` is read, under the key `key`. */
static void observe_source(const char *key, const char *text, int kind)
{
    struct workload workload;
    struct workload_error error;
    struct text seen = {0, ""};
    int returned = read_text(text, kind, &workload, &error);

    if (returned == 0) {
        write_jobs(&seen, &workload);
        workload_free(&workload);
        if (workload.count != 0 || workload.jobs != NULL)
            add(&seen, " (and workload_free() leaves some)");
    } else if (returned == EINVAL) {
        add(&seen, "a mistake in line %d, column %d%s", error.line,
            error.column, error.text[0] == '\0' ? ", and no text" : "");
    } else {
        add(&seen, "error %d", returned);
    }
    if (returned != 0 && (workload.count != 0 || workload.jobs != NULL))
        add(&seen, ", and the workload is not empty");
    observe_str(key, seen.at);
}

static void observe_file(const char *key, const char *text)
{
    observe_source(key, text, ON_DISK);
}

Test(file, plain)
{
    observe_file("one", "A 0 3\n");
    observe_file("some", "editor 0 2 6 2 6 1\ncc 1 9\nA 007 1\n");
    observe_file("any-order", "A 5 1\nA 0 1\n");
}

Expect(file, plain)
{
    expect_str("one", "A 0 3", "a file of one line: A 0 3");
    expect_str("some", "editor 0 2 6 2 6 1; cc 1 9; A 7 1",
               "each line is a job: name, arrival, bursts");
    expect_str("any-order", "A 5 1; A 0 1",
               "jobs may have the same name, and need not stand in the order "
               "of arrival");
}

Test(file, blanks_and_comments)
{
    observe_file("blanks", "\n  A\t0 \t 3  \n\t\n \n\tB 1 2\t4 2\t\n\n");
    observe_file("comments", "# A 0 1\n  # a comment\nB 1 2 # 4 2\nC 2 3#1\n#");
    observe_file("cut", "A 0 1\nB#1 1\n");
}

Expect(file, blanks_and_comments)
{
    expect_str("blanks", "A 0 3; B 1 2 4 2",
               "blanks and tabs stand between fields, perhaps before and "
               "behind; an empty line is no job");
    expect_str("comments", "B 1 2; C 2 3",
               "'#' and all behind it is a comment, wherever it stands");
    expect_str("cut", "a mistake in line 2, column 1",
               "'#' begins a comment also in the middle of a field: so line 2 "
               "is B, and has no arrival");
}

Test(file, line_ends)
{
    observe_file("no-last", "A 0 3\nB 1 2");
    observe_file("crlf", "A 0 3\r\n\r\nB 1 2\r\n# x\r\nC 2 1 # y\r\n");
    observe_file("short", "A 0 1\nBCDEFGHI 1 2");
}

Expect(file, line_ends)
{
    expect_str("no-last", "A 0 3; B 1 2",
               "the last line need not end in a newline");
    expect_str("crlf", "A 0 3; B 1 2; C 2 1", "lines may end in \\r\\n");
    expect_str("short", "A 0 1; BCDEFGHI 1 2",
               "the last line need not end in a newline");
}

Test(file, nobody)
{
    observe_file("empty", "");
    observe_file("no-jobs", "\n# nobody comes\n   \n");
}

Expect(file, nobody)
{
    expect_str("empty", "", "an empty file is an empty workload, and no error");
    expect_str("no-jobs", "",
               "a file without jobs is an empty workload, and no error");
}

Test(file, large_numbers)
{
    observe_file("large", "A 5000000000 1000000000000 1 4294967297\n");
    observe_file("zeros", "A 00000000000000000000000 0000000000000000000003\n");
}

Expect(file, large_numbers)
{
    expect_str("large", "A 5000000000 1000000000000 1 4294967297",
               "numbers go up to TICKS_MAX, 1,000,000,000,000");
    expect_str("zeros", "A 0 3",
               "zeros in front make a number longer, and not larger");
}

Test(file, odd_names)
{
    observe_file("names", "12 0 1\n-x 0 1\n\"q\" 0 1\n%d%s 0 1\n");
    observe_file("bytes", "\xc3\xa4rger 0 1\n");
}

Expect(file, odd_names)
{
    expect_str("names", "12 0 1; -x 0 1; \"q\" 0 1; %d%s 0 1",
               "a name is any field that is not too long");
    expect_str("bytes", "\xc3\xa4rger 0 1",
               "a name is made of any bytes, also of those beyond ASCII");
}

/* 1,001 bursts in one line, and 200 jobs. */
Test(file, long_line)
{
    static char text[20000];
    struct workload workload;
    struct workload_error error;
    int used = snprintf(text, sizeof text, "A 0"), odd = 0;
    int64_t sum = 0;

    for (int i = 0; i < 1001; i++)
        used +=
            snprintf(text + used, sizeof text - (size_t)used, " %d", 1000 + i);
    for (int i = 0; i < 200; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "\nB%d %d %d",
                         i, i, i + 1);
    observe_int("returned", read_text(text, ON_DISK, &workload, &error));
    observe_int("jobs", workload.count);
    if (workload.count != 201 || workload.jobs == NULL)
        return;
    observe_int("bursts", workload.jobs[0].burst_count);
    for (int i = 0; i < workload.jobs[0].burst_count; i++)
        sum += workload.jobs[0].bursts[i];
    for (int i = 0; i < 200; i++)
        odd += workload.jobs[i + 1].burst_count != 1 ||
               workload.jobs[i + 1].bursts[0] != i + 1;
    observe_int("sum", sum);
    observe_int("odd", odd);
    workload_free(&workload);
}

Expect(file, long_line)
{
    expect_int("returned", EQUAL, 0, "a line may be of any length");
    expect_int("jobs", EQUAL, 201, "there may be any number of jobs");
    expect_int("bursts", EQUAL, 1001, "a job may have any number of bursts");
    expect_int("sum", EQUAL, 1001 * 1000 + 1000 * 1001 / 2,
               "the bursts of the long line are 1000, 1001, ... 2000");
    expect_int("odd", EQUAL, 0, "the lines behind the long one are right, too");
}

/* 20,001 bursts in one line of 100,000 bytes, and 2,000 jobs. */
Test(lines, many)
{
    enum { MOST = 20001 };
    char *text = malloc(150000), *end = text;
    struct workload workload;
    struct workload_error error;

    cr_assert(text != NULL, "the test has no memory");
    end += sprintf(end, "A 0");
    for (int i = 0; i < MOST; i++)
        end = stpcpy(end, " 1000");
    for (int i = 1; i < THOUSANDS; i++)
        end = stpcpy(end, "\nB 0 1");
    observe_int("returned", read_text(text, ON_DISK, &workload, &error));
    observe_int("jobs", workload.count);
    if (workload.count > 0 && workload.jobs != NULL)
        observe_int("bursts", workload.jobs[0].burst_count);
    workload_free(&workload);
    free(text);
}

Expect(lines, many)
{
    expect_int("returned", EQUAL, 0, "a line may be of any length");
    expect_int("jobs", EQUAL, THOUSANDS, "there may be any number of jobs");
    expect_int("bursts", EQUAL, 20001, "a job may have any number of bursts");
}

Test(file, a_pipe)
{
    observe_source("jobs", "A 0 3\nB 1 2\n", A_PIPE);
    observe_source("half-read", "A 0 3\nB 1 2\n", HALF_READ);
    observe_source("half-read-bad", "A 0 3\nB 1 2\nC 2 x\n", HALF_READ);
}

Expect(file, a_pipe)
{
    expect_str("half-read", "B 1 2",
               "somebody has read the first line before: a stream is read from "
               "where it stands");
    expect_str("half-read-bad", "a mistake in line 2, column 5",
               "lines count from where the stream stood");

    expect_str("jobs", "A 0 3; B 1 2",
               "a file may be a pipe: nobody can go back in it, or ask for its "
               "size");
}

/* A file that breaks off: before a line, and in the middle of a number. */
Test(file, broken)
{
    static const char *const texts[] = {"A 0 3\n", "A 0 3\nB 1 2", ""};
    struct workload workload;
    struct workload_error error;
    int errors = 0, left = 0;

    for (int i = 0; i < 3; i++) {
        int returned = read_text(texts[i], BREAKS, &workload, &error);

        errors += returned == EIO;
        left += workload.count != 0 || workload.jobs != NULL;
        if (returned == 0)
            workload_free(&workload);
    }
    observe_int("errors", errors);
    observe_int("left", left);
}

Expect(file, broken)
{
    expect_int("errors", EQUAL, 3,
               "when reading fails, here after 6, 11 and 0 bytes, that is not "
               "the end of the file: EIO");
    expect_int("left", EQUAL, 0, "after an error the workload is empty");
}

/* ---- step 7: bad files -------------------------------------------------- */

Test(bad, number)
{
    observe_file("word", "A x 3\n");
    observe_file("minus", "A 0 -3\n");
    observe_file("plus", "A +1 3\n");
    observe_file("tail", "A 0 3x\n");
    observe_file("point", "A 0 1 2.5 1\n");
    observe_file("hex", "A 0 0x10\n");
    observe_file("colon", "A 0 1:\n");
    observe_file("slash", "A 1/ 1\n");
}

Expect(bad, number)
{
    expect_str("word", "a mistake in line 1, column 3", "A x 3");
    expect_str("minus", "a mistake in line 1, column 5",
               "A 0 -3: a number is made of digits only");
    expect_str("plus", "a mistake in line 1, column 3",
               "A +1 3: a number is made of digits only");
    expect_str("tail", "a mistake in line 1, column 5",
               "A 0 3x: a number is made of digits only");
    expect_str("point", "a mistake in line 1, column 7",
               "A 0 1 2.5 1: a number is made of digits only");
    expect_str("hex", "a mistake in line 1, column 5",
               "A 0 0x10: a number is made of digits only");
    expect_str("colon", "a mistake in line 1, column 5",
               "A 0 1: with a colon behind it, which in ASCII comes after 9");
    expect_str("slash", "a mistake in line 1, column 3",
               "A 1/ 1: in ASCII the slash comes before 0");
}

Test(bad, space)
{
    observe_file("vertical", "A 0 1\v2\v3\n");
    observe_file("feed", "A 0\f1\n");
    observe_file("return", "A 0\r1\n");
}

Expect(bad, space)
{
    expect_str("vertical", "a mistake in line 1, column 5",
               "1\\v2\\v3 is one field: only blanks and tabs stand between "
               "fields, and isspace() is true of more than these");
    expect_str("feed", "a mistake in line 1, column 3",
               "0\\f1 is one field: only blanks and tabs stand between fields");
    expect_str("return", "a mistake in line 1, column 3",
               "0\\r1 is one field: \\r belongs to the end of a line, and "
               "only directly before \\n");
}

Test(bad, too_large)
{
    observe_file("max", "A 1000000000001 1\n");
    observe_file("wraps", "A 0 18446744073709551617\n");
    observe_file("long", "A 0 1 100000000000000000000000000000000000000 1\n");
}

Expect(bad, too_large)
{
    expect_str("max", "a mistake in line 1, column 3",
               "1000000000001 is greater than TICKS_MAX");
    expect_str("wraps", "a mistake in line 1, column 5",
               "18446744073709551617 is 2 to the power of 64, and 1");
    expect_str("long", "a mistake in line 1, column 7",
               "a number of 39 digits is greater than TICKS_MAX");
}

Test(bad, zero)
{
    observe_file("first", "A 0 0\n");
    observe_file("io", "A 0 3 00 3\n");
}

Expect(bad, zero)
{
    expect_str("first", "a mistake in line 1, column 5",
               "A 0 0: a burst is at least one tick");
    expect_str("io", "a mistake in line 1, column 7",
               "A 0 3 00 3: a burst is at least one tick, I/O too");
}

Test(bad, name)
{
    observe_file("nine", "  compilers 0 1\n");
}

Expect(bad, name)
{
    expect_str("nine", "a mistake in line 1, column 3",
               "a name has up to 8 characters, this one has 9");
}

Test(bad, missing)
{
    observe_file("arrival", "A 0 1\n\tB  # 0 1\n");
    observe_file("burst", "A 17\r\n");
    observe_file("computing", "A 0 1 22   \n");
    observe_file("end", "A 0 1 2 1 33");
}

Expect(bad, missing)
{
    expect_str("arrival", "a mistake in line 2, column 2",
               "behind B an arrival is missing: B is where to look");
    expect_str("burst", "a mistake in line 1, column 3",
               "behind 17, the arrival, a burst is missing");
    expect_str("computing", "a mistake in line 1, column 7",
               "22 is I/O, and behind it a burst is missing");
    expect_str("end", "a mistake in line 1, column 11",
               "33 is I/O, and behind it a burst is missing");
}

Test(bad, lines)
{
    observe_file("third", "# a\n\nA 0 x\n");
    observe_file("crlf", "A 0 1\r\n\r\n# a\r\nB 1 2 0 1\r\n");
    observe_file("first-of-two", "A 0 1\nB 1 0 x\nC y 1\n");
    observe_file("tabs", "A\t0\t\t1\tx\n");
}

Expect(bad, lines)
{
    expect_str("third", "a mistake in line 3, column 5",
               "empty lines and comments are lines, too");
    expect_str("crlf", "a mistake in line 4, column 7",
               "\\r\\n is the end of one line");
    expect_str("first-of-two", "a mistake in line 2, column 5",
               "of several mistakes the first one is told: line 2, the burst "
               "of 0");
    expect_str("tabs", "a mistake in line 1, column 8",
               "a tab is one column, as every byte is");
}

/* ---- faults: any call may fail ------------------------------------------- */

static void observe_outcome(int error, bool as_it_was, bool right)
{
    observe_int("wrong", error == 0 ? !right : !as_it_was || error != ENOMEM);
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", error != 0);
}

/* 0, or the error; *wrong counts what is neither right nor ENOMEM. */
static int run_with_faults(int *wrong)
{
    struct workload workload = jobs("A 0 3 2 3; B 0 4; C 1 1 3 1");
    struct machine machine = MACHINE(2, 1, 1);
    struct schedule schedule = {0, NULL};
    int error = scheduler_run(&workload, &machine, &schedule);
    int64_t ran = 0;

    for (int i = 0; schedule.spans != NULL && i < schedule.count; i++)
        if (schedule.spans[i].doing == RUNNING)
            ran += schedule.spans[i].to - schedule.spans[i].from;
    if (error == 0)
        *wrong += ran != 3 + 3 + 4 + 1 + 1;
    else
        *wrong +=
            error != ENOMEM || schedule.count != 0 || schedule.spans != NULL;
    if (error == 0)
        scheduler_free(&schedule);
    return error;
}

/* The size of the chart is what shows that it is whole. */
static int draw_with_faults(bool svg, int *wrong)
{
    struct workload workload = jobs(TWO_CORES);
    struct machine machine = MACHINE(2, 3, 0);
    struct chart chart;
    int error;

    open_chart(&chart);
    if (svg)
        error = scheduler_draw_svg(&workload, &machine, &two_cores, chart.out);
    else
        error = scheduler_draw_text(&workload, &two_cores, chart.out);
    if (error != 0)
        *wrong += error != ENOMEM;
    else
        *wrong += svg ? chart.size < 100 : chart.size != 16 + 14 + 17;
    fclose(chart.out);
    free(chart.text);
    return error;
}

/* All of the steps; one call fails in each run. */
Test(faults, all_steps)
{
    struct workload workload = jobs(TWO_CORES);
    struct machine machine = MACHINE(2, 3, 0);
    struct job_figures each[3];
    struct figures all;
    int error, errors = 0, wrong = 0;

    error = scheduler_measure(&workload, &machine, &two_cores, each, &all);
    errors += error != 0;
    wrong += error != 0 ? error != ENOMEM : all.running != 10;
    errors += run_with_faults(&wrong) != 0;
    errors += draw_with_faults(false, &wrong) != 0;
    errors += draw_with_faults(true, &wrong) != 0;
    observe_int("wrong", wrong);
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", errors);
}

static void expect_outcome(void)
{
    expect_int("wrong", EQUAL, 0,
               "all is right, or it is ENOMEM and there is no result");
    expect_int("errors", EQUAL, 0, "nothing went wrong");
}

Expect(faults, all_steps)
{
    expect_outcome();
}

Test(faults, read)
{
    struct workload workload;
    struct workload_error error;
    int returned = read_text("A 0 1 2 3 4 5\n# none\n\nB 1 2\nC 2 1 1 1\n",
                             ON_DISK, &workload, &error);
    int bursts = 0;

    for (int i = 0; workload.jobs != NULL && i < workload.count; i++)
        bursts += workload.jobs[i].burst_count;
    observe_outcome(returned, workload.count == 0 && workload.jobs == NULL,
                    workload.count == 3 && bursts == 9);
    if (returned == 0)
        workload_free(&workload);
}

Expect(faults, read)
{
    expect_outcome();
}

/* A file with a mistake: EINVAL, if memory lasts that far. */
Test(faults, read_bad)
{
    struct workload workload;
    struct workload_error error;
    int returned =
        read_text("A 0 1 2 3\nB 1 2 0 1\n", ON_DISK, &workload, &error);

    observe_outcome(returned == EINVAL ? 0 : returned,
                    workload.count == 0 && workload.jobs == NULL,
                    returned == EINVAL && workload.count == 0 &&
                        workload.jobs == NULL && error.line == 2 &&
                        error.column == 7);
}

Expect(faults, read_bad)
{
    expect_outcome();
}
