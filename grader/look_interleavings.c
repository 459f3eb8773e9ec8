/*
 * look_interleavings.c - small tests through every interleaving that matters
 * (harness/explorer/scenario.c). The search tells each outcome with the
 * schedule that comes to it; the first that is wrong is run once more, in a
 * fresh process and with real threads, each step written down.
 *
 * The budget is counted in steps, so that load changes no verdict; all tests
 * together take about half a second, most of them far less.
 */
#define _GNU_SOURCE
#include "interleavings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "collect.h"
#include "explored.h"
#include "judging.h"
#include "read_parts.h"
#include "report.h"
#include "run.h"
#include "symbols.h"
#include "timeline.h"
#include "work.h"

#define STEPS     6000000 /* of all tests together */
#define SCHEDULES "1000000"
#define SEED      1 /* a token is good for one input */

/* ---- records ------------------------------------------------------------ */

static void read_schedule(void *ctx, const struct record *record,
                          struct schedule *schedule)
{
    char turns[2048];

    if (sscanf(record->value, "%u %2047s", &schedule->preemptions, turns) == 2)
        schedule->turns = talloc_strdup(ctx, turns);
}

static void read_search(void *ctx, struct run *run, const struct record *record)
{
    struct search search = {.test = record->test};
    int bound_whole, whole;

    if (sscanf(record->value, "%llu %llu %llu %llu %u %d %d %u",
               &search.schedules, &search.searched, &search.pruned,
               &search.steps, &search.level, &bound_whole, &whole,
               &search.places) != 8)
        return;
    search.bound_whole = bound_whole;
    search.whole = whole;
    run->searches = talloc_realloc(ctx, run->searches, struct search,
                                   (unsigned)run->search_count + 1);
    run->searches[run->search_count++] = search;
}

static struct schedule *schedule_of(void *ctx, struct run *run,
                                    const char *test)
{
    for (size_t i = 0; i < run->schedule_count; i++)
        if (strcmp(run->schedules[i].test, test) == 0)
            return &run->schedules[i];
    run->schedules = talloc_realloc(ctx, run->schedules, struct schedule,
                                    (unsigned)run->schedule_count + 1);
    run->schedules[run->schedule_count] =
        (struct schedule){.test = test, .turns = "0x0"};
    return &run->schedules[run->schedule_count++];
}

static void read_outcomes(void *ctx, struct run *run)
{
    for (size_t i = 0; i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];
        struct schedule *schedule;

        if (record->kind != RECORD_VALUE)
            continue;
        if (strcmp(record->key, "explored") == 0) {
            read_search(ctx, run, record);
        } else if (strcmp(record->key, "schedule") == 0) {
            read_schedule(ctx, record, schedule_of(ctx, run, record->test));
        } else if (strcmp(record->key, "fault") == 0) {
            size_t word = strcspn(record->value, " ");

            schedule = schedule_of(ctx, run, record->test);
            schedule->fault = talloc_strndup(ctx, record->value, word);
            schedule->text = record->value + word + (record->value[word] != 0);
        }
    }
}

/* ---- running ------------------------------------------------------------ */

/* What both a search and a replay are told. */
static struct explore_settings settings_for(void *ctx, const char *const *tests)
{
    return (struct explore_settings){
        .schedules = SCHEDULES,
        .steps = talloc_asprintf(ctx, "%d", STEPS),
        .races = "0", /* another lens tells them; here each is a step */
        .arguments = tests,
        .input = SEED,
    };
}

struct interleavings_source *interleavings_source(void *ctx,
                                                  const struct lab *lab)
{
    struct interleavings_source *source =
        talloc_zero(ctx, struct interleavings_source);
    const char *paths[] = {
        talloc_asprintf(source, "%s/%s", lab->work, lab->exercise->source),
        talloc_asprintf(source, "%s/tests.c", lab->exercise->path)};

    for (int i = 0; i < 2; i++) {
        size_t size = 0;
        char *text = work_read(source, paths[i], COLLECT_MAX_BYTES, &size);

        source->lines[i] =
            lines_split(source, text ? text : "", text ? size : 0);
    }
    return source;
}

