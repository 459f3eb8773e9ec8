/*
 * curve_cases.c - the cases of an exercise's workload, "waiting/threads": one
 * and the same work, done in several ways. Bars say how many times as fast each
 * is as the first of its row, in virtual time and by the clock; where one of
 * the two is not known, there is no such bar.
 */
#include <string.h>
#include <talloc.h>

#include "curve.h"
#include "plot.h"
#include "report.h"
#include "say.h"

enum { NAMES = 8 };

struct table {
    const char *rows[NAMES], *columns[NAMES];
    size_t row_count, column_count;
};

static size_t place_of(const char **names, size_t *count, const char *name)
{
    size_t i = 0;

    while (i < *count && strcmp(names[i], name) != 0)
        i++;
    if (i == *count && i < NAMES)
        names[(*count)++] = name;
    return i;
}

/* "waiting/threads": its row and column, or false. */
static bool place(void *ctx, struct table *table, const struct figure *figure,
                  size_t *row, size_t *column)
{
    const char *slash = strchr(figure->name, '/');

    if (slash == NULL)
        return false;
    *row = place_of(
        table->rows, &table->row_count,
        talloc_strndup(ctx, figure->name, (size_t)(slash - figure->name)));
    *column = place_of(table->columns, &table->column_count, slash + 1);
    return *row < NAMES && *column < NAMES;
}

static const struct figure *first_of_row(const struct curve *curve, size_t i)
{
    size_t length = strcspn(curve->cases[i].name, "/") + 1;

    for (size_t k = 0; k < i; k++)
        if (strncmp(curve->cases[k].name, curve->cases[i].name, length) == 0)
            return &curve->cases[k];
    return &curve->cases[i];
}

/* -1: not known */
static double times(double first, double seconds)
{
    return first > 0 && seconds > 0 ? first / seconds : -1;
}

static bool any_clock(const struct curve *curve)
{
    for (size_t i = 0; i < curve->case_count; i++)
        if (curve->cases[i].clock > 0)
            return true;
    return false;
}

int curve_draw_cases(void *ctx, const char *work, struct curve *curve,
                     const char *path, const char **why)
{
    struct plot plot = {ctx, work, path, curve->title};
    struct table table = {.row_count = 0};
    size_t ways = any_clock(curve) ? 2 : 1, series, row, column;
    double values[NAMES * NAMES * 2];
    const char *names[NAMES * 2];
    struct plot_bars bars;

    for (size_t i = 0; i < curve->case_count; i++)
        if (!place(ctx, &table, &curve->cases[i], &row, &column))
            return 0; /* no table */
    series = table.row_count * ways;
    for (size_t i = 0; i < NAMES * NAMES * 2; i++)
        values[i] = -1;
    for (size_t i = 0; i < curve->case_count; i++) {
        const struct figure *one = &curve->cases[i];
        const struct figure *first = first_of_row(curve, i);
        double *at;

        place(ctx, &table, one, &row, &column);
        at = &values[column * series + row * ways];
        at[0] = times(first->virtual_time, one->virtual_time);
        if (ways > 1)
            at[1] = times(first->clock, one->clock);
    }
    for (size_t i = 0; i < series; i++)
        names[i] = talloc_asprintf(ctx, "%s, %s", table.rows[i / ways],
                                   i % ways == 0 ? "virtual time" : "clock");
    bars = (struct plot_bars){
        .unit = talloc_asprintf(ctx, "times as fast as %s, on %d cores",
                                table.columns[0], curve->asked),
        .groups = table.columns,
        .group_count = table.column_count,
        .series = names,
        .series_count = series,
        .in_pairs = ways == 2,
        .values = values};
    if (plot_bars(&plot, &bars, why) != 0)
        return -1;
    curve->cases_svg = path;
    return 0;
}

void curve_tell_cases(FILE *out, const struct curve *curve)
{
    void *ctx = talloc_new(NULL);

    if (curve->case_count > 0)
        fprintf(out, "\n  %sEach way, on %d cores:%s%*s%20s%20s\n",
                say_ink(out, INK_BOLD), curve->asked, say_ink(out, INK_PLAIN),
                5, "", "virtual time", "clock");
    for (size_t i = 0; i < curve->case_count; i++) {
        const struct figure *one = &curve->cases[i];
        const struct figure *first = first_of_row(curve, i);
        double seconds[2] = {one->virtual_time, one->clock};
        double speedup[2] = {times(first->virtual_time, one->virtual_time),
                             times(first->clock, one->clock)};

        fprintf(out, "  %-28.28s", report_clean(ctx, one->name));
        for (int way = 0; way < 2; way++)
            if (speedup[way] > 0)
                fprintf(out, "%9.2f ms %7.2fx", seconds[way] * 1e3,
                        speedup[way]);
            else
                fprintf(out, "%20s", "-");
        fputc('\n', out);
    }
    if (curve->cases_svg != NULL)
        fprintf(out, "\n  Drawn:  %s\n", say_printable(ctx, curve->cases_svg));
    talloc_free(ctx);
}

json_t *curve_cases_json(const struct curve *curve)
{
    json_t *list = json_array();

    for (size_t i = 0; i < curve->case_count; i++) {
        const struct figure *one = &curve->cases[i];
        json_t *json = json_pack("{s:s}", "name", one->name);

        if (one->virtual_time > 0)
            json_object_set_new(json, "virtual_seconds",
                                json_real(one->virtual_time));
        if (one->clock > 0)
            json_object_set_new(json, "clock_seconds", json_real(one->clock));
        json_array_append_new(list, json);
    }
    return list;
}
