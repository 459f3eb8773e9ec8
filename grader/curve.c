/*
 * curve.c - the verb `curve`: how many times as fast an answer is, or any
 * program, on 1, 2, 4 ... 64 cores, and what stands in the way.
 *
 *   EX       the exercise's own file, or SRC, with the exercise's workload
 *   SRC      else: a program with a main(), or a folder of C files
 *   OUT      where the picture is to be, in place of build/curves/NAME.svg
 *   RESULT   the same as data
 *
 * Exit status: 0 drawn; 1 the program does not come to its end, or to a right
 * one; 2 the kit could not do it. Nothing is judged: that is `check`.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "clock.h"
#include "collect.h"
#include "curve.h"
#include "examine.h"
#include "interrupt.h"
#include "lenses.h"
#include "machine.h"
#include "read_parts.h"
#include "report.h"
#include "say.h"
#include "verbs.h"
#include "work.h"

#define SCHEMA       "interleave/curve/v1"
#define CLOCK_ROUNDS "5"

struct curve_job {
    void *ctx;
    const struct options *options;
    const struct exercise *exercise; /* or NULL: any program */
    const char *source;              /* path that is opened */
    const char *shown;               /* as the user named it */
    const char *work;
    struct timed timed;
    double clock[CURVE_POINTS];
    const struct measurement *speed; /* by the clock, as the check asks */
    struct curve *curve;             /* NULL: there is none */
    bool drawn;
    const char *message; /* why there is none */
    double began;
};

/* Why there is no curve, on stderr; returns the status. */
static int no_curve(struct curve_job *job, int status, const char *why)
{
    job->message = why;
    say_fault("%s", why);
    return status;
}

/* ---- an answer ---------------------------------------------------------- */

static bool is_measured(const struct exercise *exercise)
{
    for (size_t i = 0; i < exercise->check_count; i++)
        if (exercise->checks[i].measured)
            return true;
    return false;
}

/* By the clock on as many threads as there are cores. */
static void clock_answer(struct curve_job *job, struct lab *lab)
{
    for (size_t i = 0; i < CURVE_POINTS && curve_cores(i) <= look_cores();
         i++) {
        struct look *look = talloc_zero(job->ctx, struct look);

        *look = (struct look){.lab = lab, .lens = LENS_SPEED, .ctx = job->ctx};
        look_rounds(look, curve_cores(i), CLOCK_ROUNDS);
        job->clock[i] = measured(&look->speed);
        if (curve_cores(i) == job->exercise->speed_threads)
            job->speed = &look->speed;
    }
}

static int stopped(struct curve_job *job)
{
    const struct timed *timed = &job->timed;

    if (!timed->complete)
        return no_curve(job,
                        timed->fault == FAULT_UNCONTROLLED ||
                                timed->fault == NO_FAULT
                            ? STATUS_NO_WORK
                            : STATUS_FALLS_SHORT,
                        curve_fault(job->ctx, timed, false));
    if (!timed->agree)
        return no_curve(job, STATUS_FALLS_SHORT,
                        "it gives another result than the kit's own: how fast "
                        "a wrong answer is says nothing");
    if (timed->left > 0)
        return no_curve(job, STATUS_FALLS_SHORT,
                        "when its function has returned, threads of it are "
                        "still alive: what they do then is not counted");
    return 0;
}

/* Both compilers' objects: virtual time has its own, the clock wants clang's.
 */
static int build(struct curve_job *job, struct lab *lab)
{
    struct diagnostics said;
    const char *why = NULL;

    switch (build_object(job->ctx, lab, OBJECT_CLANG, &said, &why)) {
    case 0:
        return 0;
    case 1:
        return no_curve(job, STATUS_FALLS_SHORT,
                        talloc_asprintf(job->ctx,
                                        "it does not compile; make check EX=%s "
                                        "says more",
                                        job->exercise->id));
    default:
        return no_curve(job, STATUS_NO_WORK, why);
    }
}

