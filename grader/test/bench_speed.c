/*
 * bench_speed.c - virtual time against the clock of a machine that has nothing
 * else to do, on two cores, and what it costs. Prints a table and writes
 * build/bench_speed.json. It judges nothing; but a busy machine is told, for
 * then the clock says nothing.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "drive.h"
#include "explore_build.h"
#include "explored.h"
#include "leash.h"
#include "lenses.h"
#include "work.h"

enum { TIMES = 5 };

static json_t *report;

static void note(const char *key, double value, const char *unit)
{
    printf("  %-44s %8.3f %s\n", key, value, unit);
    fflush(stdout);
    json_object_set_new(report, key,
                        json_pack("{s:f, s:s}", "value", value, "unit", unit));
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof values[0], by_size);
    return values[n / 2];
}

/* ---- one program --------------------------------------------------------- */

struct subject {
    void *ctx;
    struct explore_program program;
    const char *path; /* NULL: it could not be built */
};

static struct subject subject_open(const char *name, int times,
                                   enum explore_build build)
{
    struct subject subject = {.ctx = talloc_new(NULL)};
    const char *why = NULL;
    char *root = getcwd(NULL, 0);
    const char *source =
        talloc_asprintf(subject.ctx, "harness/test/speedup/%s.c", name);
    const char *flags = talloc_asprintf(subject.ctx, "-DWORK_TIMES=%d", times);

    subject.program =
        (struct explore_program){.build = build,
                                 .root = talloc_strdup(subject.ctx, root),
                                 .work = work_open(subject.ctx, root, &why),
                                 .cflags = explore_words(subject.ctx, flags)};
    free(root);
    if (explore_find(subject.ctx, source, &subject.program, &why) == 0)
        subject.path = explore_build(subject.ctx, &subject.program, &why);
    if (subject.path == NULL)
        fprintf(stderr, "bench: %s: %s\n", name, why);
    return subject;
}

static void subject_close(struct subject *subject)
{
    work_remove(subject->program.work);
    talloc_free(subject->ctx);
}

/* Seconds of one run on so many cores, virtual or not; 0: not told. And the
 * processor seconds that it took. */
static double subject_run(struct subject *subject, int cores, double *cpu)
{
    struct explore_settings settings = {
        .cores = talloc_asprintf(subject->ctx, "%d", cores),
        .virtual_seconds = "10"};
    struct explored explored = {0};
    unsigned long long picoseconds;
    double seconds = 0;
    const char *at;

    if (subject->path == NULL ||
        explore_run(subject->ctx, subject->program.work, subject->path,
                    &settings, &explored) != 0)
        return 0;
    if (cpu != NULL)
        *cpu = explored.box.cpu_seconds;
    at = strstr(explored.box.record.data, " took ");
    if (at != NULL && sscanf(at, " took main %*d %llu", &picoseconds) == 1)
        seconds = (double)picoseconds / 1e12;
    else if (at != NULL)
        sscanf(at, " took %lf", &seconds);
    return seconds;
}

/* ---- against the clock --------------------------------------------------- */

/* Speedup on two cores: in virtual time, and by the clock, the median of some
 * rounds with both in turn. */
static void compare(const char *name, int times, double *counted,
                    double *clocked)
{
    struct subject timed = subject_open(name, times, BUILD_TIMED);
    struct subject plain = subject_open(name, times, BUILD_CLOCKED);
    double figures[TIMES];

    *counted = subject_run(&timed, 1, NULL) / subject_run(&timed, 2, NULL);
    for (int i = 0; i < TIMES; i++)
        figures[i] =
            subject_run(&plain, 1, NULL) / subject_run(&plain, 2, NULL);
    *clocked = median(figures, TIMES);
    subject_close(&timed);
    subject_close(&plain);
}

/* 400 ms of work each; the figures of some runs, and their median's error. */
static void bench_theory(void)
{
    static const struct {
        const char *name;
        int times;
    } programs[] = {
        {"parallel", 25},         {"one_lock", 25}, {"half_serial", 25},
        {"shared_80_20", 40},     {"pool", 25},     {"pool_under_its_lock", 40},
        {"barrier_imbalance", 40}};
    double worst = 0;

    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        double counted, clocked, off;
        char key[128];

        compare(programs[i].name, programs[i].times, &counted, &clocked);
        if (counted <= 0 || clocked <= 0)
            continue;
        off = 100 * (counted / clocked - 1);
        snprintf(key, sizeof key, "%s, virtual time", programs[i].name);
        note(key, counted, "x");
        snprintf(key, sizeof key, "%s, by the clock", programs[i].name);
        note(key, clocked, "x");
        snprintf(key, sizeof key, "%s, off by", programs[i].name);
        note(key, off, "%");
        worst = fmax(worst, fabs(off));
    }
    note("virtual time against the clock, at most off by", worst, "%");
}

