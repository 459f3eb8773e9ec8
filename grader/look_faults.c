/*
 * look_faults.c - the tests again and again, each time with one call of the
 * student's code that fails (harness/faults.c). One program runs them all, a
 * process for each; here its words become places.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "hang.h"
#include "lenses.h"
#include "run.h"

static void add_fault(struct look *look, struct run *run,
                      struct symbols *symbols, const struct record *record)
{
    struct injected fault = {.test = record->test};
    char call[32], says[16], who[16];

    if (sscanf(record->value, "%31s %15s %u %15[a-z]", call, says, &fault.time,
               who) != 4)
        return;
    fault.call = talloc_strdup(look->ctx, call);
    fault.says = talloc_strdup(look->ctx, says);
    fault.child = strcmp(who, "child") == 0;
    fault.at.depth = hang_stack_recorded(look->ctx, symbols, record->value,
                                         false, &fault.at.stack);
    run->faults = talloc_realloc(look->ctx, run->faults, struct injected,
                                 (unsigned)run->fault_count + 1);
    run->faults[run->fault_count++] = fault;
}

static struct injected *fault_of(struct run *run, const char *test)
{
    for (size_t i = 0; i < run->fault_count; i++)
        if (strcmp(run->faults[i].test, test) == 0)
            return &run->faults[i];
    return NULL;
}

static void read_faults(struct look *look, struct run *run, const char *program)
{
    const char *why;
    struct symbols *symbols =
        symbols_open(look->ctx, program, look->lab->exercise->source, &why);

    for (size_t i = 0; symbols != NULL && i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];
        struct injected *fault;

        if (record->kind != RECORD_VALUE)
            continue;
        if (strcmp(record->key, "fault") == 0)
            add_fault(look, run, symbols, record);
        fault = strcmp(record->key, "block-from") == 0
                    ? fault_of(run, record->test)
                    : NULL;
        if (fault != NULL)
            fault->block.depth = hang_stack_recorded(
                look->ctx, symbols, record->value, false, &fault->block.stack);
    }
}

void look_faults(struct look *look)
{
    const char *why = NULL, *dir;
    struct place place;
    struct run run;
    struct run_spec spec = {
        .lens = LENS_FAULTS,
        .way = "faults",
        .program =
            build_program(look->ctx, look->lab, PROGRAM_FAULTS, &why, &place),
        .slowness = 1,
        .time_outs = RUN_TIME_OUTS,
        .repeats = 100,
        .seed = look->lab->seed + 1000u * (unsigned)LENS_FAULTS,
        .tests = look->tests,
        .test_count = look->test_count,
    };

    if (spec.program != NULL)
        spec.expected = run_oracle(look->ctx, look->lab, spec.seed, &why);
    if (spec.expected == NULL ||
        run_once(look->ctx, look->lab, &spec, &run, &dir) != 0) {
        look->fault = why ? why : run.box.why;
        return;
    }
    read_faults(look, &run, spec.program);
    look->runs = talloc_memdup(look->ctx, &run, sizeof run);
    look->count = 1;
}
