/*
 * explore_report.c - what came of an exploration: for a person words and the
 * timeline, for a program the same as data, described in results.md. Nothing
 * is decided here; it is all in the job.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "explore_job.h"
#include "report.h"
#include "say.h"

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
    if (job->timeline->sentence != NULL) { /* else its trace broke off */
        fputs("  ", stdout);
        report_wrap(stdout, report_clean(job->ctx, job->timeline->sentence), 2,
                    2);
        fputc('\n', stdout);
    }
    report_timeline(stdout, job->timeline, explore_line, job);
}

static void tell_none(const struct explored *found)
{
    uint64_t chance = found->schedules - found->searched;

    if (found->whole && found->schedules == 1) {
        printf("no bug: there is only one schedule\n");
        return;
    }
    if (found->whole) {
        printf("no bug: all %" PRIu64 " schedules were run\n",
               found->schedules);
        return;
    }
    printf("no bug in %" PRIu64 " schedule%s", found->schedules,
           found->schedules == 1 ? "" : "s");
    if (found->bound_whole)
        printf(": all %" PRIu64 " with at most %u preemption%s",
               found->searched, found->level, found->level == 1 ? "" : "s");
    if (chance > 0)
        printf("%s%" PRIu64 " by chance (PCT, d = 3)",
               found->bound_whole ? ", and " : ", of which ", chance);
    printf("%s\n", found->stopped && strcmp(found->stopped, "time") == 0
                       ? "; the time was up"
                       : "");
}

void explore_tell(struct explore_job *job)
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

json_t *explore_result(const struct explore_job *job)
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
