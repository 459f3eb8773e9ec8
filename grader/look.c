/*
 * look.c - the looks that run tests: behaviour, patience, ThreadSanitizer,
 * Helgrind, Memcheck. What differs is the program and what stands before it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"
#include "lenses.h"
#include "passage.h"
#include "run.h"
#include "work.h"

/* Runs of ThreadSanitizer when it stays silent. It misses a race about once
 * in a thousand runs of a plain increment, more where the two accesses are
 * far apart. */
#define TSAN_RUNS 4

#define TSAN_OPTIONS                                                           \
    "TSAN_OPTIONS=symbolize=0:atexit_sleep_ms=0:second_deadlock_stack=1:"      \
    "history_size=4:handle_segv=0:handle_abort=0:handle_sigbus=0:"             \
    "handle_sigfpe=0:handle_sigill=0:exitcode=0:suppress_equal_addresses=0:"   \
    "suppress_equal_stacks=0"

/* Where a tool looks, the first test that uses up its time blocks what the
 * others could show. */
#define TIME_OUTS_TOOL 1

/* Reads what the tool said about a run. */
typedef void reader(struct look *look, struct run *run, const char *program,
                    const char *dir);

static void keep(struct look *look, const struct run *run)
{
    look->runs = talloc_realloc(look->ctx, look->runs, struct run,
                                (unsigned)look->count + 1);
    look->runs[look->count++] = *run;
}

static const char *program_for(struct look *look, enum program program)
{
    const char *why = NULL;
    struct place place;
    const char *path =
        build_program(look->ctx, look->lab, program, &why, &place);

    if (path == NULL)
        look->fault = why ? why : "cannot link";
    return path;
}

/* Leaves out the tests whose suites have had their turn. Returns how many of
 * them there are now; both lists belong to look->ctx. Criterion runs tests
 * that nobody has asked for, so all that there are count. */
static size_t set_apart(const struct look *look, struct run_spec *spec)
{
    const struct expectations *all = spec->expected;
    const char **spent = talloc_zero_array(look->ctx, const char *,
                                           (unsigned)all->test_count + 1);
    const char **left = talloc_zero_array(look->ctx, const char *,
                                          (unsigned)spec->test_count + 1);
    size_t spent_count = 0, left_count = 0;

    for (size_t i = 0; i < all->test_count; i++)
        if (run_is_spent(look->runs, look->count, spec->way, all->tests[i]))
            spent[spent_count++] = all->tests[i];
    for (size_t i = 0; i < spec->test_count; i++)
        if (!run_is_spent(look->runs, look->count, spec->way, spec->tests[i]))
            left[left_count++] = spec->tests[i];
    spec->spent = spent;
    spec->spent_count = spent_count;
    spec->tests = left;
    spec->test_count = left_count;
    return spent_count;
}

/*
 * Runs the tests of `spec`, in as many processes as it takes: a test that
 * ends its process does not cost the others their turn. But where a process
 * is dear, a few must do.
 */
static void run_all(struct look *look, struct run_spec *spec, reader *read)
{
    const char *why = NULL, *dir;
    unsigned timed_out = 0;

    spec->lens = look->lens;
    spec->expected = run_oracle(look->ctx, look->lab, spec->seed, &why);
    if (spec->expected == NULL) {
        look->fault = why;
        return;
    }
    for (unsigned process = 0; spec->test_count > 0 && !box_interrupted();
         process++) {
        struct run run;
        const char **rest;
        size_t before = spec->test_count, apart = spec->spent_count, count;

        if (run_once(look->ctx, look->lab, spec, &run, &dir) != 0) {
            look->fault = run.box.why;
            return;
        }
        if (read != NULL)
            read(look, &run, spec->program, dir);
        keep(look, &run);
        timed_out += run_timed_out(&run);
        apart = set_apart(look, spec) - apart;
        count = run_rest(look->ctx, spec, &run, &rest);
        if (count == 0 || timed_out >= spec->time_outs ||
            process + 1 == spec->most)
            return;
        if (spec->processes) { /* some had no turn: all again */
            if (process > 0 && apart == 0)
                return;
            continue;
        }
        if (count == before)
            return;
        spec->tests = rest;
        spec->test_count = count;
    }
}

