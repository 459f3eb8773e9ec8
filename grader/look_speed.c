/*
 * look_speed.c - CPU-bound speed by the clock (harness/speed.c). A figure to be
 * shown, and no more: under load a wall clock is wrong in either direction.
 * judge_speed.c judges by virtual time.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "lenses.h"
#include "run.h"

#define ROUNDS "3"

static void read_rounds(struct look *look, const struct records *records)
{
    struct measurement *speed = &look->speed;

    for (size_t i = 0; i < records->count; i++) {
        struct round round;

        if (records->items[i].kind != RECORD_VALUE ||
            strcmp(records->items[i].key, "took") != 0 ||
            sscanf(records->items[i].value, "%lf %lf %lf", &round.sequential,
                   &round.one, &round.many) != 3 ||
            round.many <= 0)
            continue;
        speed->rounds = talloc_realloc(look->ctx, speed->rounds, struct round,
                                       (unsigned)speed->count + 1);
        speed->rounds[speed->count++] = round;
    }
}

static void read_cases(struct look *look, const struct records *records)
{
    struct measurement *speed = &look->speed;

    for (size_t i = 0; i < records->count; i++) {
        char name[64];
        double clock;

        if (records->items[i].kind != RECORD_VALUE ||
            strcmp(records->items[i].key, "case") != 0 ||
            sscanf(records->items[i].value, "%63s %lf", name, &clock) != 2)
            continue;
        speed->cases = talloc_realloc(look->ctx, speed->cases, struct figure,
                                      (unsigned)speed->case_count + 1);
        speed->cases[speed->case_count++] = (struct figure){
            .name = talloc_strdup(look->ctx, name), .clock = clock};
    }
}

static void run_rounds(struct look *look, const char *program, int threads,
                       const char *rounds)
{
    const struct exercise *exercise = look->lab->exercise;
    const char *secret = run_secret(look->ctx);
    const char *record = talloc_asprintf(look->ctx, "%s/speed-%d.record",
                                         look->lab->work, threads);
    const char *argv[] = {program, rounds,
                          talloc_asprintf(look->ctx, "%d", threads), NULL};
    const char *more[] = {
        talloc_asprintf(look->ctx, "INTERLEAVE_RECORD=%s", record),
        talloc_asprintf(look->ctx, "INTERLEAVE_SECRET=%s", secret),
        talloc_asprintf(look->ctx, "INTERLEAVE_SEED=%llu",
                        (unsigned long long)look->lab->seed)};
    struct box_spec spec = {.argv = (char *const *)argv,
                            .envp =
                                lab_environment(look->ctx, look->lab, more, 3),
                            .dir = look->lab->work,
                            .record = record,
                            .limits = {.cpu_seconds = 20,
                                       .wall_seconds = 60,
                                       .memory_bytes = exercise->memory_bytes,
                                       .output_bytes = 512 * 1024,
                                       .file_bytes = 16u * 1024 * 1024,
                                       .processes = 200}};
    struct box_result result;
    struct records records;

    if (mkfifo(record, 0600) != 0 || box_run(look->ctx, &spec, &result) != 0) {
        look->fault = "cannot run the program that is timed";
        return;
    }
    records =
        read_records(look->ctx, result.record.data, result.record.size, secret);
    read_rounds(look, &records);
    read_cases(look, &records);
}

int look_cores(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

void look_rounds(struct look *look, int threads, const char *rounds)
{
    const char *why = NULL, *program;
    struct place place;

    program = build_program(look->ctx, look->lab, PROGRAM_SPEED, &why, &place);
    if (program == NULL)
        look->fault = why;
    else
        run_rounds(look, program, threads, rounds);
}

void look_speed(struct look *look)
{
    int threads = look->lab->exercise->speed_threads;

    if (look_cores() >= threads)
        look_rounds(look, threads, ROUNDS); /* else nothing to be shown */
}
