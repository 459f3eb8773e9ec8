/*
 * curve_points.c - from runs in virtual time to a curve: work, span, and what
 * Amdahl's law makes of it.
 *
 * Work is what one core takes; span is what is left when there are cores
 * enough, the longest chain of steps of which each needs the one before. Their
 * ratio bounds the speedup on any number of cores (Blumofe and Leiserson,
 * Scheduling multithreaded computations by work stealing, 1999).
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "curve.h"

#define NEAR_IDEAL 0.95 /* then nothing stands in the way */
#define AT_WORK    0.75 /* then threads are at work, not one after the other */
#define AS_GOOD    1.01 /* times the shortest: more cores do not help */

static const struct curve_point *point_on(const struct curve *curve, int cores)
{
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].cores == cores)
            return &curve->points[i];
    return NULL;
}

static void add_points(struct curve *curve, const struct timed *timed)
{
    for (size_t i = 0; i < timed->run_count; i++) {
        const struct timed_run *run = &timed->runs[i];

        if (curve->count == CURVE_POINTS + 1 || run->seconds <= 0)
            continue;
        curve->points[curve->count++] =
            (struct curve_point){.cores = run->cores,
                                 .seconds = run->seconds,
                                 .speedup = curve->work / run->seconds,
                                 .run = run};
    }
}

static void find_span(struct curve *curve)
{
    curve->span = curve->work;
    curve->span_cores = 1;
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].seconds < curve->span)
            curve->span = curve->points[i].seconds;
    for (size_t i = curve->count; i-- > 0;)
        if (curve->points[i].seconds < curve->span * AS_GOOD)
            curve->span_cores = curve->points[i].cores;
    curve->parallelism = curve->work / curve->span;
}

/* Karp and Flatt, Measuring parallel processor performance, 1990. */
static void guess_serial(struct curve *curve, int cores)
{
    const struct curve_point *point = point_on(curve, cores);
    double serial;

    if (point == NULL || cores < 2 || point->speedup <= 0)
        return;
    serial = (1 / point->speedup - 1.0 / cores) / (1 - 1.0 / cores);
    if (serial < 0 || serial > 1)
        return;
    curve->serial = serial;
    curve->serial_cores = cores;
}

/* With a lock in the way there is nothing to guess: its part is known. But not
 * where more threads only use it more. */
static void find_serial(struct curve *curve, int cores)
{
    for (size_t i = 0; i < curve->told_count; i++) {
        const struct obstacle *one = &curve->told[i];

        if (one->kind == OBSTACLE_LOCK && one->bound > 1 &&
            one->bound < one->cores && one->bound >= curve->parallelism &&
            1 / one->bound > curve->serial) {
            curve->serial = 1 / one->bound;
            curve->serial_lock = one;
        }
    }
    if (curve->serial_lock == NULL)
        guess_serial(curve, cores);
}

static bool same(const struct obstacle *a, const struct obstacle *b)
{
    return a->kind == b->kind && a->place.line == b->place.line;
}

/* What is in the way on so many cores, unless it has just been told. */
static void tell_on(struct curve *curve, int cores)
{
    const struct curve_point *point = point_on(curve, cores);
    struct obstacle obstacle;

    if (point == NULL || cores < 2)
        return;
    obstacle = obstacle_of(point->run, point->speedup);
    if (point->speedup > NEAR_IDEAL * cores ||
        (obstacle.kind == OBSTACLE_CHAIN && point->speedup > AT_WORK * cores))
        obstacle.kind = OBSTACLE_NONE;
    if (curve->told_count > 0 &&
        same(&obstacle, &curve->told[curve->told_count - 1]))
        curve->told_count--; /* on more cores it says more */
    curve->told[curve->told_count++] = obstacle;
}

struct curve *curve_of(void *ctx, const char *title, const struct timed *timed,
                       int asked, double threshold)
{
    struct curve *curve = talloc_zero(ctx, struct curve);
    int few = asked > 0 ? asked : 4;

    curve->title = title;
    curve->program = asked == 0;
    curve->asked = asked;
    curve->threshold = threshold;
    curve->work = timed_base(timed);
    add_points(curve, timed);
    find_span(curve);
    tell_on(curve, few);
    if (curve->count > 0)
        tell_on(curve, curve->points[curve->count - 1].cores);
    find_serial(curve, few);
    return curve;
}

const char *curve_path(void *ctx, const char *root, const char *name)
{
    const char *path =
        talloc_asprintf(ctx, "%s/build/curves/%s.svg", root, name);
    char here[PATH_MAX];
    size_t length;

    mkdir(talloc_asprintf(ctx, "%s/build/curves", root), 0777);
    if (getcwd(here, sizeof here) == NULL)
        return path;
    length = strlen(here);
    return strncmp(path, here, length) == 0 && path[length] == '/'
               ? path + length + 1
               : path;
}

const char *curve_fault(void *ctx, const struct timed *timed, bool files)
{
    const struct place *place = &timed->fault_place;
    const char *where = "";
    const char *text = timed->fault_text ? timed->fault_text : "it ended";

    if (place->student && place->line > 0)
        where = files
                    ? talloc_asprintf(ctx, "%s:%d: ", place->file, place->line)
                    : talloc_asprintf(ctx, "line %d: ", place->line);
    if (timed->fault == FAULT_UNCONTROLLED || timed->fault == NO_FAULT)
        return talloc_asprintf(ctx, "%s%s is not under control in virtual time",
                               where, text);
    if (timed->fault == FAULT_LOOP)
        return talloc_asprintf(ctx,
                               "%sendless-loop: it has not come to its end in "
                               "%s",
                               where, text);
    return talloc_asprintf(ctx, "%s%s on %d core%s: %s", where,
                           fault_name(timed->fault), timed->fault_cores,
                           timed->fault_cores == 1 ? "" : "s", text);
}