static struct run_spec tests_of(const struct look *look, const char *way,
                                unsigned turn)
{
    return (struct run_spec){
        .way = way,
        .slowness = 1,
        .time_outs = TIME_OUTS_TOOL,
        /* every run draws its own input */
        .seed = look->lab->seed + 1000u * (unsigned)look->lens + turn,
        .tests = look->tests,
        .test_count = look->test_count,
    };
}

static void criterion(struct look *look, enum program program, const char *way,
                      unsigned turn)
{
    static const char *const after[] = {"-j1", "-q", "--filter",
                                        "!(" EXERCISE_EXPLORED "*)", NULL};
    const char *const extra[] = {
        talloc_asprintf(look->ctx, "LD_LIBRARY_PATH=%s/build/kit/criterion/lib",
                        look->lab->root), /* grader/lean_criterion.c */
        NULL};
    struct run_spec spec = tests_of(look, way, turn);

    spec.program = program_for(look, program);
    spec.after = after;
    spec.extra = extra;
    spec.processes = true;
    spec.time_outs = RUN_TIME_OUTS;
    spec.most = 16; /* Criterion itself may fail to start a test, once; and a
                      test may eat up what is there for all */
    if (spec.program != NULL)
        run_all(look, &spec, NULL);
}

void look_gcc(struct look *look)
{
    criterion(look, PROGRAM_CRITERION_GCC, "gcc", 0);
}

void look_clang(struct look *look)
{
    criterion(look, PROGRAM_CRITERION_CLANG, "clang", 1);
}

void look_patient(struct look *look)
{
    struct run_spec spec = tests_of(look, "patient", 2);

    spec.program = program_for(look, PROGRAM_PLAIN);
    spec.patient = true;
    spec.time_outs = RUN_TIME_OUTS;
    if (spec.program != NULL)
        run_all(look, &spec, NULL);
}

void look_overlap(struct look *look)
{
    struct run_spec spec = tests_of(look, "overlap", 0);

    spec.program = program_for(look, PROGRAM_PLAIN);
    if (spec.program != NULL)
        run_all(look, &spec, NULL);
}

bool look_has(const struct look *look, enum bug kind)
{
    for (size_t i = 0; i < look->count; i++)
        for (size_t k = 0; k < look->runs[i].reports.count; k++)
            if (look->runs[i].reports.items[k].kind == kind &&
                report_student_sides(&look->runs[i].reports.items[k]) > 0)
                return true;
    return false;
}

/* ---- ThreadSanitizer ----------------------------------------------------- */

/* Above 28 bits of randomisation its shadow memory does not fit; setarch(8)
 * turns it off for one program. */
static bool too_random(void)
{
    char *text;
    bool high;
    void *ctx = talloc_new(NULL);

    text = work_read(ctx, "/proc/sys/vm/mmap_rnd_bits", 64, NULL);
    high = text != NULL && atoi(text) > 28;
    talloc_free(ctx);
    return high;
}

static void tsan_reports(struct look *look, struct run *run,
                         const char *program, const char *dir)
{
    const char *why, *text = run->box.err.data;
    struct symbols *symbols =
        symbols_open(look->ctx, program, look->lab->exercise->source, &why);
    struct reports reports;

    (void)dir;
    if (strstr(text, "FATAL: ThreadSanitizer") != NULL)
        look->cannot = "ThreadSanitizer does not start here: address space "
                       "randomisation is too strong, or memory is limited";
    if (symbols == NULL)
        return;
    reports = read_tsan(look->ctx, text, run->box.err.size, symbols);
    run_add_reports(look->ctx, &run->reports, &reports);
    run->reports.complete = reports.complete;
    passages_read(look->ctx, run, symbols);
}

static void tsan_turn(struct look *look, unsigned turn)
{
    static const char *const no_random[] = {"setarch", "-R", NULL};
    static const char *const extra[] = {TSAN_OPTIONS, NULL};
    struct run_spec spec = tests_of(look, "tsan", turn);

    spec.program = program_for(look, PROGRAM_TSAN);
    spec.before = too_random() ? no_random : NULL;
    spec.extra = extra;
    spec.strangers = true;
    spec.slowness = 2;
    if (spec.program != NULL)
        run_all(look, &spec, tsan_reports);
}