const char *interleavings_line(void *state, const struct place *place)
{
    const struct interleavings_source *source = state;

    return lines_get(source->lines[place->student ? 0 : 1], place->line);
}

static struct timeline *replay(void *ctx, const struct lab *lab,
                               const char *program,
                               const struct explore_settings *settings,
                               const char **why)
{
    struct explored explored;
    size_t size = 0;
    char *trace;

    if (explore_run(ctx, lab->work, program, settings, &explored) != 0) {
        *why = explored.box.why;
        return NULL;
    }
    trace = work_read(ctx, settings->trace, 64u * 1024 * 1024, &size);
    if (trace == NULL) {
        *why = "the replay has left no trace";
        return NULL;
    }
    return timeline_read(ctx, trace, size, program, lab->exercise->source,
                         interleavings_line, interleavings_source(ctx, lab),
                         why);
}

static struct explore_settings settings_to_replay(void *ctx,
                                                  const struct lab *lab,
                                                  const char *test,
                                                  const char *turns)
{
    const char **tests = talloc_zero_array(ctx, const char *, 2);
    struct explore_settings settings = settings_for(ctx, tests);

    tests[0] = talloc_strndup(ctx, test, strcspn(test, "@"));
    settings.schedule = turns;
    settings.trace = talloc_asprintf(ctx, "%s/trace", lab->work);
    settings.real_threads = true;
    return settings;
}

/* With real threads; but one that loops does not tell where it is, so that is
 * seen again without them. */
struct timeline *interleavings_replay(void *ctx, const struct lab *lab,
                                      const char *program, const char *test,
                                      const char *turns, const char **why)
{
    struct explore_settings settings =
        settings_to_replay(ctx, lab, test, turns);
    struct timeline *timeline = replay(ctx, lab, program, &settings, why);

    if (timeline == NULL || timeline->kind != FAULT_LOOP)
        return timeline;
    settings.real_threads = false;
    return replay(ctx, lab, program, &settings, why);
}

int interleavings_debug(void *ctx, const struct lab *lab, const char *program,
                        const char *test, const char *turns, uint64_t step,
                        const char **why)
{
    struct explore_settings settings =
        settings_to_replay(ctx, lab, test, turns);

    return explore_debug(ctx, lab->work, program, &settings, step, why);
}

static void add_line(void *ctx, int **lines, size_t *count, int line)
{
    for (size_t i = 0; i < *count; i++)
        if ((*lines)[i] == line)
            return;
    *lines = talloc_realloc(ctx, *lines, int, (unsigned)*count + 1);
    (*lines)[(*count)++] = line;
}

static const char *deed(char does)
{
    return does == 'f' ? "frees the block" : does == 'w' ? "writes" : "reads";
}

/* Two accesses that raced in some schedule, as the detectors report them. */
static void read_race(struct look *look, struct run *run,
                      struct symbols *symbols, const struct record *record)
{
    unsigned long long at[2];
    char does[2];
    struct report *report;

    if (sscanf(record->value, "%llx %c %llx %c", &at[0], &does[0], &at[1],
               &does[1]) != 4)
        return;
    report = reports_add(look->ctx, &run->reports, LENS_INTERLEAVINGS);
    report->kind = BUG_RACE;
    report->title = "data race in an explored schedule";
    report->test = record->test;
    for (int i = 0; i < 2; i++) {
        struct side *side = sides_add(look->ctx, report);

        side->what = deed(does[i]);
        side->stack = talloc(look->ctx, struct place);
        side->stack[0] = symbols_code(symbols, at[i] - 1);
        side->depth = 1;
    }
}