static int look_at_answer(struct curve_job *job, struct lab *lab)
{
    struct look look = {.lab = lab, .lens = LENS_SPEED, .ctx = job->ctx};
    int status = build(job, lab);

    if (status != 0)
        return status;
    look_curve(&look);
    if (look.fault != NULL)
        return no_curve(job, STATUS_NO_WORK, look.fault);
    job->timed = look.timed;
    status = stopped(job);
    if (status != 0)
        return status;
    clock_answer(job, lab);
    if (box_interrupted())
        return no_curve(job, STATUS_NO_WORK, "interrupted; nothing was drawn");
    return 0;
}

static int answer(struct curve_job *job)
{
    const struct exercise *exercise = job->exercise;
    const char *copy =
        talloc_asprintf(job->ctx, "%s/%s", job->work, exercise->source);
    struct examination what = {.root = job->options->root,
                               .exercise = exercise,
                               .source = job->source,
                               .work = job->work,
                               .jobs = job->options->jobs};
    const char *why = machine_cannot_watch();
    struct slots slots;
    struct lab lab;
    int status;

    if (why != NULL)
        return no_curve(job, STATUS_NO_WORK, why);
    switch (collect(job->ctx, job->source, copy, &why)) {
    case COLLECT_OURS:
        return no_curve(job, STATUS_NO_WORK, why);
    case COLLECT_THEIRS:
        return no_curve(job, STATUS_FALLS_SHORT, why);
    case COLLECT_OK:
        break;
    }
    lab_open(&lab, &slots, &what);
    status = look_at_answer(job, &lab);
    lab_close(&lab);
    return status;
}

/* ---- a program ---------------------------------------------------------- */

static int program(struct curve_job *job)
{
    const char *why = NULL;
    int status = curve_program(job->ctx, job->options, job->work, &job->timed,
                               job->clock, &why);

    return status != 0 ? no_curve(job, status, why) : 0;
}

/* "prog" of "some/prog.c" */
static const char *short_name(void *ctx, const char *source)
{
    char *name = talloc_strdup(ctx, source), *dot;

    while (strlen(name) > 1 && name[strlen(name) - 1] == '/')
        name[strlen(name) - 1] = '\0';
    name = talloc_strdup(ctx, path_base(name));
    dot = strrchr(name, '.');
    if (dot != NULL && dot != name)
        *dot = '\0';
    return name;
}

/* ---- both --------------------------------------------------------------- */

static void clock_points(struct curve_job *job)
{
    for (size_t i = 0; i < job->curve->count; i++)
        for (size_t k = 0; k < CURVE_POINTS; k++)
            if (job->curve->points[i].cores == curve_cores(k))
                job->curve->points[i].clock = job->clock[k];
}

static int draw(struct curve_job *job, const char *name)
{
    const char *root = job->options->root, *path = job->options->out;
    const char *why = NULL;

    if (path == NULL)
        path = curve_path(job->ctx, root, name);
    if (curve_draw(job->ctx, job->work, job->curve, path, &why) != 0)
        return no_curve(job, STATUS_NO_WORK, why);
    if (job->curve->case_count == 0)
        return 0;
    path = job->options->out
               ? talloc_asprintf(job->ctx, "%s-cases.svg", job->options->out)
               : curve_path(job->ctx, root,
                            talloc_asprintf(job->ctx, "%s-cases", name));
    if (curve_draw_cases(job->ctx, job->work, job->curve, path, &why) != 0)
        return no_curve(job, STATUS_NO_WORK, why);
    return 0;
}

