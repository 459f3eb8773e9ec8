/*
 * run.c - see run.h.
 */
#define _GNU_SOURCE
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <talloc.h>

#include "judging.h"
#include "watch.h"

void run_add_report(void *ctx, struct reports *reports,
                    const struct report *report)
{
    reports->items = talloc_realloc(ctx, reports->items, struct report,
                                    (unsigned)reports->count + 1);
    reports->items[reports->count++] = *report;
}

void run_add_reports(void *ctx, struct reports *reports,
                     const struct reports *more)
{
    for (size_t i = 0; i < more->count; i++)
        run_add_report(ctx, reports, &more->items[i]);
}

const char *run_secret(void *ctx)
{
    unsigned char bytes[12];
    char *text = talloc_zero_array(ctx, char, 2 * sizeof bytes + 1);

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        memset(bytes, 7, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static size_t words(const char *const *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

static char **command(void *ctx, const struct lab *lab,
                      const struct run_spec *spec)
{
    size_t before = words(spec->before), after = words(spec->after);
    size_t n = 0;
    const char **argv = talloc_zero_array(
        ctx, const char *, (unsigned)(before + after + spec->test_count + 3));

    if (lab->exercise->server)
        argv[n++] = talloc_asprintf(ctx, "%s/build/origin", lab->root);
    for (size_t i = 0; i < before; i++)
        argv[n++] = spec->before[i];
    argv[n++] = spec->program;
    for (size_t i = 0; i < after; i++)
        argv[n++] = spec->after[i];
    for (size_t i = 0; spec->after == NULL && i < spec->test_count; i++)
        argv[n++] = spec->tests[i];
    return (char **)argv;
}

static char **environment(void *ctx, const struct lab *lab,
                          const struct run_spec *spec, const char *dir,
                          const char *secret)
{
    const char *more[16];
    size_t n = 0;

    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_RECORD=%s/record", dir);
    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_BOARD=%s/board", dir);
    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_SECRET=%s", secret);
    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_SEED=%llu",
                                (unsigned long long)spec->seed);
    for (size_t i = 0; i < words(spec->extra) && n < 16; i++)
        more[n++] = spec->extra[i];
    return lab_environment(ctx, lab, more, n);
}

/* A folder of its own, with the pipe and the board. */
static struct watch *prepare(void *ctx, struct lab *lab,
                             const struct run_spec *spec, struct run *run,
                             char *folder)
{
    struct watch *watch = NULL;

    if (mkdtemp(folder) != NULL &&
        mkfifo(talloc_asprintf(ctx, "%s/record", folder), 0600) == 0)
        watch =
            watch_open(ctx, lab, spec, talloc_asprintf(ctx, "%s/board", folder),
                       &run->reports);
    if (watch == NULL) {
        run->box.end = BOX_FAILED;
        run->box.why = talloc_asprintf(ctx, "cannot prepare %s: %s", folder,
                                       strerror(errno));
    }
    return watch;
}

static struct box_limits limits(const struct lab *lab,
                                const struct run_spec *spec)
{
    double tests =
        (double)spec->test_count * (spec->repeats > 0 ? spec->repeats : 1);
    double cpu =
        exercise_cpu_seconds(lab->exercise, NULL) * spec->slowness + 1;

    return (struct box_limits){
        .cpu_seconds = cpu * tests + 5,
        .wall_seconds = watch_wall_seconds(lab, spec) * tests + 60,
        .memory_bytes = lab->exercise->memory_bytes,
        .output_bytes = 512 * 1024,
        .file_bytes = 64u * 1024 * 1024,
        .processes = 250, /* fewer than the board has rows */
    };
}

/* What is shown first, and then the longest: what begins last should be short.
 * R. L. Graham, Bounds on multiprocessing timing anomalies, 1969. */
static unsigned priority_of(enum lens lens)
{
    switch (lens) {
    case LENS_BEHAVIOUR:
        return 1;
    case LENS_MEMORY:
        return 2;
    case LENS_HELGRIND:
        return 3;
    default:
        return 4;
    }
}

int run_once(void *ctx, struct lab *lab, const struct run_spec *spec,
             struct run *run, const char **dir)
{
    char *folder = talloc_asprintf(ctx, "%s/run-XXXXXX", lab->work);
    const char *secret = run_secret(ctx);
    struct box_spec box = {.argv = command(ctx, lab, spec)};
    struct watch *watch;
    int status;

    memset(run, 0, sizeof *run);
    watch = prepare(ctx, lab, spec, run, folder);
    if (watch == NULL)
        return -1;
    *dir = folder;
    run->lens = spec->lens;
    run->way = spec->way;
    run->seed = spec->seed;
    run->expected = (struct expectations *)spec->expected;
    run->asked = (const char **)talloc_memdup(
        ctx, spec->tests, spec->test_count * sizeof spec->tests[0]);
    run->asked_count = spec->test_count;
    box.dir = folder;
    box.envp = environment(ctx, lab, spec, folder, secret);
    box.record = talloc_asprintf(ctx, "%s/record", folder);
    box.limits = limits(lab, spec);
    box.watch = watch_of(watch);
    status = lab_box(ctx, lab, priority_of(spec->lens), &box, &run->box);
    watch_close(watch);
    if (status != 0)
        return -1;
    run->records =
        read_records(ctx, run->box.record.data, run->box.record.size, secret);
    watch_read_crashes(watch, &run->records);
    return 0;
}

size_t run_rest(void *ctx, const struct run_spec *spec, const struct run *run,
                const char ***rest)
{
    size_t n = 0;

    *rest =
        talloc_zero_array(ctx, const char *, (unsigned)spec->test_count + 1);
    for (size_t i = 0; i < spec->test_count; i++)
        if (!tally_started(run, spec->tests[i]))
            (*rest)[n++] = spec->tests[i];
    return n;
}

static bool is_time_out(const struct report *report)
{
    return report->kind == BUG_LOOP || report->kind == BUG_ASLEEP;
}

unsigned run_timed_out(const struct run *run)
{
    unsigned n = 0;

    for (size_t i = 0; i < run->reports.count; i++)
        n += is_time_out(&run->reports.items[i]);
    return n;
}

static bool same_suite(const char *a, const char *b)
{
    size_t length = strcspn(a, "/");

    return b != NULL && length == strcspn(b, "/") && strncmp(a, b, length) == 0;
}

static bool timed_out_in(const struct run *run, const char *test)
{
    const struct reports *reports = &run->reports;

    for (size_t i = 0; i < reports->count; i++)
        if (is_time_out(&reports->items[i]) &&
            same_suite(test, reports->items[i].test))
            return true;
    return false;
}

static bool ate_the_box(const struct run *run, const char *test)
{
    if (run->box.end != BOX_MEMORY && run->box.end != BOX_OUTPUT &&
        run->box.end != BOX_FILES && run->box.end != BOX_PROCESSES)
        return false;
    for (size_t i = 0; i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];

        if (record->kind == RECORD_START && same_suite(test, record->test) &&
            !tally_ended(run, record->test))
            return true;
    }
    return false;
}

bool run_is_spent(const struct run *runs, size_t count, const char *way,
                  const char *test)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(runs[i].way, way) == 0 &&
            (timed_out_in(&runs[i], test) || ate_the_box(&runs[i], test)))
            return true;
    return false;
}

struct expectations *run_oracle(void *ctx, struct lab *lab, uint64_t seed,
                                const char **why)
{
    struct expectations *expected = talloc_zero(ctx, struct expectations);
    const char *argv[] = {lab_kit(ctx, lab, "oracle"), NULL};
    const char *more[] = {
        talloc_asprintf(ctx, "INTERLEAVE_SEED=%llu", (unsigned long long)seed)};
    struct box_spec spec = {
        .argv = (char *const *)argv,
        .envp = lab_environment(ctx, lab, more, 1),
        .dir = lab->work,
        .limits = {.cpu_seconds = 10,
                   .wall_seconds = 60,
                   .output_bytes = 256 * 1024},
    };
    struct box_result result;

    if (lab_box(ctx, lab, 0, &spec, &result) != 0 || result.end != BOX_EXITED ||
        result.code != 0) {
        *why = talloc_asprintf(ctx, "the oracle of %s failed: %s",
                               lab->exercise->folder,
                               result.why ? result.why : "see its tests.c");
        return NULL;
    }
    if (read_expectations(ctx, result.out.data, result.out.size, expected,
                          why) != 0)
        return NULL;
    return expected;
}
