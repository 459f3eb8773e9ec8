/*
 * curve_program.c - any program that the explorer accepts: in virtual time on
 * 1, 2, 4 ... 64 cores, and by the clock on as many as this machine has.
 *
 * The runs in virtual time are independent of each other, so several processes
 * share them, each on its core of this machine.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "curve.h"
#include "explore_build.h"
#include "explored.h"
#include "lenses.h"
#include "read_timed.h"
#include "run.h"
#include "say.h"

/* A program that computes longer, all threads together, may never end. */
#define VIRTUAL_SECONDS "0.5"

/* Below this the clock sees its own noise. */
#define SHORTEST 1e-3

enum { SHARES = CURVE_POINTS - 1, ROUNDS = 3 };

/* ---- in virtual time ---------------------------------------------------- */

/* What one process runs. */
struct share {
    void *ctx;
    const char *work, *program;
    struct explore_settings settings;
    struct explored explored;
    int status;
    pthread_t thread;
    bool threaded;
};

static void *run_share(void *argument)
{
    struct share *share = argument;

    share->status = explore_run(share->ctx, share->work, share->program,
                                &share->settings, &share->explored);
    return NULL;
}

/* One core first and alone: what does not come to its end is told at once. Of
 * the others every one of `count` processes gets each `count`th. */
static void deal(struct share *shares, size_t count)
{
    for (size_t i = 1; i < CURVE_POINTS; i++) {
        struct share *share = &shares[i % count];
        const char *before = share->settings.cores;

        share->settings.cores =
            talloc_asprintf(share->ctx, "%s%s%d", before ? before : "",
                            before ? " " : "", curve_cores(i));
    }
}

static void run_shares(struct share *shares, size_t count)
{
    for (size_t i = 1; i < count; i++)
        shares[i].threaded =
            pthread_create(&shares[i].thread, NULL, run_share, &shares[i]) == 0;
    run_share(&shares[0]);
    for (size_t i = 1; i < count; i++) {
        if (shares[i].threaded)
            pthread_join(shares[i].thread, NULL);
        else
            run_share(&shares[i]);
    }
}

static int read_share(void *ctx, const struct share *share, struct timed *timed,
                      const char **why)
{
    const struct explored *explored = &share->explored;
    struct records records;

    if (share->status != 0) {
        *why = explored->box.why;
        return -1;
    }
    records = read_records(ctx, explored->box.record.data,
                           explored->box.record.size, explored->secret);
    if (read_timed(ctx, &records, share->program, NULL, 0, timed, why) != 0)
        return -1;
    if (!timed->complete && timed->fault == NO_FAULT) {
        timed->fault = explored->kind;
        timed->fault_text = explored->text;
    }
    return 0;
}

static int run_alone(void *ctx, const struct explore_program *program,
                     const char *path, const struct explore_settings *settings,
                     struct timed *timed, const char **why)
{
    struct share alone = {.ctx = ctx,
                          .work = program->work,
                          .program = path,
                          .settings = *settings};

    alone.settings.cores = "1";
    run_share(&alone);
    return read_share(ctx, &alone, timed, why);
}

static int run_timed(void *ctx, const struct explore_program *program,
                     const char *path, const struct explore_settings *settings,
                     struct timed *timed, const char **why)
{
    struct share shares[SHARES];
    size_t count = (size_t)look_cores();

    count = count > SHARES ? SHARES : count;
    if (run_alone(ctx, program, path, settings, timed, why) != 0)
        return STATUS_NO_WORK;
    if (timed->fault != NO_FAULT)
        return 0;
    memset(shares, 0, sizeof shares);
    for (size_t i = 0; i < count; i++) {
        shares[i].ctx = talloc_new(ctx);
        shares[i].work = program->work;
        shares[i].program = path;
        shares[i].settings = *settings;
    }
    deal(shares, count);
    run_shares(shares, count);
    for (size_t i = 0; i < count && timed->fault == NO_FAULT; i++)
        if (read_share(ctx, &shares[i], timed, why) != 0)
            return STATUS_NO_WORK;
    read_timed_sort(timed);
    return 0;
}

