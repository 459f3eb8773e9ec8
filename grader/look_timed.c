/*
 * look_timed.c - CPU-bound speed in virtual time: the workload runs on so many
 * cores as exercise.conf asks for, which need not be there, and what it took
 * is counted, not measured (harness/explorer/strategy_clock.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "explored.h"
#include "lenses.h"
#include "names.h"
#include "read_parts.h"
#include "symbols.h"

#define PICOSECONDS 1e12
#define SEED        1 /* the same input each time: the same figure */

struct reading {
    struct look *look;
    struct timed *timed;
    struct symbols *symbols;
    struct names *names;
    unsigned long long sums[3];
    unsigned took; /* of the three runs, as bits */
};

/* A return address lies behind its call. */
static struct place place_of(const struct reading *reading,
                             unsigned long long pc)
{
    struct place place = symbols_code(reading->symbols, pc - 1);

    if (place.file != NULL)
        place.file = path_base(place.file);
    return place;
}

static void read_took(struct reading *reading, const char *text)
{
    static const char *const names[] = {"sequential", "one", "many"};
    struct timed *timed = reading->timed;
    double *seconds[] = {&timed->sequential, &timed->one, &timed->many};
    unsigned long long took, sum;
    unsigned left;
    char name[32];

    if (sscanf(text, "%31s %*d %llu %llu %u", name, &took, &sum, &left) != 4)
        return;
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *seconds[i] = (double)took / PICOSECONDS;
            reading->sums[i] = sum;
            reading->took |= 1u << i;
        }
    if (left > timed->left)
        timed->left = left;
}

/* The first fault counts; what comes after it is told no more. */
static void read_fault(struct reading *reading, const char *text)
{
    struct timed *timed = reading->timed;
    unsigned long long pc;
    char kind[32];
    int used = 0;

    if (timed->fault != NO_FAULT ||
        sscanf(text, "%*s %*d %31s %llx %n", kind, &pc, &used) != 2)
        return;
    timed->fault = fault_by_name(kind);
    timed->fault_text = text + used;
    timed->fault_place = place_of(reading, pc);
}

static void read_path(struct reading *reading, const char *text)
{
    struct timed *timed = reading->timed;
    struct path_part part = {0};
    unsigned long long pc;
    int cores, kind;

    if (sscanf(text, "%d %d %llx %lf", &cores, &kind, &pc, &part.share) != 4 ||
        cores != reading->look->lab->exercise->speed_threads || kind < 0 ||
        kind >= PATH_KINDS)
        return;
    part.kind = (enum path_kind)kind;
    part.place = place_of(reading, pc + (kind != PATH_HOLDS));
    timed->parts =
        talloc_realloc(reading->look->ctx, timed->parts, struct path_part,
                       (unsigned)timed->part_count + 1);
    timed->parts[timed->part_count++] = part;
}

static void read_fetched(struct reading *reading, const char *text)
{
    struct timed *timed = reading->timed;
    struct fetched_part part = {0};
    unsigned long long pc, address;
    int cores;

    if (sscanf(text, "%d %llx %llx %lf", &cores, &pc, &address, &part.share) !=
            4 ||
        cores != reading->look->lab->exercise->speed_threads)
        return;
    part.place = place_of(reading, pc);
    part.variable = names_static(reading->names, address).name;
    timed->fetched =
        talloc_realloc(reading->look->ctx, timed->fetched, struct fetched_part,
                       (unsigned)timed->fetched_count + 1);
    timed->fetched[timed->fetched_count++] = part;
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

static void read_all(struct reading *reading, const struct records *records)
{
    static const struct {
        const char *key;
        void (*read)(struct reading *reading, const char *text);
    } keys[] = {{"took", read_took},
                {"fault", read_fault},
                {"path", read_path},
                {"fetched", read_fetched}};
    struct timed *timed = reading->timed;

    for (size_t i = 0; i < records->count; i++)
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            if (records->items[i].kind == RECORD_VALUE &&
                strcmp(records->items[i].key, keys[k].key) == 0)
                keys[k].read(reading, records->items[i].value);
    timed->complete = reading->took == 7;
    timed->agree = reading->sums[0] == reading->sums[1] &&
                   reading->sums[0] == reading->sums[2];
    if (timed->part_count > 0)
        qsort(timed->parts, timed->part_count, sizeof *timed->parts, longer);
    if (timed->fetched_count > 0)
        qsort(timed->fetched, timed->fetched_count, sizeof *timed->fetched,
              dearer);
}

void look_timed(struct look *look)
{
    const struct lab *lab = look->lab;
    const char *arguments[] = {
        talloc_asprintf(look->ctx, "%d", lab->exercise->speed_threads), NULL};
    struct explore_settings settings = {.input = SEED, .arguments = arguments};
    struct reading reading = {.look = look, .timed = &look->timed};
    struct diagnostics unused;
    struct explored explored;
    struct records records;
    const char *why = NULL, *program = NULL;
    struct place place;

    look->timed.wanted = true;
    if (build_object(look->ctx, look->lab, OBJECT_TIMED, &unused, &why) == 0)
        program =
            build_program(look->ctx, look->lab, PROGRAM_TIMED, &why, &place);
    if (program == NULL ||
        explore_run(look->ctx, lab->work, program, &settings, &explored) != 0) {
        look->fault = why ? why : "cannot run the program in virtual time";
        return;
    }
    reading.symbols =
        symbols_open(look->ctx, program, lab->exercise->source, &why);
    reading.names = names_open(look->ctx, program, &why);
    if (reading.symbols == NULL || reading.names == NULL) {
        look->fault = why;
        return;
    }
    records = read_records(look->ctx, explored.box.record.data,
                           explored.box.record.size, explored.secret);
    read_all(&reading, &records);
    if (!look->timed.complete && look->timed.fault == NO_FAULT) {
        look->timed.fault = explored.kind;
        look->timed.fault_text = explored.text;
    }
}