static bool any_report(const struct look *look)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->runs[i].reports.count > 0)
            return true;
    return false;
}

static bool timed_out(const struct look *look)
{
    for (size_t i = 0; i < look->count; i++)
        if (run_timed_out(&look->runs[i]) > 0)
            return true;
    return false;
}

void look_tsan_again(struct look *look, unsigned runs)
{
    for (unsigned turn = (unsigned)look->count;
         turn < runs && !look_has(look, BUG_RACE) && !timed_out(look) &&
         look->fault == NULL && !box_interrupted();
         turn++)
        tsan_turn(look, turn);
}

void look_tsan(struct look *look)
{
    struct diagnostics unused;
    const char *why = "cannot compile for ThreadSanitizer";

    if (build_object(look->ctx, look->lab, OBJECT_TSAN, &unused, &why) != 0) {
        look->fault = why;
        return;
    }
    for (unsigned turn = 0; turn < TSAN_RUNS; turn++) {
        if (any_report(look) || look->fault != NULL || look->cannot != NULL)
            return;
        tsan_turn(look, turn);
    }
}

/* ---- Valgrind ------------------------------------------------------------ */

/* A program that was killed, or crashed, ends with its threads alive, its
 * locks held and its memory in use; that is no mistake of its own. */
static bool is_unfinished(const struct report *report)
{
    return report->kind == BUG_LEAK || report->kind == BUG_THREAD_LEAK ||
           strstr(report->title, "still holds") != NULL;
}

static void forget_unfinished(struct reports *reports)
{
    size_t kept = 0;

    for (size_t i = 0; i < reports->count; i++)
        if (!is_unfinished(&reports->items[i]))
            reports->items[kept++] = reports->items[i];
    reports->count = kept;
}

static void valgrind_reports(struct look *look, struct run *run,
                             const char *program, const char *dir)
{
    const char *source = look->lab->exercise->source;
    struct reports reports;
    size_t size = 0;
    char *xml =
        work_read(look->ctx, talloc_asprintf(look->ctx, "%s/tool.xml", dir),
                  16u * 1024 * 1024, &size);

    (void)program;
    if (xml == NULL) {
        look->fault = talloc_asprintf(
            look->ctx, "valgrind wrote no report: %.300s", run->box.err.data);
        return;
    }
    reports = look->lens == LENS_HELGRIND
                  ? read_helgrind(look->ctx, xml, size, source)
                  : read_memcheck(look->ctx, xml, size, source);
    if (run->box.end != BOX_EXITED)
        forget_unfinished(&reports);
    run_add_reports(look->ctx, &run->reports, &reports);
    run->reports.complete = reports.complete;
}

static void valgrind(struct look *look, const char *way,
                     const char *const *before)
{
    const char *const extra[] = {
        talloc_asprintf(look->ctx, "LD_LIBRARY_PATH=%s/build/kit/valgrind/lib",
                        look->lab->root), /* grader/lean_libc.sh */
        NULL};
    struct run_spec spec = tests_of(look, way, 0);

    spec.program = program_for(look, PROGRAM_PLAIN);
    spec.before = before;
    spec.extra = extra;
    spec.slowness = 5;
    spec.most = 3;
    if (spec.program != NULL)
        run_all(look, &spec, valgrind_reports);
}

#define VALGRIND                                                               \
    "valgrind", "-q", "--fair-sched=try", "--xml=yes", "--xml-file=tool.xml",  \
        "--child-silent-after-fork=yes", "--read-inline-info=no",              \
        "--vgdb=no", /* else it leaves pipes in /tmp when it is killed */      \
        "--num-callers=20"

void look_helgrind(struct look *look)
{
    const char *const before[] = {
        VALGRIND, "--tool=helgrind",
        talloc_asprintf(look->ctx, "--suppressions=%s/grader/helgrind.supp",
                        look->lab->root),
        NULL};

    valgrind(look, "helgrind", before);
}

void look_memory(struct look *look)
{
    static const char *const before[] = {
        VALGRIND, "--tool=memcheck", "--leak-check=full",
        "--show-leak-kinds=definite,indirect,possible", NULL};

    valgrind(look, "memcheck", before);
}
