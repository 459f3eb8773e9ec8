/*
 * curve_report.c - a curve, told on a terminal.
 *
 *   64x|                                                     .
 *      |                                                 .
 *     ...
 *    1x|*
 *      +--------+--------+--------+--------+--------+--------+
 *      1        2        4        8       16       32       64  cores
 *     1.0      1.9      3.5      5.3      6.0      3.9      2.4  counted
 */
#include <math.h>
#include <string.h>
#include <talloc.h>

#include "curve.h"
#include "report.h"
#include "say.h"

enum {
    OCTAVE = 9, /* columns from one number of cores to the next */
    STEP = 2,   /* rows from one power of two to the next */
    LEFT = 9,   /* columns before the field */
    WIDTH = OCTAVE * (CURVE_POINTS - 1) + 1,
    ROWS = STEP * 14
};

/* ---- the field ---------------------------------------------------------- */

struct field {
    char cell[ROWS][WIDTH];
    int top, bottom; /* powers of two at its edges */
};

static int row_of(const struct field *field, double speedup)
{
    int row = (int)lround((field->top - log2(speedup)) * STEP);
    int last = (field->top - field->bottom) * STEP;

    return row < 0 ? 0 : row > last ? last : row;
}

static void put(struct field *field, double cores, double speedup, char mark)
{
    int column = (int)lround(log2(cores) * OCTAVE);

    if (speedup > 0 && column >= 0 && column < WIDTH)
        field->cell[row_of(field, speedup)][column] = mark;
}

/* From point to point, a mark in each column. */
static void put_curve(struct field *field, const struct curve *curve)
{
    for (size_t i = 0; i + 1 < curve->count; i++) {
        const struct curve_point *a = &curve->points[i], *b = a + 1;
        double from = log2(a->cores), to = log2(b->cores);

        for (int k = (int)lround(from * OCTAVE); k <= lround(to * OCTAVE);
             k++) {
            double part = (k / (double)OCTAVE - from) / (to - from);

            put(field, exp2(k / (double)OCTAVE),
                a->speedup * pow(b->speedup / a->speedup, part), '-');
        }
    }
    for (size_t i = 0; i < curve->count; i++)
        put(field, curve->points[i].cores, curve->points[i].speedup, '#');
}

static void fill(struct field *field, const struct curve *curve)
{
    double lowest = 1, highest = 1;

    for (size_t i = 0; i < curve->count; i++) {
        const struct curve_point *point = &curve->points[i];

        lowest = fmin(
            lowest, fmin(point->speedup, point->clock > 0 ? point->clock : 1));
        highest = fmax(highest, point->cores);
    }
    field->top = (int)ceil(log2(highest));
    /* a little below 1 is as good as 1 */
    field->bottom =
        (int)fmax(floor(log2(lowest) + 0.3), field->top - ROWS / STEP + 1);
    memset(field->cell, ' ', sizeof field->cell);
    for (int k = 0; k < WIDTH; k += 3)
        put(field, exp2(k / (double)OCTAVE), exp2(k / (double)OCTAVE), '.');
    put_curve(field, curve);
    for (size_t i = 0; i < curve->count; i++)
        put(field, curve->points[i].cores, curve->points[i].clock, 'o');
}

static const char *ink_of(FILE *out, char mark)
{
    switch (mark) {
    case '#':
    case '-':
        return say_ink(out, INK_BOLD);
    case 'o':
        return say_ink(out, INK_YELLOW);
    case '.':
        return say_ink(out, INK_DIM);
    default:
        return "";
    }
}

static void print_field(FILE *out, const struct field *field)
{
    for (int row = 0; row <= (field->top - field->bottom) * STEP; row++) {
        const char *cells = field->cell[row];
        int last = WIDTH;

        while (last > 0 && cells[last - 1] == ' ')
            last--;
        if (row % STEP == 0)
            fprintf(out, "%*gx|", LEFT - 2, exp2(field->top - row / STEP));
        else
            fprintf(out, "%*s|", LEFT - 1, "");
        for (int k = 0; k < last; k++) {
            const char *ink = ink_of(out, cells[k]);

            fprintf(out, "%s%c%s", ink, cells[k],
                    *ink ? say_ink(out, INK_PLAIN) : "");
        }
        fputc('\n', out);
    }
    fprintf(out, "%*s", LEFT - 1, "");
    for (int k = 0; k < WIDTH; k++)
        fputc(k % OCTAVE == 0 ? '+' : '-', out);
    fputc('\n', out);
}

