/*
 * replay.c - the verb `replay`: one interleaving again, step by step the same.
 * Of any program (SRC and SCHEDULE, explore.c), or of an exercise's test: then
 * the schedule is the one that the last check has told, or SCHEDULE.
 *
 * A token of an exercise is "suite/name:TURNS".
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "collect.h"
#include "examine.h"
#include "explore.h"
#include "interleavings.h"
#include "interrupt.h"
#include "report.h"
#include "say.h"
#include "timeline.h"
#include "verbs.h"
#include "work.h"

struct replay {
    void *ctx;
    const struct options *options;
    const struct exercise *exercise;
    const char *source; /* path of the answer */
    const char *test, *turns;
    struct lab lab;
};

/* The first finding of the last check that has a schedule. */
static const char *last_schedule(struct replay *replay)
{
    json_t *json = json_load_file(
        talloc_asprintf(replay->ctx, "%s/build/results/%s.json",
                        replay->options->root, replay->exercise->folder),
        0, NULL);
    json_t *check, *finding;
    const char *schedule = NULL;
    size_t i, k;

    json_array_foreach(json_object_get(json, "checks"), i, check)
    {
        json_array_foreach(json_object_get(check, "findings"), k, finding)
        {
            const char *one =
                json_string_value(json_object_get(finding, "schedule"));

            if (one != NULL && schedule == NULL)
                schedule = talloc_strdup(replay->ctx, one);
        }
    }
    json_decref(json);
    return schedule;
}

static int find_schedule(struct replay *replay)
{
    const char *token = replay->options->explore.schedule;
    const char *colon;

    if (token == NULL)
        token = last_schedule(replay);
    if (token == NULL)
        return say_fault("the last check of this exercise has told no "
                         "schedule: make check EX=%s first",
                         replay->exercise->id);
    colon = strrchr(token, ':');
    if (colon == NULL || strspn(colon + 1, "0123456789x.") != strlen(colon + 1))
        return say_fault("SCHEDULE=%s is no token; one looks like "
                         "schedules/name:12x1.40x2",
                         say_printable(replay->ctx, token));
    replay->test = talloc_strndup(replay->ctx, token, (size_t)(colon - token));
    replay->turns = colon + 1;
    return 0;
}

static void tell(struct replay *replay, const struct timeline *timeline)
{
    printf("%s%s%s  %s\n\n", say_ink(stdout, INK_BOLD), replay->test,
           say_ink(stdout, INK_PLAIN),
           say_printable(replay->ctx, replay->source));
    if (timeline->sentence != NULL) {
        fputs("  ", stdout);
        report_wrap(stdout, report_clean(replay->ctx, timeline->sentence), 2,
                    2);
        putchar('\n');
    }
    report_timeline(stdout, timeline, interleavings_line,
                    interleavings_source(replay->ctx, &replay->lab));
}

static int run(struct replay *replay)
{
    struct diagnostics unused;
    struct place place;
    const char *why = NULL, *program = NULL;
    struct timeline *timeline = NULL;

    if (build_object(replay->ctx, &replay->lab, OBJECT_EXPLORED, &unused,
                     &why) == 0)
        program = build_program(replay->ctx, &replay->lab, PROGRAM_EXPLORED,
                                &why, &place);
    if (program != NULL)
        timeline = interleavings_replay(replay->ctx, &replay->lab, program,
                                        replay->test, replay->turns, &why);
    if (box_interrupted())
        return say_fault("interrupted");
    if (timeline == NULL)
        return say_fault("%s", why ? why : "the file does not compile");
    tell(replay, timeline);
    fflush(stdout);
    if (replay->options->explore.debugger &&
        interleavings_debug(replay->ctx, &replay->lab, program, replay->test,
                            replay->turns, timeline_wrong_step(timeline),
                            &why) != 0)
        return say_fault("%s", why);
    return timeline->kind == NO_FAULT ? STATUS_FULL_MARKS : STATUS_FALLS_SHORT;
}

static int replay_in(struct replay *replay, const char *work)
{
    const struct examination what = {.root = replay->options->root,
                                     .exercise = replay->exercise,
                                     .source = replay->source,
                                     .work = work,
                                     .jobs = 1};
    const char *why = NULL;
    struct slots slots;
    int status;

    if (collect(replay->ctx, replay->source,
                talloc_asprintf(replay->ctx, "%s/%s", work,
                                replay->exercise->source),
                &why) != COLLECT_OK)
        return say_fault("%s", why);
    lab_open(&replay->lab, &slots, &what);
    status = run(replay);
    lab_close(&replay->lab);
    return status;
}

static int replay_exercise(struct replay *replay)
{
    const struct options *options = replay->options;
    const char *why = NULL, *work;
    int status;

    replay->exercise =
        exercise_find(replay->ctx, options->root, options->exercise, &why);
    if (replay->exercise == NULL)
        return say_fault("%s", why);
    replay->source =
        options->source
            ? options->source
            : talloc_asprintf(replay->ctx, "%s/%s", replay->exercise->path,
                              replay->exercise->source);
    status = find_schedule(replay);
    if (status != 0)
        return status;
    work = work_open(replay->ctx, options->root, &why);
    if (work == NULL)
        return say_fault("%s", why);
    status = replay_in(replay, work);
    work_remove(work);
    return status;
}

int verb_replay(const struct options *options)
{
    struct replay replay = {.ctx = talloc_new(NULL), .options = options};
    int status;

    interrupt_by_signals();
    if (options->exercise != NULL)
        status = replay_exercise(&replay);
    else if (options->source == NULL || options->explore.schedule == NULL)
        status = say_fault("replay: which schedule? make replay EX=04, or "
                           "make replay SRC=prog.c SCHEDULE=token");
    else
        status = explore_program(options, true);
    talloc_free(replay.ctx);
    return status;
}
