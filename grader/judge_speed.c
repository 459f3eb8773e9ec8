/*
 * judge_speed.c - speed in virtual time, which load cannot change:
 *
 *     min(the kit's sequential run, the student's answer on one core)
 *     / the student's answer on as many cores as exercise.conf asks for
 *
 * The smaller of the two, or an answer that is slow alone would look fast
 * together. What the clock of this machine has shown just now is said beside
 * it, and decides nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"
#include "obstacle.h"

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

double measured(const struct measurement *speed)
{
    double *figures = talloc_array(NULL, double, speed->count + 1), median = 0;

    for (size_t i = 0; i < speed->count; i++)
        figures[i] =
            smaller(speed->rounds[i].one, speed->rounds[i].sequential) /
            speed->rounds[i].many;
    if (speed->count > 0) {
        qsort(figures, speed->count, sizeof figures[0], compare);
        median =
            (figures[(speed->count - 1) / 2] + figures[speed->count / 2]) / 2;
    }
    talloc_free(figures);
    return median;
}

/* "In virtual time: 1.9x on 2 cores; asked for: 1.5x. On your ..." */
static const char *figures(struct judging *judging, double value)
{
    double clock = measured(&judging->evidence->speed);
    const char *text = say(
        judging, "In virtual time: %.2fx on %d cores; asked for: %.1fx.", value,
        judging->exercise->speed_threads, judging->exercise->speed_threshold);

    if (clock > 0)
        text = say(judging, "%s By the clock of this machine just now: %.1fx.",
                   text, clock);
    return text;
}

/* Where only one thread may compute at a time: that more would be wrong. */
static const char *bound(struct judging *judging)
{
    const struct exercise *exercise = judging->exercise;

    if (exercise->speed_at_most == 0)
        return "";
    return say(judging, " More than %.1fx would be wrong%s%s.",
               exercise->speed_at_most, exercise->speed_why ? ": " : "",
               exercise->speed_why ? exercise->speed_why : "");
}

static bool too_fast(struct judging *judging, struct row *row, double value)
{
    const struct exercise *exercise = judging->exercise;

    if (exercise->speed_at_most == 0 || value <= exercise->speed_at_most)
        return false;
    row_fail(row, LENS_SPEED,
             say(judging, "%s%s", figures(judging, value), bound(judging)));
    row->help = "Threads compute at the same moment where only one may. What "
                "keeps them apart: is it the same for all of them, and is it "
                "held through all that they compute?";
    return true;
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

static void judge_fault(struct judging *judging, struct row *row)
{
    const struct timed *timed = &judging->evidence->timed;
    const char *text = timed->fault_text ? timed->fault_text : "it ended";

    row->lens = LENS_SPEED;
    if (timed->fault == FAULT_UNCONTROLLED || timed->fault == NO_FAULT) {
        row_open(row, "uncontrolled",
                 say(judging,
                     "Your program cannot be run in virtual time (%s), so this "
                     "counts neither for nor against you.",
                     text));
        return;
    }
    row_fail(row, LENS_SPEED,
             say(judging,
                 "Your program did not come to its end when its speed was to "
                 "be counted: %s%s (%s).",
                 fault_name(timed->fault),
                 timed->fault_place.student
                     ? say(judging, " in line %d", timed->fault_place.line)
                     : "",
                 text));
}

/* A finding, for the lines that are to blame. */
static void tell_obstacle(struct judging *judging, struct row *row,
                          const struct obstacle *obstacle)
{
    struct finding *finding = talloc_zero(judging->ctx, struct finding);

    finding->property = PROPERTY_SPEED;
    finding->kind = BUG_OTHER;
    finding->message = row->message;
    finding->lenses = 1u << LENS_SPEED;
    finding->locations =
        obstacle_places(judging->ctx, &judging->evidence->timed.many, obstacle,
                        &finding->location_count);
    row_add(judging, row, finding);
}

static void judge_figure(struct judging *judging, struct row *row)
{
    const struct timed *timed = &judging->evidence->timed;
    double value = timed_base(timed) / timed->many.seconds;
    struct obstacle obstacle;
    const char *words;

    row->speedup = value;
    if (too_fast(judging, row, value))
        return;
    if (value >= judging->exercise->speed_threshold) {
        row->message =
            say(judging, "%s%s", figures(judging, value), bound(judging));
        return;
    }
    obstacle = obstacle_of(&timed->many, value);
    words = obstacle_words(judging->ctx, &obstacle, false);
    row_fail(row, LENS_SPEED,
             say(judging, "%s%s%s", figures(judging, value), *words ? " " : "",
                 words));
    row->help = obstacle_help(&obstacle);
    tell_obstacle(judging, row, &obstacle);
}

static void judge_timed(struct judging *judging, struct row *row)
{
    const struct timed *timed = &judging->evidence->timed;

    if (!timed->wanted) {
        row_error(row, "The kit has not looked at the speed.");
    } else if (!timed->complete) {
        judge_fault(judging, row);
    } else if (!timed->agree) {
        row_fail(row, LENS_SPEED,
                 "When its speed was counted, your program gave another "
                 "result than the kit's own.");
    } else if (timed->left > 0) {
        row_fail(row, LENS_SPEED,
                 say(judging,
                     "When your function had returned, %u of its threads %s "
                     "still alive: what they do then is not counted.",
                     timed->left, timed->left == 1 ? "was" : "were"));
    } else {
        judge_figure(judging, row);
    }
}

struct figure *figures_joined(void *ctx, const struct timed *timed,
                              const struct measurement *speed)
{
    struct figure *figures =
        talloc_array(ctx, struct figure, timed->case_count + 1);

    for (size_t i = 0; i < timed->case_count; i++) {
        figures[i] = timed->cases[i];
        for (size_t k = 0; speed != NULL && k < speed->case_count; k++)
            if (strcmp(speed->cases[k].name, figures[i].name) == 0)
                figures[i].clock = speed->cases[k].clock;
    }
    return figures;
}

void judge_speed(struct judging *judging, struct row *row,
                 const struct row *rows, size_t count)
{
    const char *cannot = judging->evidence->machine_cannot[LENS_SPEED];
    const char *obstacle = in_the_way(judging, rows, count);

    row->lens = LENS_SPEED;
    row->figure_count = judging->evidence->timed.case_count;
    row->figures = figures_joined(judging->ctx, &judging->evidence->timed,
                                  &judging->evidence->speed);
    if (obstacle) {
        row_blocked(row, obstacle);
    } else if (cannot) {
        row->status = STATUS_SKIPPED;
        row->reason = "machine";
        row->points = row->max_points = 0;
        row->message = cannot;
    } else {
        judge_timed(judging, row);
    }
    if (row->status == STATUS_FAIL || row->status == STATUS_INCONCLUSIVE)
        row->again = again(judging, LENS_SPEED);
}
