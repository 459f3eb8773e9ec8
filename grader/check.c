/*
 * check.c - the verb `check`: one answer, or each exercise's own file.
 *
 * The result file of an earlier check is removed before anything else, and a
 * new one is written whatever happens: also when the kit could not do its
 * work, and after Ctrl-C.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "collect.h"
#include "curve.h"
#include "examine.h"
#include "interrupt.h"
#include "report.h"
#include "say.h"
#include "state.h"
#include "tools.h"
#include "verbs.h"
#include "work.h"

/* One check, from the question to the files that answer it. */
struct check_job {
    void *ctx;
    const struct options *options;
    const struct exercise *exercise; /* NULL when there is none such */
    const char *source;              /* path that is opened */
    const char *shown;               /* as the user named it */
    const char *result;              /* path of the result file */
    const char *work;                /* folder of this check */
    bool own;          /* the exercise's own file, looked at as a whole */
    bool talks;        /* rows and findings go to stdout */
    bool started;      /* the line of progress has begun */
    unsigned seen;     /* lenses that stand on it */
    const char *first; /* the check to begin with, when all is done */
    double began;
    struct result_facts facts;
};

static uint64_t new_seed(void)
{
    uint32_t seed;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint32_t)getpid();
    return seed;
}

/* The first lens takes a fifth of a second, all of them about one: say which
 * are done. */
static void progress(void *state, enum lens lens)
{
    struct check_job *job = state;

    if (!job->talks || job->seen & (1u << lens))
        return;
    job->seen |= 1u << lens;
    printf("%s%s", job->started ? ", " : "looked at: ", lens_name(lens));
    fflush(stdout);
    job->started = true;
}

static void begin_report(struct check_job *job)
{
    if (!job->talks)
        return;
    printf("%s%s %s%s   %s\n", say_ink(stdout, INK_BOLD), job->exercise->id,
           job->exercise->title, say_ink(stdout, INK_PLAIN),
           say_printable(job->ctx, job->shown));
    fflush(stdout);
}

/*
 * Where speed is what falls short first, the curve that shows why; or NULL. It
 * is no part of the verdict: where it cannot be drawn it has no picture.
 */
static struct curve *find_curve(struct check_job *job,
                                const struct evidence *evidence,
                                const struct verdict *verdict)
{
    const struct exercise *exercise = job->exercise;
    const struct row *row = report_first(verdict);
    const char *title, *path, *why;
    struct curve *curve;

    if (row == NULL || !row->check->measured || row->status != STATUS_FAIL ||
        evidence->timed.run_count < 2)
        return NULL;
    title = talloc_asprintf(job->ctx, "%s %s", exercise->id, exercise->title);
    curve = curve_of(job->ctx, title, &evidence->timed, exercise->speed_threads,
                     exercise->speed_threshold);
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].cores == exercise->speed_threads)
            curve->points[i].clock = measured(&evidence->speed);
    path = curve_path(job->ctx, job->options->root, exercise->folder);
    if (job->talks)
        curve_draw(job->ctx, job->work, curve, path, &why);
    return curve;
}

static void tell(struct check_job *job, const struct verdict *verdict,
                 const struct curve *curve)
{
    struct terminal terminal = {.out = stdout,
                                .colour = *say_ink(stdout, INK_BOLD) != '\0',
                                .curve = curve,
                                .source = job->shown,
                                .line = lines_get};
    size_t size = 0;
    char *text = work_read(job->ctx, job->source, COLLECT_MAX_BYTES, &size);

    terminal.state = lines_split(job->ctx, text ? text : "", size);
    printf("%s\n", job->started ? "\n" : "");
    for (size_t i = 0; i < verdict->row_count; i++)
        report_row(&terminal, &verdict->rows[i]);
    report_verdict(&terminal, job->exercise, verdict);
}

