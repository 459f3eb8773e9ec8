/*
 * explore.c - the verb `explore`: every interleaving of any program; and one of
 * them again, for `replay`.
 *
 *   find     the C files, and a hash of them for tokens
 *   build    them against the explorer
 *   search   schedule after schedule, in a box
 *   confirm  the one that failed once more, in a fresh process and with real
 *            threads, and write down each step
 *   tell     the timeline, and what went wrong (explore_report.c)
 *
 * A token is HASH-TURNS, and HASHn-TURNS where races were looked past.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "clock.h"
#include "collect.h"
#include "explore.h"
#include "explore_job.h"
#include "interrupt.h"
#include "read_parts.h"
#include "report.h"
#include "say.h"
#include "verbs.h"
#include "work.h"

const char *explore_line(void *state, const struct place *place)
{
    struct explore_job *job = state;

    for (size_t i = 0; place->file != NULL && i < job->program.count; i++) {
        const char *path = job->program.sources[i];
        size_t size = 0;
        char *text;

        if (strcmp(path_base(path), path_base(place->file)) != 0)
            continue;
        text = work_read(job->ctx, path, COLLECT_MAX_BYTES, &size);
        if (text == NULL)
            return NULL;
        return lines_get(lines_split(job->ctx, text, size), place->line);
    }
    return NULL;
}

/* ---- the steps ---------------------------------------------------------- */

static int failed(struct explore_job *job, const char *verdict,
                  const char *message)
{
    job->verdict = verdict;
    job->message = message;
    return say_fault("%s", message);
}

static void settings_from(struct explore_job *job)
{
    const struct explore_options *asked = &job->options->explore;

    job->settings = (struct explore_settings){
        .strategy = asked->strategy,
        .schedules = asked->schedules,
        .seconds = asked->seconds,
        .bound = asked->bound,
        .reduce = asked->no_reduction ? "0" : NULL,
        .races = asked->no_races ? "0" : NULL,
        .arguments = explore_words(job->ctx, asked->arguments),
    };
    if (job->options->seeded)
        job->settings.seed =
            talloc_asprintf(job->ctx, "%" PRIu64, job->options->seed);
}

/* "3f9a1c-12x1": -1 when it is no token or belongs to another source. */
static int use_token(struct explore_job *job, const char *token)
{
    const char *hash = job->program.hash;
    size_t length = strlen(hash);
    const char *turns = strchr(token, '-');

    if (turns == NULL || turns[1 + strspn(turns + 1, "0123456789x.")] != '\0') {
        failed(job, "error",
               talloc_asprintf(job->ctx,
                               "SCHEDULE=%s is no token; one looks like "
                               "%s-12x1.40x2",
                               say_printable(job->ctx, token), hash));
        return -1;
    }
    if (strncmp(token, hash, length) != 0 ||
        (token[length] != '-' && strncmp(token + length, "n-", 2) != 0)) {
        failed(job, "error",
               "the source, or its flags, have changed since this token was "
               "made: explore it again");
        return -1;
    }
    job->settings.races = token[length] == 'n' ? "0" : NULL;
    job->settings.schedule = turns + 1;
    job->token = token;
    return 0;
}

static const char *token_of(struct explore_job *job)
{
    bool no_races = job->settings.races != NULL;

    return talloc_asprintf(job->ctx, "%s%s-%s", job->program.hash,
                           no_races ? "n" : "", job->found.turns);
}

/* Once more, with real threads, each step written down. */
static int confirm(struct explore_job *job, const char *turns)
{
    struct explore_settings again = job->settings;
    char *path = talloc_asprintf(job->ctx, "%s/trace", job->program.work);
    struct explored seen;
    const char *why = NULL;
    size_t size = 0;
    char *trace;

    again.schedule = turns;
    again.trace = path;
    /* who runs on and on is seen only from the inside */
    again.real_threads = job->found.kind != FAULT_LOOP;
    again.strategy = NULL;
    if (explore_run(job->ctx, job->program.work, job->path, &again, &seen) != 0)
        return failed(job, "error", seen.box.why);
    if (box_interrupted())
        return failed(job, "error", "interrupted");
    trace = work_read(job->ctx, path, 64u * 1024 * 1024, &size);
    if (trace != NULL)
        job->timeline = timeline_read(job->ctx, trace, size, job->path, NULL,
                                      explore_line, job, &why);
    if (job->replays)
        job->found = seen;
    else if (seen.kind != job->found.kind)
        return failed(
            job, "uncontrolled",
            "the same schedule did not fail a second time: the program "
            "depends on something that is not under control (addresses, "
            "random numbers, files, memory that was never written)");
    return 0;
}

