/*
 * read_timed.c - see read_timed.h.
 *
 * What stands behind a `took` belongs to that run. The kit's sequential run
 * and the student's on one thread are what speedup is measured against; her
 * other runs, and those of a whole program, are points of a curve.
 */
#include "read_timed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "../harness/explorer/told.h"
#include "explored.h"
#include "names.h"
#include "read_parts.h"
#include "symbols.h"

#define PICOSECONDS 1e12

struct reading {
    void *ctx;
    struct timed *timed;
    struct symbols *symbols;
    struct names *names;
    bool all_hers;
    unsigned long long sum; /* of the first run */
    unsigned took;          /* runs so far */
    bool done;
    struct timed_run *run; /* to which the records belong, or NULL */
};

/* A return address lies behind its call. */
static struct place place_of(const struct reading *reading,
                             unsigned long long pc)
{
    struct place place = symbols_code(reading->symbols, pc - 1);

    if (place.file != NULL)
        place.file = path_base(place.file);
    if (reading->all_hers)
        place.student = !place.kit && place.line > 0;
    return place;
}

static struct timed_run *add_run(struct reading *reading, int cores)
{
    struct timed *timed = reading->timed;

    timed->runs = talloc_realloc(reading->ctx, timed->runs, struct timed_run,
                                 (unsigned)timed->run_count + 1);
    timed->runs[timed->run_count] = (struct timed_run){.cores = cores};
    return &timed->runs[timed->run_count++];
}

static void read_took(struct reading *reading, const char *text)
{
    struct timed *timed = reading->timed;
    unsigned long long took, sum;
    unsigned left;
    char name[32];
    int cores;

    if (sscanf(text, "%31s %d %llu %llu %u", name, &cores, &took, &sum,
               &left) != 5)
        return;
    if (reading->took++ == 0)
        reading->sum = sum;
    reading->run = NULL;
    if (strcmp(name, "sequential") == 0) {
        timed->sequential = (double)took / PICOSECONDS;
        return;
    }
    reading->run = add_run(reading, cores);
    reading->run->seconds = (double)took / PICOSECONDS;
    reading->run->sum = sum;
    reading->run->left = left;
    if (strcmp(name, "one") == 0 || (strcmp(name, "main") == 0 && cores == 1))
        timed->one = reading->run->seconds;
    if (sum != reading->sum)
        timed->agree = false;
    if (left > timed->left)
        timed->left = left;
}

static void read_case(struct reading *reading, const char *text)
{
    struct timed *timed = reading->timed;
    unsigned long long took;
    char name[64];

    if (sscanf(text, "%63s %*d %llu", name, &took) != 2)
        return;
    timed->cases = talloc_realloc(reading->ctx, timed->cases, struct figure,
                                  (unsigned)timed->case_count + 1);
    timed->cases[timed->case_count++] =
        (struct figure){.name = talloc_strdup(reading->ctx, name),
                        .virtual_time = (double)took / PICOSECONDS};
}

/* The first fault counts; what comes after it is told no more. */
static void read_fault(struct reading *reading, const char *text)
{
    struct timed *timed = reading->timed;
    unsigned long long pc;
    char kind[32];
    int used = 0, cores;

    if (timed->fault != NO_FAULT ||
        sscanf(text, "%*s %d %31s %llx %n", &cores, kind, &pc, &used) != 3)
        return;
    timed->fault = fault_by_name(kind);
    timed->fault_text = text + used;
    timed->fault_cores = cores;
    timed->fault_place = place_of(reading, pc);
}

/* The first thread begins in the explorer itself; all others in the program, or
 * in the exercise's workload. */
static bool is_first(const struct reading *reading, unsigned long long pc)
{
    struct place place = symbols_code(reading->symbols, pc);

    return place.kit && place.file != NULL &&
           strstr(place.file, "harness/explorer/") != NULL;
}

static void read_path(struct reading *reading, const char *text)
{
    struct timed_run *run = reading->run;
    struct path_part part = {0};
    unsigned long long pc;
    int kind;

    if (run == NULL ||
        sscanf(text, "%*d %d %llx %lf", &kind, &pc, &part.share) != 3 ||
        kind < 0 || kind >= PATH_KINDS)
        return;
    part.kind = (enum path_kind)kind;
    part.place = place_of(reading, pc + (kind != PATH_HOLDS));
    part.first = kind != PATH_HOLDS && is_first(reading, pc);
    run->parts = talloc_realloc(reading->ctx, run->parts, struct path_part,
                                (unsigned)run->part_count + 1);
    run->parts[run->part_count++] = part;
}

static void read_fetched(struct reading *reading, const char *text)
{
    struct timed_run *run = reading->run;
    struct fetched_part part = {0};
    unsigned long long pc, address;

    if (run == NULL ||
        sscanf(text, "%*d %llx %llx %lf", &pc, &address, &part.share) != 3)
        return;
    part.place = place_of(reading, pc);
    part.variable = names_static(reading->names, address).name;
    run->fetched =
        talloc_realloc(reading->ctx, run->fetched, struct fetched_part,
                       (unsigned)run->fetched_count + 1);
    run->fetched[run->fetched_count++] = part;
}

static void read_done(struct reading *reading, const char *text)
{
    (void)text;
    reading->done = true;
}

static int longer(const void *left, const void *right)
{
    double a = ((const struct path_part *)left)->share;
    double b = ((const struct path_part *)right)->share;

    return (a < b) - (a > b);
}

static int dearer(const void *left, const void *right)
{
    double a = ((const struct fetched_part *)left)->share;
    double b = ((const struct fetched_part *)right)->share;

    return (a < b) - (a > b);
}

static int fewer_cores(const void *left, const void *right)
{
    return ((const struct timed_run *)left)->cores -
           ((const struct timed_run *)right)->cores;
}

static void read_all(struct reading *reading, const struct records *records)
{
    static const struct {
        const char *key;
        void (*read)(struct reading *reading, const char *text);
    } keys[] = {{"took", read_took},       {"case", read_case},
                {"fault", read_fault},     {"path", read_path},
                {"fetched", read_fetched}, {"done", read_done}};

    for (size_t i = 0; i < records->count; i++)
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            if (records->items[i].kind == RECORD_VALUE &&
                strcmp(records->items[i].key, keys[k].key) == 0)
                keys[k].read(reading, records->items[i].value);
}

void read_timed_sort(struct timed *timed)
{
    if (timed->run_count > 0)
        qsort(timed->runs, timed->run_count, sizeof *timed->runs, fewer_cores);
}

int read_timed(void *ctx, const struct records *records, const char *program,
               const char *student, int asked, struct timed *timed,
               const char **why)
{
    struct reading reading = {
        .ctx = ctx, .timed = timed, .all_hers = student == NULL};
    size_t before = timed->run_count;

    reading.symbols = symbols_open(ctx, program, student ? student : "", why);
    reading.names = names_open(ctx, program, why);
    if (reading.symbols == NULL || reading.names == NULL)
        return -1;
    if (before == 0)
        timed->agree = true;
    read_all(&reading, records);
    for (size_t i = before; i < timed->run_count; i++) {
        struct timed_run *run = &timed->runs[i];

        if (run->part_count > 0)
            qsort(run->parts, run->part_count, sizeof *run->parts, longer);
        if (run->fetched_count > 0)
            qsort(run->fetched, run->fetched_count, sizeof *run->fetched,
                  dearer);
        if (run->cores == asked)
            timed->many = *run;
    }
    timed->complete = reading.done && timed->fault == NO_FAULT &&
                      (asked == 0 || timed->many.cores == asked);
    return 0;
}