/* Writes the result file; our own fault if that fails. */
static int save(struct check_job *job, json_t *json, int status)
{
    const char *why;

    if (json == NULL ||
        report_json_write(job->ctx, job->result, json, &why) != 0)
        status = say_fault("%s", json ? why : "no memory for the result");
    return status;
}

static int failed(struct check_job *job, const char *why, json_t **json)
{
    if (job->started)
        printf("\n");
    job->facts.seconds = clock_now() - job->began;
    *json = report_json_error(&job->facts, why);
    return save(job, *json, say_fault("%s", why));
}

/* What list and hint know. */
static void remember(struct check_job *job, const struct verdict *verdict)
{
    const struct row *first = report_first(verdict);
    const char **passed = talloc_zero_array(job->ctx, const char *,
                                            (unsigned)verdict->row_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < verdict->row_count; i++)
        if (verdict->rows[i].status == STATUS_PASS)
            passed[count++] = verdict->rows[i].check->name;
    job->first = first ? first->check->name : NULL;
    if (job->own)
        state_record(job->options->root, job->exercise->id, verdict->score,
                     verdict->max_score, job->first, passed);
}

static int conclude(struct check_job *job, const struct evidence *evidence,
                    json_t **json)
{
    struct verdict verdict = judge(job->ctx, job->exercise, evidence);
    struct curve *curve;
    int status;

    if (verdict.verdict == VERDICT_ERROR)
        return failed(job, verdict.message ? verdict.message : "no verdict",
                      json);
    job->facts.seconds = clock_now() - job->began;
    curve = find_curve(job, evidence, &verdict);
    if (job->talks)
        tell(job, &verdict, curve);
    remember(job, &verdict);
    *json = report_json(&job->facts, &verdict);
    if (curve != NULL)
        json_object_set_new(*json, "curve", curve_json(curve));
    status = verdict.verdict == VERDICT_PASS ? STATUS_FULL_MARKS
                                             : STATUS_FALLS_SHORT;
    return save(job, *json, status);
}

/* Who asks a server waits for it, by a real clock and on no core: there is room
 * for two more. JOBS=1 stays one at a time, as `make grade` wants it. */
static unsigned jobs_at_once(const struct check_job *job)
{
    unsigned jobs = job->options->jobs;

    return jobs > 1 && job->exercise->server ? jobs + 2 : jobs;
}

/* Looks at the answer in a folder of its own, and removes it. */
static int look(struct check_job *job, json_t **json)
{
    const struct options *options = job->options;
    struct examination what = {.root = options->root,
                               .exercise = job->exercise,
                               .source = job->source,
                               .lenses = options->lenses,
                               .seed = job->facts.seed,
                               .jobs = jobs_at_once(job),
                               .progress = progress,
                               .state = job};
    struct evidence evidence;
    const char *why = NULL;
    int status;

    what.work = work_open(job->ctx, options->root, &why);
    if (what.work == NULL)
        return failed(job, why, json);
    job->work = what.work;
    begin_report(job);
    if (examine(job->ctx, &what, &evidence, &why) != 0)
        status = failed(job, why, json);
    else if (box_interrupted())
        status = failed(job, "interrupted; nothing was judged", json);
    else
        status = conclude(job, &evidence, json);
    work_remove(what.work);
    return status;
}

static const char *default_result(void *ctx, const struct options *options,
                                  const char *name)
{
    mkdir(talloc_asprintf(ctx, "%s/build/results", options->root), 0777);
    return talloc_asprintf(ctx, "%s/build/results/%s.json", options->root,
                           name);
}

