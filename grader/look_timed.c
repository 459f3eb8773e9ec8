/*
 * look_timed.c - CPU-bound speed in virtual time: the workload runs on so many
 * cores as exercise.conf asks for, which need not be there, and what it took
 * is counted, not measured (harness/explorer/strategy_clock.c).
 *
 * An answer that falls short runs again on more and more cores: the curve that
 * shows where it stops.
 */
#include <stdlib.h>
#include <talloc.h>

#include "explored.h"
#include "lenses.h"
#include "read_timed.h"

#define SEED 1 /* the same input each time: the same figure */

enum { CURVE_RUNS = 7 };

static const char *program_of(struct look *look, const char **why)
{
    struct diagnostics unused;
    struct place place;

    if (build_object(look->ctx, look->lab, OBJECT_TIMED, &unused, why) != 0)
        return NULL;
    return build_program(look->ctx, look->lab, PROGRAM_TIMED, why, &place);
}

/* -1: the kit's fault. What stopped the program is in `timed`. */
static int run(struct look *look, const char *program,
               const char *const *arguments, struct timed *timed,
               const char **why)
{
    const struct exercise *exercise = look->lab->exercise;
    struct explore_settings settings = {.input = SEED, .arguments = arguments};
    struct explored explored;
    struct records records;

    *timed = (struct timed){.wanted = true};
    if (explore_run(look->ctx, look->lab->work, program, &settings,
                    &explored) != 0)
        return -1;
    records = read_records(look->ctx, explored.box.record.data,
                           explored.box.record.size, explored.secret);
    if (read_timed(look->ctx, &records, program, exercise->source,
                   exercise->speed_threads, timed, why) != 0)
        return -1;
    if (!timed->complete && timed->fault == NO_FAULT) {
        timed->fault = explored.kind;
        timed->fault_text = explored.text;
    }
    return 0;
}

static bool falls_short(const struct look *look)
{
    const struct timed *timed = &look->timed;

    return timed->complete && timed->agree &&
           timed_base(timed) <
               look->lab->exercise->speed_threshold * timed->many.seconds;
}

/* So many threads as are asked for, first; then 2, 4 ... 64. */
static const char *const *cores_of(struct look *look, bool whole)
{
    int asked = look->lab->exercise->speed_threads;
    const char **list =
        talloc_zero_array(look->ctx, const char *, CURVE_RUNS + 1);
    size_t count = 0;

    list[count++] = talloc_asprintf(list, "%d", asked);
    for (int cores = 2; whole && cores <= 64; cores *= 2)
        if (cores != asked)
            list[count++] = talloc_asprintf(list, "%d", cores);
    return list;
}

static void look_at(struct look *look, bool whole)
{
    const char *why = NULL, *program;
    struct timed *timed = &look->timed;

    timed->wanted = true;
    program = program_of(look, &why);
    if (program == NULL ||
        run(look, program, cores_of(look, whole), timed, &why) != 0) {
        look->fault = why ? why : "cannot run the program in virtual time";
        return;
    }
    if (!whole && falls_short(look)) {
        struct timed more;

        if (run(look, program, cores_of(look, true), &more, &why) == 0 &&
            more.agree) {
            timed->runs = more.runs;
            timed->run_count = more.run_count;
        }
    }
    read_timed_sort(timed);
}

void look_timed(struct look *look)
{
    look_at(look, false);
}

void look_curve(struct look *look)
{
    look_at(look, true);
}