static int tell(struct curve_job *job)
{
    const struct exercise *exercise = job->exercise;
    const char *name =
        exercise ? exercise->folder : short_name(job->ctx, job->source);
    const char *title =
        exercise
            ? talloc_asprintf(job->ctx, "%s %s", exercise->id, exercise->title)
            : path_base(job->shown);
    int status;

    job->curve = curve_of(job->ctx, title, &job->timed,
                          exercise ? exercise->speed_threads : 0,
                          exercise ? exercise->speed_threshold : 0);
    clock_points(job);
    if (exercise != NULL && job->timed.case_count > 0) {
        job->curve->cases = figures_joined(job->ctx, &job->timed, job->speed);
        job->curve->case_count = job->timed.case_count;
    }
    status = draw(job, name);
    printf("%s%s%s   %s\n", say_ink(stdout, INK_BOLD),
           exercise ? title : "speed", say_ink(stdout, INK_PLAIN),
           say_printable(job->ctx, job->shown));
    curve_tell(stdout, job->curve);
    curve_tell_cases(stdout, job->curve);
    job->drawn = status == 0;
    return status;
}

static int run(struct curve_job *job)
{
    const char *why = NULL;
    int status;

    job->work = work_open(job->ctx, job->options->root, &why);
    if (job->work == NULL)
        return no_curve(job, STATUS_NO_WORK, why);
    status = job->exercise != NULL ? answer(job) : program(job);
    if (status == 0)
        status = tell(job);
    work_remove(job->work);
    return status;
}

static int find(struct curve_job *job)
{
    const struct options *options = job->options;
    const char *why = NULL;

    if (options->exercise == NULL && options->source == NULL)
        return no_curve(job, STATUS_NO_WORK,
                        "curve: of what? make curve EX=04, or make curve "
                        "SRC=prog.c");
    job->source = job->shown = options->source;
    if (options->exercise == NULL)
        return 0;
    job->exercise =
        exercise_find(job->ctx, options->root, options->exercise, &why);
    if (job->exercise == NULL)
        return no_curve(job, STATUS_NO_WORK, why);
    if (!is_measured(job->exercise))
        return no_curve(
            job, STATUS_NO_WORK,
            talloc_asprintf(job->ctx,
                            "exercise %s has no check of speed, so there is no "
                            "curve of it; of any program: make curve "
                            "SRC=prog.c",
                            job->exercise->id));
    if (options->source == NULL) {
        job->source = talloc_asprintf(job->ctx, "%s/%s", job->exercise->path,
                                      job->exercise->source);
        job->shown =
            talloc_asprintf(job->ctx, "exercises/%s/%s", job->exercise->folder,
                            job->exercise->source);
    }
    return 0;
}

static json_t *result(struct curve_job *job, int status)
{
    json_t *json = job->drawn ? curve_json(job->curve) : json_object();
    const char *verdict = status == STATUS_FULL_MARKS    ? "drawn"
                          : status == STATUS_FALLS_SHORT ? "stopped"
                                                         : "error";

    json_object_set_new(json, "schema", json_string(SCHEMA));
    json_object_set_new(json, "verdict", json_string(verdict));
    if (job->exercise != NULL)
        json_object_set_new(json, "exercise",
                            json_string(job->exercise->folder));
    if (job->shown != NULL)
        json_object_set_new(json, "source",
                            json_string(report_clean(job->ctx, job->shown)));
    if (job->message != NULL)
        json_object_set_new(json, "message",
                            json_string(report_clean(job->ctx, job->message)));
    json_object_set_new(json, "took", json_real(clock_now() - job->began));
    return json;
}

int verb_curve(const struct options *options)
{
    struct curve_job job = {
        .ctx = talloc_new(NULL), .options = options, .began = clock_now()};
    const char *why = NULL;
    json_t *json;
    int status;

    interrupt_by_signals();
    if (options->result != NULL &&
        report_json_remove(job.ctx, options->result, &why) != 0) {
        status = say_fault("%s", why);
        talloc_free(job.ctx);
        return status;
    }
    status = find(&job);
    if (status == 0)
        status = run(&job);
    if (options->result != NULL) {
        json = result(&job, status);
        if (report_json_write(job.ctx, options->result, json, &why) != 0)
            status = say_fault("%s", why);
        json_decref(json);
    }
    talloc_free(job.ctx);
    return status;
}