/* What to say, and whether it is our limit or the program's own fault. */
static int stopped(void *ctx, const struct timed *timed, const char **why)
{
    *why = curve_fault(ctx, timed, true);
    if (timed->fault == FAULT_UNCONTROLLED || timed->fault == NO_FAULT)
        return STATUS_NO_WORK;
    if (timed->fault == FAULT_LOOP)
        *why = talloc_asprintf(ctx,
                               "%s. If it is only long: fewer rounds, or "
                               "SECONDS=10",
                               *why);
    return STATUS_FALLS_SHORT;
}

/* ---- by the clock ------------------------------------------------------- */

static double run_by_clock(void *ctx, const struct explore_program *program,
                           const char *path,
                           const struct explore_settings *settings, int cores)
{
    struct explore_settings one = *settings;
    struct explored explored;
    struct records records;
    double seconds = 0;

    one.cores = talloc_asprintf(ctx, "%d", cores);
    if (explore_run(ctx, program->work, path, &one, &explored) != 0)
        return 0;
    records = read_records(ctx, explored.box.record.data,
                           explored.box.record.size, explored.secret);
    for (size_t i = 0; i < records.count; i++)
        if (records.items[i].kind == RECORD_VALUE &&
            strcmp(records.items[i].key, "took") == 0)
            seconds = atof(records.items[i].value);
    return seconds;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The median of some rounds; in each the numbers of cores follow on one
 * another, so that a change in the machine's mood touches all. */
static void run_clocked(void *ctx, const struct explore_program *program,
                        const struct explore_settings *settings,
                        double clock[CURVE_POINTS])
{
    struct explore_program plain = *program;
    double took[CURVE_POINTS][ROUNDS] = {{0}};
    size_t count = 0;
    const char *path, *unused;

    plain.build = BUILD_CLOCKED;
    path = explore_build(ctx, &plain, &unused);
    if (path == NULL)
        return;
    while (count < CURVE_POINTS && curve_cores(count) <= look_cores())
        count++;
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count && !box_interrupted(); i++)
            took[i][round] =
                run_by_clock(ctx, program, path, settings, curve_cores(i));
    for (size_t i = 0; i < count; i++)
        qsort(took[i], ROUNDS, sizeof took[i][0], compare);
    for (size_t i = 0; i < count; i++)
        if (took[0][0] > SHORTEST && took[i][0] > 0)
            clock[i] = took[0][ROUNDS / 2] / took[i][ROUNDS / 2];
}

/* ---- both --------------------------------------------------------------- */

int curve_program(void *ctx, const struct options *options, const char *work,
                  struct timed *timed, double clock[CURVE_POINTS],
                  const char **why)
{
    struct explore_program program = {
        .build = BUILD_TIMED, .root = options->root, .work = work};
    struct explore_settings settings = {
        .arguments = explore_words(ctx, options->explore.arguments),
        .virtual_seconds = options->explore.seconds ? options->explore.seconds
                                                    : VIRTUAL_SECONDS};
    const char *path;
    int status;

    program.cflags = explore_words(ctx, options->explore.cflags);
    if (explore_find(ctx, options->source, &program, why) != 0)
        return STATUS_NO_WORK;
    path = explore_build(ctx, &program, why);
    if (path == NULL)
        return STATUS_NO_WORK;
    status = run_timed(ctx, &program, path, &settings, timed, why);
    if (status != 0)
        return status;
    if (box_interrupted()) {
        *why = "interrupted; nothing was counted";
        return STATUS_NO_WORK;
    }
    if (timed->fault != NO_FAULT || !timed->complete)
        return stopped(ctx, timed, why);
    run_clocked(ctx, &program, &settings, clock);
    return 0;
}