/* Only the side of the threshold is asked of these. */
static void bench_lines(void)
{
    static const char *const programs[] = {"contended_atomic", "false_sharing",
                                           "padded_counters"};

    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        double counted, clocked;
        char key[128];

        compare(programs[i], 20, &counted, &clocked);
        snprintf(key, sizeof key, "%s, virtual time", programs[i]);
        note(key, counted, "x");
        snprintf(key, sizeof key, "%s, by the clock", programs[i]);
        note(key, clocked, "x");
    }
}

/* ---- what it costs ------------------------------------------------------- */

/* Seconds for one look at the reference of 04, from its object on. */
static double look_took(struct lab *lab, void (*run)(struct look *look))
{
    struct look look = {
        .lab = lab, .lens = LENS_SPEED, .ctx = talloc_new(NULL)};
    double began = drive_seconds(), seconds;

    run(&look);
    seconds = drive_seconds() - began;
    if (look.fault != NULL)
        fprintf(stderr, "bench: %s\n", look.fault);
    talloc_free(look.ctx);
    return seconds;
}

static void plain(struct look *look)
{
    struct diagnostics unused;
    const char *why = NULL;

    build_object(look->ctx, look->lab, OBJECT_CLANG, &unused, &why);
    look_rounds(look, 2, "1");
}

static void once(void (*run)(struct look *look), double *seconds)
{
    void *ctx = talloc_new(NULL);
    char *root = getcwd(NULL, 0);
    const char *why = NULL;
    struct slots slots;
    struct lab lab = {.root = root, .slots = &slots};
    char command[1024];

    slots_init(&slots, 1);
    lab.exercise = exercise_find(ctx, root, "04", &why);
    lab.work = work_open(ctx, root, &why);
    snprintf(command, sizeof command,
             "cp solutions/04-thread-pool/reference.c %s/%s", lab.work,
             lab.exercise->source);
    for (int i = 0; i < PROGRAM_COUNT; i++)
        pthread_mutex_init(&lab.locks[i], NULL);
    if (system(command) == 0)
        *seconds = look_took(&lab, run);
    work_remove(lab.work);
    slots_destroy(&slots);
    talloc_free(ctx);
    free(root);
}

static void bench_lens(void)
{
    double timed[TIMES] = {0}, clocked[TIMES] = {0};

    for (int i = 0; i < TIMES; i++) {
        once(look_timed, &timed[i]);
        once(plain, &clocked[i]);
    }
    note("04 in virtual time: compiled, linked, run",
         1000 * median(timed, TIMES), "ms");
    note("04 as it is: compiled, linked, run", 1000 * median(clocked, TIMES),
         "ms");
    note("04 in virtual time, on top of that",
         1000 * (median(timed, TIMES) - median(clocked, TIMES)), "ms");
}

/* Processor time of a run on one core, against the same of the program. */
static void bench_ratio(void)
{
    static const char *const programs[] = {"parallel", "pool",
                                           "padded_counters"};

    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        struct subject timed = subject_open(programs[i], 10, BUILD_TIMED);
        struct subject plain = subject_open(programs[i], 10, BUILD_CLOCKED);
        double counted[TIMES] = {0}, clocked[TIMES] = {0};
        char key[128];

        for (int k = 0; k < TIMES; k++) {
            subject_run(&timed, 1, &counted[k]);
            subject_run(&plain, 1, &clocked[k]);
        }
        snprintf(key, sizeof key, "%s, virtual time / as it is", programs[i]);
        note(key, median(counted, TIMES) / median(clocked, TIMES), "times");
        subject_close(&timed);
        subject_close(&plain);
    }
}

int main(void)
{
    double load[1] = {0};

    mkdir("build/test", 0777);
    leash_keeper(realpath("build/keeper", NULL));
    report = json_object();
    printf("speed; %ld cores\n", sysconf(_SC_NPROCESSORS_ONLN));
    if (getloadavg(load, 1) == 1 && load[0] > 0.5)
        printf("  the machine is busy (load %.1f): what the clock shows says "
               "little\n",
               load[0]);
    bench_theory();
    bench_lines();
    bench_lens();
    bench_ratio();
    if (json_dump_file(report, "build/bench_speed.json", JSON_INDENT(2)) != 0)
        fprintf(stderr, "bench: cannot write build/bench_speed.json\n");
    json_decref(report);
    return 0;
}
