/*
 * explore.c - the verb `explore`: every interleaving of any program; and one of
 * them again, for `replay`.
 *
 *   find     the C files, and a hash of them for tokens
 *   build    them against the explorer
 *   search   schedule after schedule, in a box
 *   confirm  the one that failed once more, in a fresh process and with real
 *            threads, and write down each step
 *   tell     the timeline, and what went wrong
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
#include "explore_build.h"
#include "explored.h"
#include "interrupt.h"
#include "read_parts.h"
#include "report.h"
#include "say.h"
#include "timeline.h"
#include "verbs.h"
#include "work.h"

struct explore_job {
    void *ctx;
    const struct options *options;
    struct explore_program program;
    struct explore_settings settings;
    const char *path; /* of what was built */
    const char *token;
    bool replays;
    struct explored found;     /* by the search */
    struct timeline *timeline; /* of the run that confirmed it */
    const char *verdict;
    const char *message; /* for "uncontrolled" and "error" */
    double began, search_began, search_seconds;
};

/* ---- lines of the source ------------------------------------------------ */

static const char *line_of(void *state, const struct place *place)
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
                                      line_of, job, &why);
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

/* ---- told to a person --------------------------------------------------- */

static void tell_bug(struct explore_job *job)
{
    const struct explored *found = &job->found;

    if (job->replays)
        printf("%s\n\n", fault_name(found->kind));
    else
        printf("%s, in schedule %" PRIu64 ", with %u preemption%s\n\n",
               fault_name(found->kind), found->schedules, found->preemptions,
               found->preemptions == 1 ? "" : "s");
    if (job->timeline == NULL)
        return;
    fputs("  ", stdout);
    report_wrap(stdout, report_clean(job->ctx, job->timeline->sentence), 2, 2);
    fputc('\n', stdout);
    report_timeline(stdout, job->timeline, line_of, job);
}

static void tell_none(const struct explored *found)
{
    uint64_t chance = found->schedules - found->searched;

    if (found->whole) {
        printf("no bug: all %" PRIu64 " schedules were run\n",
               found->schedules);
        return;
    }
    printf("no bug in %" PRIu64 " schedules", found->schedules);
    if (found->bound_whole)
        printf(": all %" PRIu64 " with at most %u preemptions", found->searched,
               found->level);
    if (chance > 0)
        printf("%s%" PRIu64 " by chance (PCT, d = 3)",
               found->bound_whole ? ", and " : ", of which ", chance);
    printf("%s\n", found->stopped && strcmp(found->stopped, "time") == 0
                       ? "; the time was up"
                       : "");
}

static void tell(struct explore_job *job)
{
    const char *source = say_printable(job->ctx, job->options->source);

    printf("%s%s%s  ", say_ink(stdout, INK_BOLD), source,
           say_ink(stdout, INK_PLAIN));
    if (job->found.kind != NO_FAULT)
        tell_bug(job);
    else
        tell_none(&job->found);
    if (job->found.places > 0)
        printf("(%u places in the code race with others; each was a step)\n",
               job->found.places);
    if (job->found.early)
        printf("(in some schedules the program ends while another thread "
               "still runs)\n");
    if (job->found.missing != NULL)
        printf("(%s was not found: a program is explored in an empty folder, "
               "so its files need absolute paths)\n",
               report_clean(job->ctx, job->found.missing));
    if (job->token != NULL && job->found.kind != NO_FAULT)
        printf("\nAgain: make replay SRC=%s SCHEDULE=%s\n", source, job->token);
}

/* ---- told to a program -------------------------------------------------- */

static void add_place(json_t *list, const struct place *place, const char *what)
{
    if (place->line > 0 && place->file != NULL)
        json_array_append_new(list,
                              json_pack("{s:s, s:i, s:s}", "file", place->file,
                                        "line", place->line, "what", what));
}

static json_t *result(const struct explore_job *job)
{
    const struct explored *found = &job->found;
    json_t *json =
        json_pack("{s:i, s:s, s:I, s:f}", "schema", 1, "verdict", job->verdict,
                  "schedules", (json_int_t)found->schedules, "seconds",
                  clock_now() - job->began);
    json_t *places = json_array();

    json_object_set_new(json, "search_seconds", json_real(job->search_seconds));
    if (job->message != NULL)
        json_object_set_new(json, "message", json_string(job->message));
    if (found->stopped != NULL)
        json_object_set_new(json, "stopped", json_string(found->stopped));
    if (found->told)
        json_object_set_new(
            json, "search",
            json_pack("{s:I, s:I, s:I, s:I, s:b, s:I}", "schedules",
                      (json_int_t)found->searched, "left_early",
                      (json_int_t)found->pruned, "steps",
                      (json_int_t)found->steps, "preemptions",
                      (json_int_t)found->level, "whole", found->bound_whole,
                      "racing_places", (json_int_t)found->places));
    if (found->kind != NO_FAULT && strcmp(job->verdict, "bug") == 0) {
        json_object_set_new(json, "kind", json_string(fault_name(found->kind)));
        json_object_set_new(json, "schedules_to_first_bug",
                            json_integer((json_int_t)found->schedules));
        json_object_set_new(json, "preemptions",
                            json_integer(found->preemptions));
        json_object_set_new(json, "schedule", json_string(job->token));
    }
    if (job->timeline != NULL) {
        add_place(places, &job->timeline->fault_place, "goes wrong here");
        add_place(places, &job->timeline->other_place, "the other side");
        for (size_t i = 0; i < job->timeline->standing_count; i++)
            if (found->kind == FAULT_DEADLOCK)
                add_place(places, &job->timeline->standing[i].place,
                          job->timeline->standing[i].text);
        json_object_set_new(json, "sentence",
                            json_string(job->timeline->sentence));
        json_object_set_new(json, "events", timeline_json(job->timeline));
    }
    json_object_set_new(json, "locations", places);
    return json;
}

static int save(struct explore_job *job, int status)
{
    const char *why;
    json_t *json;

    if (job->options->result == NULL)
        return status;
    json = result(job);
    if (report_json_write(job->ctx, job->options->result, json, &why) != 0)
        status = say_fault("%s", why);
    json_decref(json);
    return status;
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
                      timeline_last_step(job->timeline), &why) != 0)
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
        tell(job);
    if (status != STATUS_NO_WORK && options->explore.debugger)
        status = debug(job, status);
    work_remove(job->program.work);
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