/* Two runs of the same turns must be the same run. */
static int uncontrolled(struct explore_job *job)
{
    const struct timeline *timeline = job->timeline;
    const struct place *place = timeline ? &timeline->fault_place : NULL;

    if (place != NULL && place->line > 0)
        return failed(job, "uncontrolled",
                      talloc_asprintf(job->ctx,
                                      "%s:%d: %s is not under the explorer's "
                                      "control",
                                      place->file, place->line,
                                      job->found.text));
    return failed(
        job, "uncontrolled",
        talloc_asprintf(job->ctx, "not under control: %s", job->found.text));
}

static void conclude(struct explore_job *job)
{
    if (job->found.kind != NO_FAULT)
        job->verdict = "bug";
    else if (job->found.whole)
        job->verdict = "exhausted";
    else
        job->verdict = "none-found";
}

static int look(struct explore_job *job)
{
    struct explore_settings search = job->settings;

    search.shows_progress = true;
    if (job->replays) {
        if (confirm(job, job->settings.schedule) != 0)
            return STATUS_NO_WORK;
    } else {
        job->search_began = clock_now();
        if (explore_run(job->ctx, job->program.work, job->path, &search,
                        &job->found) != 0)
            return failed(job, "error", job->found.box.why);
        job->search_seconds = clock_now() - job->search_began;
        if (box_interrupted())
            return failed(job, "error", "interrupted; nothing was found");
        if (job->found.kind != NO_FAULT && confirm(job, job->found.turns) != 0)
            return STATUS_NO_WORK;
    }
    if (job->found.kind == FAULT_UNCONTROLLED)
        return uncontrolled(job);
    conclude(job);
    if (job->found.kind != NO_FAULT && job->token == NULL)
        job->token = token_of(job);
    return job->found.kind != NO_FAULT ? STATUS_FALLS_SHORT : STATUS_FULL_MARKS;
}

/* The replay once more, at the user's terminal. */
static int debug(struct explore_job *job, int status)
{
    struct explore_settings again = job->settings;
    const char *why = NULL;

    if (job->timeline == NULL || !job->replays)
        return status;
    fflush(stdout);
    if (explore_debug(job->ctx, job->program.work, job->path, &again,
                      timeline_wrong_step(job->timeline), &why) != 0)
        return failed(job, "error", why);
    return status;
}

/* ---- the verb ----------------------------------------------------------- */

static int explore(struct explore_job *job)
{
    const struct options *options = job->options;
    const char *why = NULL;
    int status;

    job->program.root = options->root;
    job->program.cflags = explore_words(job->ctx, options->explore.cflags);
    settings_from(job);
    if (explore_find(job->ctx, options->source, &job->program, &why) != 0)
        return failed(job, "error", why);
    if (job->replays && use_token(job, options->explore.schedule) != 0)
        return STATUS_NO_WORK;
    job->program.work = work_open(job->ctx, options->root, &why);
    if (job->program.work == NULL)
        return failed(job, "error", why);
    job->path = explore_build(job->ctx, &job->program, &why);
    if (job->path == NULL)
        status = failed(job, "error", why);
    else
        status = look(job);
    if (status != STATUS_NO_WORK)
        explore_tell(job);
    if (status != STATUS_NO_WORK && options->explore.debugger)
        status = debug(job, status);
    work_remove(job->program.work);
    return status;
}

/* Writes the result file, where one is asked for. */
static int save(struct explore_job *job, int status)
{
    const char *why;
    json_t *json;

    if (job->options->result == NULL)
        return status;
    json = explore_result(job);
    if (report_json_write(job->ctx, job->options->result, json, &why) != 0)
        status = say_fault("%s", why);
    json_decref(json);
    return status;
}

int explore_program(const struct options *options, bool replays)
{
    struct explore_job job = {.ctx = talloc_new(NULL),
                              .options = options,
                              .replays = replays,
                              .began = clock_now()};
    const char *why = NULL;
    int status;

    interrupt_by_signals();
    if (options->result != NULL &&
        report_json_remove(job.ctx, options->result, &why) != 0)
        status = say_fault("%s", why);
    else
        status = save(&job, explore(&job));
    talloc_free(job.ctx);
    return status;
}

int verb_explore(const struct options *options)
{
    if (options->source == NULL)
        return say_fault("explore: which program? make explore SRC=prog.c");
    return explore_program(options, false);
}
