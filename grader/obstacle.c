/*
 * obstacle.c - see obstacle.h.
 *
 * A piece of the critical path is done by one thread at a time, and takes what
 * it takes: with all the rest for nothing the run would still last that long.
 * So if it was `speedup` times as fast as one core, and the piece has `share`
 * of its time, no more than speedup / share can come of it (Amdahl, 1967).
 */
#include "obstacle.h"

#include <talloc.h>

#define TELLING 0.15 /* a share below this does not explain much */
#define BESIDE  0.05 /* nor this, beside another */

enum { PLACES = 4 };

static int percent(double share)
{
    return (int)(share * 100 + 0.5);
}

static double share_of(const struct timed_run *run, enum path_kind kind)
{
    double sum = 0;

    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].kind == kind)
            sum += run->parts[i].share;
    return sum;
}

static const struct path_part *longest(const struct timed_run *run,
                                       enum path_kind kind)
{
    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].kind == kind)
            return &run->parts[i];
    return NULL;
}

static struct obstacle made(enum obstacle_kind kind, double share,
                            const struct place *place,
                            const struct timed_run *run, double speedup)
{
    struct obstacle obstacle = {
        .kind = kind, .share = share, .place = *place, .cores = run->cores};

    if ((kind == OBSTACLE_LOCK || kind == OBSTACLE_ALONE) && share > 0 &&
        speedup > 0)
        obstacle.bound = speedup / share;
    return obstacle;
}

struct obstacle obstacle_of(const struct timed_run *run, double speedup)
{
    const struct path_part *lock = longest(run, PATH_HOLDS);
    const struct path_part *runs = longest(run, PATH_RUNS);
    double waking = share_of(run, PATH_WAKES);
    struct obstacle obstacle = {.kind = OBSTACLE_NONE, .cores = run->cores};

    if (run->fetched_count > 0 && run->fetched[0].share >= TELLING) {
        obstacle = made(OBSTACLE_LINE, run->fetched[0].share,
                        &run->fetched[0].place, run, speedup);
        obstacle.variable = run->fetched[0].variable;
    } else if (lock != NULL && lock->share >= TELLING &&
               lock->share >= waking) {
        obstacle = made(OBSTACLE_LOCK, lock->share, &lock->place, run, speedup);
    } else if (lock != NULL && waking >= TELLING) {
        obstacle = made(OBSTACLE_WAKING, waking, &lock->place, run, speedup);
    } else if (runs != NULL && runs->share >= TELLING) {
        obstacle = made(runs->first ? OBSTACLE_ALONE : OBSTACLE_CHAIN,
                        runs->share, &runs->place, run, speedup);
    }
    return obstacle;
}

const char *obstacle_where(void *ctx, const struct obstacle *obstacle,
                           bool files)
{
    const struct place *place = &obstacle->place;

    if (place->line == 0 || !place->student)
        return "";
    if (files && place->file != NULL)
        return talloc_asprintf(ctx, " at %s:%d", place->file, place->line);
    return talloc_asprintf(ctx, " in line %d", place->line);
}

/* What can come of it: worth telling where it is less than the cores. */
static const char *bound_of(void *ctx, const struct obstacle *obstacle)
{
    if (obstacle->bound <= 0 || obstacle->bound >= obstacle->cores)
        return "";
    return talloc_asprintf(ctx,
                           "; with %d cores no more than %.1fx can come of "
                           "this",
                           obstacle->cores, obstacle->bound);
}

const char *obstacle_words(void *ctx, const struct obstacle *obstacle,
                           bool files)
{
    const char *where = obstacle_where(ctx, obstacle, files);
    const char *bound = bound_of(ctx, obstacle);
    int share = percent(obstacle->share);

    switch (obstacle->kind) {
    case OBSTACLE_NONE:
        return "";
    case OBSTACLE_LINE:
        return talloc_asprintf(
            ctx,
            "Of the cores' time, %d %% goes into one cache line, which they "
            "take from one another%s%s%s%s.",
            share, where, obstacle->variable ? " (`" : "",
            obstacle->variable ? obstacle->variable : "",
            obstacle->variable ? "`)" : "");
    case OBSTACLE_LOCK:
        return talloc_asprintf(ctx,
                               "Of the time that counts, %d %% is spent "
                               "holding the lock taken%s%s.",
                               share, where, bound);
    case OBSTACLE_WAKING:
        return talloc_asprintf(
            ctx,
            "Of the time that counts, %d %% goes by until threads are awake "
            "that have slept because of each other, most of them for the lock "
            "that is taken%s.",
            share, where);
    case OBSTACLE_ALONE:
        return talloc_asprintf(
            ctx,
            "Of the time that counts, %d %% is the work of "
            "the thread that %s, alone (to create others "
            "is work, too)%s.",
            share, files ? "runs main()" : "calls your function", bound);
    case OBSTACLE_CHAIN:
        break;
    }
    if (!obstacle->place.student || obstacle->place.function == NULL)
        return talloc_asprintf(ctx,
                               "Of the time that counts, %d %% is what "
                               "threads do one after the other.",
                               share);
    return talloc_asprintf(ctx,
                           "Of the time that counts, %d %% is what threads do "
                           "in %s(), one after the other.",
                           share, obstacle->place.function);
}

const char *obstacle_help(const struct obstacle *obstacle)
{
    switch (obstacle->kind) {
    case OBSTACLE_LINE:
        return "What a thread writes again and again should be its own: a "
               "local variable, which is added to what is shared once, at the "
               "end. And what belongs to different threads should not lie in "
               "one line of 64 bytes.";
    case OBSTACLE_LOCK:
    case OBSTACLE_WAKING:
        return "Do the work before the lock is taken or after it is given "
               "back, and take it seldom.";
    case OBSTACLE_NONE:
    case OBSTACLE_ALONE:
    case OBSTACLE_CHAIN:
        break;
    }
    return "When does the second thread begin? Create all of them before you "
           "wait for the first.";
}

static void add(struct location *places, size_t *count,
                const struct place *place, const char *what)
{
    if (!place->student || place->line == 0 || *count == PLACES)
        return;
    for (size_t i = 0; i < *count; i++)
        if (places[i].place.line == place->line &&
            places[i].place.file == place->file)
            return;
    places[(*count)++] = (struct location){*place, what};
}

struct location *obstacle_places(void *ctx, const struct timed_run *run,
                                 const struct obstacle *obstacle, size_t *count)
{
    struct location *places = talloc_zero_array(ctx, struct location, PLACES);

    *count = 0;
    switch (obstacle->kind) {
    case OBSTACLE_NONE:
    case OBSTACLE_ALONE:
        break;
    case OBSTACLE_LINE:
        for (size_t i = 0; i < run->fetched_count; i++)
            if (run->fetched[i].share >= BESIDE)
                add(places, count, &run->fetched[i].place,
                    "takes the line from another core here");
        break;
    case OBSTACLE_LOCK:
        add(places, count, &obstacle->place, "the lock is taken here");
        break;
    case OBSTACLE_WAKING:
        add(places, count, &obstacle->place,
            "threads sleep until they have the lock here");
        break;
    case OBSTACLE_CHAIN:
        add(places, count, &obstacle->place,
            "what threads do one after the other begins here");
        break;
    }
    return places;
}
