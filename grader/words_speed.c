/*
 * words_speed.c - what stands in the way of speed, by the critical path and
 * by the cache lines that cores take from one another.
 *
 * Whatever has a share of the critical path bounds the speedup: with the rest
 * for nothing it would still be at most one over that share (Amdahl, 1967).
 */
#include "judging.h"

#define TELLING 0.15 /* a share below this does not explain much */

static int percent(double share)
{
    return (int)(share * 100 + 0.5);
}

static double share_of(const struct timed *timed, enum path_kind kind)
{
    double sum = 0;

    for (size_t i = 0; i < timed->part_count; i++)
        if (timed->parts[i].kind == kind)
            sum += timed->parts[i].share;
    return sum;
}

static const struct path_part *longest(const struct timed *timed,
                                       enum path_kind kind)
{
    for (size_t i = 0; i < timed->part_count; i++)
        if (timed->parts[i].kind == kind)
            return &timed->parts[i];
    return NULL;
}

static const char *line_of(struct judging *judging, const struct place *place)
{
    return place->line > 0 && place->student
               ? say(judging, " in line %d", place->line)
               : "";
}

static const char *words_lock(struct judging *judging,
                              const struct path_part *lock, double waking)
{
    const char *where = line_of(judging, &lock->place);

    if (lock->share >= waking)
        return say(judging,
                   " Of the time that counts, %d %% is spent with the lock in "
                   "hand that is taken%s: whatever else you do, and with any "
                   "number of cores, no more than %.1fx can come of this.",
                   percent(lock->share), where, 1 / lock->share);
    return say(judging,
               " Of the time that counts, %d %% goes by until threads are "
               "awake that have slept because of each other, most of them for "
               "the lock that is taken%s.",
               percent(waking), where);
}

const char *words_speed(struct judging *judging)
{
    const struct timed *timed = &judging->evidence->timed;
    const struct path_part *lock = longest(timed, PATH_HOLDS);
    const struct path_part *runs = longest(timed, PATH_RUNS);
    double waking = share_of(timed, PATH_WAKES);

    if (timed->fetched_count > 0 && timed->fetched[0].share >= TELLING)
        return say(judging,
                   " Of the cores' time, %d %% goes into one cache line, which "
                   "they take from one another%s%s%s%s.",
                   percent(timed->fetched[0].share),
                   line_of(judging, &timed->fetched[0].place),
                   timed->fetched[0].variable ? " (`" : "",
                   timed->fetched[0].variable ? timed->fetched[0].variable : "",
                   timed->fetched[0].variable ? "`)" : "");
    if (lock != NULL && (lock->share >= TELLING || waking >= TELLING))
        return words_lock(judging, lock, waking);
    if (runs == NULL || runs->share < TELLING)
        return "";
    if (!runs->place.student)
        return say(judging,
                   " Of the time that counts, %d %% is the work of the thread "
                   "that calls your function, alone.",
                   percent(runs->share));
    return say(judging,
               " Of the time that counts, %d %% is what threads do in %s(), "
               "one after the other.",
               percent(runs->share), runs->place.function);
}

const char *words_speed_help(struct judging *judging)
{
    const struct timed *timed = &judging->evidence->timed;

    if (timed->fetched_count > 0 && timed->fetched[0].share >= TELLING)
        return "What a thread writes again and again should be its own: a "
               "local variable, which is added to what is shared once, at the "
               "end. And what belongs to different threads should not lie in "
               "one line of 64 bytes.";
    if (longest(timed, PATH_HOLDS) != NULL)
        return "Do the work before the lock is taken or after it is given "
               "back, and take it seldom.";
    return "When does the second thread begin? Create all of them before you "
           "wait for the first.";
}