/* A row of figures below the points. */
static void print_row(FILE *out, const struct curve *curve, const char *name,
                      double (*figure)(const struct curve_point *point),
                      bool whole)
{
    int column = 0;

    for (size_t i = 0; i < curve->count; i++) {
        double value = figure(&curve->points[i]);
        int at = LEFT - 1 + (int)lround(log2(curve->points[i].cores) * OCTAVE);
        char text[32];

        if (value <= 0)
            continue;
        snprintf(text, sizeof text, "%.*f",
                 whole        ? 0
                 : value < 1  ? 2
                 : value < 10 ? 2
                              : 1,
                 value);
        at += whole ? 0 : -((int)strlen(text) - 1) / 2;
        column += fprintf(out, "%*s%s", at - column, "", text);
    }
    if (column > 0)
        fprintf(out, "%*s%s\n", LEFT + WIDTH + 2 - column, "", name);
}

static double cores_of(const struct curve_point *point)
{
    return point->cores;
}

static double speedup_of(const struct curve_point *point)
{
    return point->speedup;
}

static double clock_of(const struct curve_point *point)
{
    return point->clock;
}

/* ---- the words ---------------------------------------------------------- */

/* "1.63 ms" */
static const char *time_of(void *ctx, double seconds)
{
    if (seconds < 1e-3)
        return talloc_asprintf(ctx, "%.3g us", seconds * 1e6);
    if (seconds < 1)
        return talloc_asprintf(ctx, "%.3g ms", seconds * 1e3);
    return talloc_asprintf(ctx, "%.3g s", seconds);
}

static void print_item(FILE *out, void *ctx, const char *name,
                       const char *value, const char *text)
{
    fprintf(out, "  %s%-12s%s%-9s", say_ink(out, INK_BOLD), name,
            say_ink(out, INK_PLAIN), value);
    report_wrap(out, report_clean(ctx, text), 23, 23);
}

static const char *serial_words(void *ctx, const struct curve *curve)
{
    const struct obstacle *lock = curve->serial_lock;
    const char *law;

    if (curve->serial < 0.0005)
        return "no part of it must be done by one thread alone";
    law = talloc_asprintf(ctx,
                          "by Amdahl's law no more than 1 / %.*f = %.1fx can "
                          "come of it, on any number of cores",
                          curve->serial < 0.1 ? 4 : 3, curve->serial,
                          1 / curve->serial);
    if (lock != NULL)
        return talloc_asprintf(ctx,
                               "of the work is done by one thread at a time, "
                               "the one that has the lock taken%s; %s",
                               obstacle_where(ctx, lock, curve->program), law);
    return talloc_asprintf(ctx,
                           "of the work: as if so much were done by one thread "
                           "alone (from the figure for %d cores); %s",
                           curve->serial_cores, law);
}

static void print_figures(FILE *out, void *ctx, const struct curve *curve)
{
    print_item(out, ctx, "work", time_of(ctx, curve->work),
               "what one core needs for all of it");
    print_item(out, ctx, "span", time_of(ctx, curve->span),
               curve->span_cores == 1
                   ? "what is left with cores enough: here nothing is won"
                   : talloc_asprintf(
                         ctx,
                         "what is left with cores enough (%d; more do not "
                         "help): the steps of which each waits for the one "
                         "before",
                         curve->span_cores));
    print_item(out, ctx, "parallelism",
               talloc_asprintf(ctx, "%.1f", curve->parallelism),
               "work / span: so many times as fast it can be, and so many "
               "cores it can keep busy");
    if (curve->serial_lock != NULL || curve->serial_cores > 0)
        print_item(out, ctx, "serial",
                   talloc_asprintf(ctx, "%.1f %%", curve->serial * 100),
                   serial_words(ctx, curve));
}

static void print_told(FILE *out, void *ctx, const struct curve *curve)
{
    for (size_t i = 0; i < curve->told_count; i++) {
        const struct obstacle *obstacle = &curve->told[i];
        const char *words = obstacle_words(ctx, obstacle, curve->program);

        fprintf(out, "\n  %sOn %d cores:%s ", say_ink(out, INK_BOLD),
                obstacle->cores, say_ink(out, INK_PLAIN));
        report_wrap(out,
                    report_clean(ctx, *words ? words
                                             : "nothing stands in the way that "
                                               "is worth telling."),
                    obstacle->cores < 10 ? 14 : 15, 2);
    }
}

void curve_tell(FILE *out, const struct curve *curve)
{
    void *ctx = talloc_new(NULL);
    struct field field;

    fill(&field, curve);
    fputc('\n', out);
    print_field(out, &field);
    print_row(out, curve, "cores", cores_of, true);
    print_row(out, curve, "counted #", speedup_of, false);
    print_row(out, curve, "clock   o", clock_of, false);
    fputc('\n', out);
    print_figures(out, ctx, curve);
    print_told(out, ctx, curve);
    if (curve->svg != NULL)
        fprintf(out, "\n  Drawn:  %s\n", say_printable(ctx, curve->svg));
    talloc_free(ctx);
}