/* Addresses of the code become lines of the student's. */
static void read_places(struct look *look, struct run *run, const char *program)
{
    const char *why;
    struct symbols *symbols =
        symbols_open(look->ctx, program, look->lab->exercise->source, &why);

    for (size_t i = 0; symbols != NULL && i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];
        bool raced;
        struct place place;

        if (record->kind != RECORD_VALUE)
            continue;
        if (strcmp(record->key, "race") == 0)
            read_race(look, run, symbols, record);
        raced = strcmp(record->key, "raced") == 0;
        if (!raced && strcmp(record->key, "visited") != 0)
            continue;
        place = symbols_code(symbols, strtoull(record->value, NULL, 16) - 1);
        if (place.student && raced)
            add_line(look->ctx, &run->raced, &run->raced_count, place.line);
        else if (place.student)
            add_line(look->ctx, &run->visited, &run->visited_count, place.line);
    }
}

static bool as_expected(const struct run *run, const char *test,
                        const struct schedule *schedule)
{
    return schedule->fault == NULL &&
           tally_variant(run, test, schedule->test, true).outcome ==
               OUTCOME_FINE;
}

/* The one that judge_schedules.c will tell of, or NULL. */
static struct schedule *first_wrong(const struct look *look,
                                    const struct run *run,
                                    const struct check *check)
{
    for (size_t t = 0; t < look->test_count; t++) {
        const char *test = look->tests[t];

        if (!tally_covers(check, test))
            continue;
        for (size_t i = 0; i < run->schedule_count; i++)
            if (tally_is_variant(run->schedules[i].test, test) &&
                !as_expected(run, test, &run->schedules[i]))
                return &run->schedules[i];
    }
    return NULL;
}

static void look_into(struct look *look, struct run *run, const char *program)
{
    const struct exercise *exercise = look->lab->exercise;
    const char *why;

    for (size_t c = 0; c < exercise->check_count && !box_interrupted(); c++) {
        const struct check *check = &exercise->checks[c];
        struct schedule *schedule = check->lenses & 1u << LENS_INTERLEAVINGS
                                        ? first_wrong(look, run, check)
                                        : NULL;

        if (schedule != NULL && schedule->timeline == NULL)
            schedule->timeline =
                interleavings_replay(look->ctx, look->lab, program,
                                     schedule->test, schedule->turns, &why);
    }
}

void look_interleavings(struct look *look)
{
    const char *why = NULL, **tests;
    struct place place;
    struct diagnostics unused;
    struct run *run = talloc_zero(look->ctx, struct run);
    struct explored explored;
    struct explore_settings settings;
    const char *program;

    if (build_object(look->ctx, look->lab, OBJECT_EXPLORED, &unused, &why) !=
        0) {
        look->fault = why ? why : "cannot compile for the explorer";
        return;
    }
    program =
        build_program(look->ctx, look->lab, PROGRAM_EXPLORED, &why, &place);
    run->expected = run_oracle(look->ctx, look->lab, SEED, &why);
    tests = talloc_zero_array(look->ctx, const char *,
                              (unsigned)look->test_count + 1);
    memcpy(tests, look->tests, look->test_count * sizeof tests[0]);
    settings = settings_for(look->ctx, tests);
    if (program == NULL || run->expected == NULL ||
        explore_run(look->ctx, look->lab->work, program, &settings,
                    &explored) != 0) {
        look->fault = why ? why : explored.box.why;
        return;
    }
    run->lens = LENS_INTERLEAVINGS;
    run->way = "explorer";
    run->seed = SEED;
    run->asked = tests;
    run->asked_count = look->test_count;
    run->box = explored.box;
    run->records = read_records(look->ctx, explored.box.record.data,
                                explored.box.record.size, explored.secret);
    read_outcomes(look->ctx, run);
    read_places(look, run, program);
    look_into(look, run, program);
    look->runs = run;
    look->count = 1;
}
