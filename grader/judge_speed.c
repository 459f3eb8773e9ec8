/*
 * judge_speed.c - speed by the clock. A clock under load is wrong in either
 * direction, and no statistic mends it; so a figure is judged only where the
 * machine was quiet, and the rounds agree:
 *
 *   - a round is quiet when a crowd of `threads` copies of the kit's own run
 *     took at most 15 % longer than one, and that one at most 15 % longer than
 *     the shortest of all rounds (beside very many neighbours a crowd is no
 *     slower than one, but no run is like another);
 *   - no round is quiet when other programs used more than a tenth of a core
 *     while the clock was read;
 *   - three rounds must be quiet, the median must not lie near the threshold,
 *     and no quiet round may lie on the other side of it.
 *
 * Otherwise nobody can tell, and the row does not count. What was measured is
 * always said.
 *
 * Figure of a round = min(kit's sequential run, the student's on one thread)
 * / the student's on all threads; the row has the median of the quiet ones.
 */
#include <stdlib.h>
#include <talloc.h>

#include "judging.h"

#define QUIET_CROWD  1.15
#define QUIET_ENOUGH 3
#define DEAD_BAND    0.07
#define OTHERS_MOST  0.10

static bool quiet(const struct measurement *speed, const struct round *round)
{
    double shortest = round->sequential;

    for (size_t i = 0; i < speed->count; i++)
        if (speed->rounds[i].sequential < shortest)
            shortest = speed->rounds[i].sequential;
    return speed->others <= OTHERS_MOST &&
           round->crowd <= QUIET_CROWD * round->sequential &&
           round->sequential <= QUIET_CROWD * shortest;
}

static double figure(const struct round *round)
{
    double base =
        round->one < round->sequential ? round->one : round->sequential;

    return round->many > 0 ? base / round->many : 0;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The median figure of all rounds, or of the quiet ones; counts them. */
static double median(struct judging *judging, bool only_quiet, size_t *count)
{
    const struct measurement *speed = &judging->evidence->speed;
    double *figures, result = 0;

    *count = 0;
    figures = talloc_array(judging->ctx, double, speed->count);
    for (size_t i = 0; i < speed->count; i++)
        if (!only_quiet || quiet(speed, &speed->rounds[i]))
            figures[(*count)++] = figure(&speed->rounds[i]);
    if (*count > 0) {
        qsort(figures, *count, sizeof(double), compare);
        result = (figures[(*count - 1) / 2] + figures[*count / 2]) / 2;
    }
    talloc_free(figures);
    return result;
}

static const char *measured(struct judging *judging, double value)
{
    return say(judging,
               "On your machine just now: %.1fx on %d threads; asked for: "
               "%.1fx.",
               value, judging->exercise->speed_threads,
               judging->exercise->speed_threshold);
}

/* Close figures would look alike when rounded to one place. */
static const char *measured_closely(struct judging *judging, double value)
{
    return say(judging,
               "On your machine just now: %.2fx on %d threads; asked for: "
               "%.2fx.",
               value, judging->exercise->speed_threads,
               judging->exercise->speed_threshold);
}

/* Speed of a wrong program is worth nothing. */
static const char *in_the_way(struct judging *judging, const struct row *rows,
                              size_t count)
{
    for (size_t i = 0; i < judging->trouble_count; i++)
        if (judging->troubles[i].finding.kind == BUG_RACE &&
            judging->troubles[i].weight == WEIGHT_FAIL)
            return "First mend the data race: how fast a program with a data "
                   "race runs says nothing.";
    for (size_t i = 0; i < count; i++) {
        enum property property = rows[i].check->property;
        if (property != PROPERTY_RESULTS && property != PROPERTY_RACE &&
            property != PROPERTY_DEADLOCK && property != PROPERTY_SCHEDULES)
            continue;
        if (rows[i].status == STATUS_FAIL ||
            (property == PROPERTY_RESULTS && row_is_blocked(&rows[i])))
            return say(judging,
                       "First comes \"%s\": how fast a wrong answer is says "
                       "nothing.",
                       rows[i].check->title);
    }
    return NULL;
}

static bool all_agree(const struct measurement *speed)
{
    for (size_t i = 0; i < speed->count; i++)
        if (!speed->rounds[i].agree)
            return false;
    return true;
}

/* Some quiet round lies on the other side of the threshold. */
static bool rounds_differ(struct judging *judging, double value)
{
    const struct measurement *speed = &judging->evidence->speed;
    double threshold = judging->exercise->speed_threshold;

    for (size_t i = 0; i < speed->count; i++)
        if (quiet(speed, &speed->rounds[i]) &&
            (figure(&speed->rounds[i]) < threshold) != (value < threshold))
            return true;
    return false;
}

static void say_noisy(struct judging *judging, struct row *row)
{
    size_t rounds;

    row_open(row, "noisy",
             say(judging,
                 "%s But something else kept the machine busy meanwhile, so "
                 "this counts neither for nor against you.",
                 measured(judging, median(judging, false, &rounds))));
    row->help = "Close other programs and check again.";
}

static void judge_figure(struct judging *judging, struct row *row)
{
    double threshold = judging->exercise->speed_threshold, value, distance;
    size_t rounds;

    value = median(judging, true, &rounds);
    if (rounds < QUIET_ENOUGH || rounds_differ(judging, value)) {
        say_noisy(judging, row);
        return;
    }
    distance = value > threshold ? value - threshold : threshold - value;
    if (distance <= DEAD_BAND * threshold) {
        row_open(row, "close",
                 say(judging,
                     "%s That is too close to call, so it counts neither for "
                     "nor against you.",
                     measured_closely(judging, value)));
        return;
    }
    row->message = measured(judging, value);
    if (value < threshold) {
        row_fail(row, LENS_SPEED, row->message);
        row->help = "Look for what the threads wait for, or fight over: a "
                    "lock held during the work, or a variable that all of "
                    "them write.";
    }
}

void judge_speed(struct judging *judging, struct row *row,
                 const struct row *rows, size_t count)
{
    const struct measurement *speed = &judging->evidence->speed;
    const char *cannot = judging->evidence->machine_cannot[LENS_SPEED];
    const char *obstacle = in_the_way(judging, rows, count);
    size_t rounds;

    row->lens = LENS_SPEED;
    if (speed->wanted && speed->count > 0 && !all_agree(speed)) {
        row_fail(row, LENS_SPEED,
                 "While it was measured, your program gave another result "
                 "than the kit's own.");
    } else if (obstacle) {
        if (speed->count > 0)
            obstacle = say(judging, "%s %s", obstacle,
                           measured(judging, median(judging, false, &rounds)));
        row_blocked(row, obstacle);
    } else if (speed->cannot || cannot) {
        row->status = STATUS_SKIPPED;
        row->reason = "machine";
        row->points = row->max_points = 0;
        row->message = speed->cannot ? speed->cannot : cannot;
    } else if (!speed->wanted || (speed->complete && speed->count == 0)) {
        row_error(row, "The kit has not measured the speed.");
    } else if (!speed->complete) {
        row_fail(row, LENS_SPEED,
                 "Your program did not come to its end while its speed was "
                 "measured.");
    } else {
        judge_figure(judging, row);
    }
    if (row->status == STATUS_FAIL || row->status == STATUS_INCONCLUSIVE)
        row->again = again(judging, LENS_SPEED);
}