static void job_open(struct check_job *job, const struct options *options,
                     const struct exercise *exercise)
{
    void *ctx = job->ctx;

    job->options = options;
    job->exercise = exercise;
    job->began = clock_now();
    job->own = options->source == NULL && !options->partial;
    job->source = options->source;
    if (options->source == NULL)
        job->source =
            talloc_asprintf(ctx, "%s/%s", exercise->path, exercise->source);
    job->shown = options->source
                     ? options->source
                     : talloc_asprintf(ctx, "exercises/%s/%s", exercise->folder,
                                       exercise->source);
    job->facts = (struct result_facts){
        .exercise = exercise->folder,
        .source = job->shown,
        .seed = options->seeded ? options->seed : new_seed(),
    };
    job->facts.tools =
        tools_versions(ctx, options->root, &job->facts.tool_count);
}

static int check_one(const struct options *options)
{
    struct check_job job = {.ctx = talloc_new(NULL), .talks = true};
    const struct exercise *exercise;
    const char *why = NULL;
    json_t *json = NULL;
    int status;

    job.began = clock_now();
    exercise = exercise_find(job.ctx, options->root, options->exercise, &why);
    job.result = options->result;
    if (job.result == NULL && exercise != NULL)
        job.result = default_result(job.ctx, options, exercise->folder);
    if (exercise == NULL) {
        job.facts.exercise = options->exercise;
        job.facts.source = options->source;
        status = say_fault("%s", why);
        if (job.result != NULL) {
            json = report_json_error(&job.facts, why);
            status = save(&job, json, status);
        }
    } else if (report_json_remove(job.ctx, job.result, &why) != 0) {
        status = say_fault("%s", why);
    } else {
        job_open(&job, options, exercise);
        status = look(&job, &json);
    }
    json_decref(json);
    talloc_free(job.ctx);
    return status;
}

/* ---- all exercises ------------------------------------------------------- */

static void print_line(const struct check_job *job, json_t *json)
{
    const char *verdict = json_string_value(json_object_get(json, "verdict"));

    printf("%s  %-24s  %-5s  %3lld of %3lld  %s\n", job->exercise->id,
           job->exercise->title, verdict ? verdict : "error",
           (long long)json_integer_value(json_object_get(json, "score")),
           (long long)json_integer_value(json_object_get(json, "max_score")),
           job->first ? job->first : "");
    fflush(stdout);
}

static int check_exercise_of_all(const struct options *options,
                                 const struct exercise *exercise, json_t *list)
{
    struct check_job job = {.ctx = talloc_new(NULL), .talks = false};
    const char *why = NULL;
    json_t *json = NULL;
    int status;

    job.result = default_result(job.ctx, options, exercise->folder);
    if (report_json_remove(job.ctx, job.result, &why) != 0) {
        status = say_fault("%s", why);
    } else {
        job_open(&job, options, exercise);
        status = look(&job, &json);
    }
    if (json != NULL) {
        print_line(&job, json);
        json_array_append_new(list, json);
    }
    talloc_free(job.ctx);
    return status;
}

static int check_all(const struct options *options)
{
    void *ctx = talloc_new(NULL);
    json_t *list = json_array(), *whole;
    struct exercise_list exercises;
    const char *why = NULL, *result = options->result;
    int status = STATUS_FULL_MARKS;

    if (result == NULL)
        result = default_result(ctx, options, "all");
    if (options->source != NULL)
        status = say_fault("SRC names one file, so EX must say for which "
                           "exercise");
    else if (report_json_remove(ctx, result, &why) != 0 ||
             exercise_load_all(ctx, options->root, &exercises, &why) != 0)
        status = say_fault("%s", why);
    for (size_t i = 0; status != STATUS_NO_WORK && i < exercises.count; i++) {
        int one = check_exercise_of_all(options, exercises.items[i], list);

        status = one > status ? one : status;
    }
    whole = json_pack("{s:o}", "exercises", list);
    if (report_json_write(ctx, result, whole, &why) != 0)
        status = say_fault("%s", why);
    json_decref(whole);
    talloc_free(ctx);
    return status;
}

int verb_check(const struct options *options)
{
    interrupt_by_signals();
    if (options->exercise == NULL)
        return check_all(options);
    return check_one(options);
}
