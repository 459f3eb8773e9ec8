/*
 * plot.c - see plot.h: a script for gnuplot, run in a box like every tool.
 *
 * Names come from files that strangers have written: they stand between single
 * quotes, with all that could end them taken out, and gnuplot is told to take
 * nothing in a text for a command (noenhanced).
 */
#define _GNU_SOURCE
#include "plot.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "box.h"
#include "say.h"

static const char common[] =
    "set terminal svg size 960,640 dynamic noenhanced background '#ffffff' "
    "font 'DejaVu Sans,Helvetica,Arial,sans-serif,15' linewidth 1\n"
    "set encoding utf8\n"
    "set border 3 linecolor rgb '#8a8f98' linewidth 1\n"
    "set tics nomirror scale 0.5 textcolor rgb '#3d434d'\n"
    "set lmargin 11\nset rmargin 5\nset tmargin 3.4\nset bmargin 5\n";

static const struct {
    const char *style; /* of the line and its points */
    bool figures;      /* stand beside the points */
} inks[] = {
    [PLOT_IDEAL] = {"with lines lc rgb '#9aa1ab' lw 1.6 dt (6,5)", false},
    [PLOT_COUNTED] = {"with linespoints lc rgb '#1f5fa8' lw 2.8 pt 7 ps 0.8",
                      true},
    [PLOT_CLOCK] = {"with points lc rgb '#d9730d' lw 2.6 pt 6 ps 1.5", false},
    [PLOT_ASKED] = {"with points lc rgb '#2c8a4b' lw 2.4 pt 2 ps 1.3", false},
    [PLOT_BOUND] = {"with lines lc rgb '#b3364b' lw 1.6 dt (2,4)", false},
};

/* Dark, and light. */
static const char *const bar_colours[][2] = {{"#1f5fa8", "#a9c6e6"},
                                             {"#d9822b", "#f3cfa4"},
                                             {"#3f8f5f", "#b4d9c2"},
                                             {"#8f5a9b", "#d8bfde"}};

/* A text between single quotes. */
static const char *quoted(void *ctx, const char *text)
{
    char *copy = talloc_asprintf(ctx, "'%s'", say_printable(ctx, text));

    for (char *at = copy + 1; at[1] != '\0'; at++)
        if (*at == '\'' || *at == '\\' || *at == '\n' || *at == '`')
            *at = ' ';
    return copy;
}

/* ---- gnuplot ------------------------------------------------------------ */

static int run_gnuplot(const struct plot *plot, const char *script,
                       const char **why)
{
    void *ctx = plot->ctx;
    char *const argv[] = {"gnuplot", "--default-settings",
                          talloc_strdup(ctx, script), NULL};
    char *const envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
                          talloc_asprintf(ctx, "HOME=%s", plot->work), NULL};
    struct box_spec spec = {.argv = argv,
                            .envp = envp,
                            .dir = plot->work,
                            .limits = {.cpu_seconds = 30,
                                       .wall_seconds = 120,
                                       .memory_bytes = 512u * 1024 * 1024,
                                       .output_bytes = 64 * 1024,
                                       .file_bytes = 16u * 1024 * 1024,
                                       .processes = 16}};
    struct box_result result;

    if (box_run(ctx, &spec, &result) != 0)
        *why = talloc_asprintf(ctx, "cannot run gnuplot: %s", result.why);
    else if (result.end != BOX_EXITED || result.code != 0)
        *why = talloc_asprintf(ctx, "gnuplot could not draw: %.200s",
                               result.err.size > 0 ? result.err.data
                                                   : "it gave up");
    else
        return 0;
    return -1;
}

/* Beside its place first, so that a picture is always whole. */
static int move_there(const struct plot *plot, const char *made,
                      const char **why)
{
    char *beside =
        talloc_asprintf(plot->ctx, "%s.%d", plot->path, (int)getpid());
    FILE *from = fopen(made, "re"), *to = fopen(beside, "we");
    char buffer[65536];
    size_t n;
    bool fine = from != NULL && to != NULL;

    while (fine && (n = fread(buffer, 1, sizeof buffer, from)) > 0)
        fine = fwrite(buffer, 1, n, to) == n;
    if (from != NULL)
        fine = !ferror(from) && fine;
    if (to != NULL)
        fine = fclose(to) == 0 && fine;
    fine = fine && rename(beside, plot->path) == 0;
    if (!fine) {
        *why = talloc_asprintf(plot->ctx, "cannot write %s: %s", plot->path,
                               strerror(errno));
        unlink(beside);
    }
    if (from != NULL)
        fclose(from);
    return fine ? 0 : -1;
}

static int draw(const struct plot *plot,
                void (*write)(FILE *script, void *ctx, const void *what),
                const void *what, const char **why)
{
    const char *script = talloc_asprintf(plot->ctx, "%s/plot.gp", plot->work);
    const char *made = talloc_asprintf(plot->ctx, "%s/plot.svg", plot->work);
    FILE *file = fopen(script, "we");

    if (file == NULL) {
        *why = talloc_asprintf(plot->ctx, "cannot write %s: %s", script,
                               strerror(errno));
        return -1;
    }
    fprintf(file, "%sset output 'plot.svg'\n", common);
    fprintf(file,
            "set title %s font ',19' textcolor rgb '#1c2026' offset 0,0.6\n",
            quoted(plot->ctx, plot->title));
    write(file, plot->ctx, what);
    fputs("unset output\n", file);
    if (fclose(file) != 0) {
        *why = talloc_asprintf(plot->ctx, "cannot write %s", script);
        return -1;
    }
    if (run_gnuplot(plot, script, why) != 0)
        return -1;
    return move_there(plot, made, why);
}

/* ---- lines -------------------------------------------------------------- */

struct lines_plot {
    const struct plot_line *lines;
    size_t count;
};

static void range_of(const struct lines_plot *what, double *lowest,
                     double *highest)
{
    *lowest = *highest = 1;
    for (size_t i = 0; i < what->count; i++)
        for (size_t k = 0; k < what->lines[i].count; k++) {
            double y = what->lines[i].y[k];

            if (y > 0 && y < *lowest)
                *lowest = y;
            if (y > *highest)
                *highest = y;
        }
}

/*
 * A block of data for each line, and two for its figures: a figure stands
 * below its point, where a line that rises leaves room; above it where the
 * line falls. The first point, one core, has none.
 */
static void write_data(FILE *script, const struct plot_line *line, size_t i)
{
    fprintf(script, "$line%zu << END\n", i);
    for (size_t k = 0; k < line->count; k++)
        if (line->y[k] > 0)
            fprintf(script, "%g %.5f\n", line->x[k], line->y[k]);
    fputs("END\n", script);
    for (int above = 0; above < 2 && inks[line->ink].figures; above++) {
        fprintf(script, "$figures%zu%d << END\n", i, above);
        for (size_t k = 1; k < line->count; k++)
            if ((line->y[k] < line->y[k - 1] * 0.99) == above)
                fprintf(script, "%g %.5f %.*fx\n", line->x[k], line->y[k],
                        line->y[k] < 0.995 ? 2 : 1, line->y[k]);
        fputs("END\n", script);
    }
}

static void write_ticks(FILE *script, double lowest, double highest)
{
    const char *before = "";

    fputs("set xtics (1,2,4,8,16,32,64)\nset ytics (", script);
    for (int power = (int)floor(log2(lowest)); power <= ceil(log2(highest));
         power++) {
        fprintf(script, "%s'%gx' %.6f", before, exp2(power), exp2(power));
        before = ", ";
    }
    fputs(")\n", script);
}

static void write_lines(FILE *script, void *ctx, const void *context)
{
    const struct lines_plot *what = context;
    const char *before = "plot ";
    double lowest, highest;

    range_of(what, &lowest, &highest);
    for (size_t i = 0; i < what->count; i++)
        write_data(script, &what->lines[i], i);
    fputs("set logscale xy 2\n"
          "set grid xtics ytics lt 1 lc rgb '#e9ebee' lw 1\n"
          "set xlabel 'cores' textcolor rgb '#3d434d' offset 0,-0.4\n"
          "set ylabel 'times as fast as one core' textcolor rgb '#3d434d'\n"
          "set key at graph 0.03,0.97 left top Left reverse samplen 2.6 "
          "spacing 1.3 width -11 opaque fillcolor rgb '#ffffff' textcolor rgb "
          "'#1c2026'\n",
          script);
    fprintf(script, "set xrange [0.86:84]\nset yrange [%.4f:%.4f]\n",
            lowest * 0.7, highest * 1.25);
    write_ticks(script, lowest, highest);
    for (size_t i = 0; i < what->count; i++) {
        const struct plot_line *line = &what->lines[i];

        if (line->count == 0)
            continue;
        fprintf(script, "%s$line%zu using 1:2 %s title %s", before, i,
                inks[line->ink].style, quoted(ctx, line->name));
        before = ", \\\n    ";
        if (!inks[line->ink].figures)
            continue;
        for (int above = 0; above < 2; above++)
            fprintf(script,
                    "%s$figures%zu%d using 1:2:3 with labels left offset "
                    "1.3,%s font ',13' textcolor rgb '#1f5fa8' notitle",
                    before, i, above, above ? "0.7" : "-0.75");
    }
    fputs("\n", script);
}

int plot_lines(const struct plot *plot, const struct plot_line *lines,
               size_t count, const char **why)
{
    struct lines_plot what = {lines, count};

    return draw(plot, write_lines, &what, why);
}

/* ---- bars --------------------------------------------------------------- */

static const char *bar_colour(const struct plot_bars *bars, size_t series)
{
    return bars->in_pairs ? bar_colours[series / 2 % 4][series % 2]
                          : bar_colours[series % 4][0];
}

static void write_bars(FILE *script, void *ctx, const void *context)
{
    const struct plot_bars *bars = context;
    double width = 0.8 / (double)(bars->series_count ? bars->series_count : 1);
    const char *before = "plot ";

    for (size_t s = 0; s < bars->series_count; s++) {
        fprintf(script, "$bars%zu << END\n", s);
        for (size_t g = 0; g < bars->group_count; g++) {
            double value = bars->values[g * bars->series_count + s];

            if (value >= 0)
                fprintf(script, "%.4f %.6g %.*f\n",
                        (double)g +
                            ((double)s - ((double)bars->series_count - 1) / 2) *
                                width,
                        value,
                        value < 10    ? 2
                        : value < 100 ? 1
                                      : 0,
                        value);
        }
        fputs("END\n", script);
    }
    fprintf(
        script,
        "set grid ytics lt 1 lc rgb '#e9ebee' lw 1\n"
        "set style fill solid 1.0 noborder\n"
        "set boxwidth %.4f\nset xrange [-0.6:%.1f]\nset yrange [0:*]\n"
        "set offsets 0,0,graph 0.12,0\n"
        "set ylabel %s textcolor rgb '#3d434d'\n"
        "set key bmargin center horizontal Left reverse samplen 1.2 width 2 "
        "textcolor rgb "
        "'#1c2026'\nset xtics scale 0 (",
        width * 0.92, (double)bars->group_count - 0.4, quoted(ctx, bars->unit));
    for (size_t g = 0; g < bars->group_count; g++)
        fprintf(script, "%s%s %zu", g > 0 ? ", " : "",
                quoted(ctx, bars->groups[g]), g);
    fputs(")\n", script);
    for (size_t s = 0; s < bars->series_count; s++) {
        fprintf(script,
                "%s$bars%zu using 1:2 with boxes lc rgb '%s' title %s, \\\n"
                "    '' using 1:2:3 with labels offset 0,0.6 font ',12' "
                "textcolor rgb '#3d434d' notitle",
                before, s, bar_colour(bars, s), quoted(ctx, bars->series[s]));
        before = ", \\\n    ";
    }
    fputs("\n", script);
}

int plot_bars(const struct plot *plot, const struct plot_bars *bars,
              const char **why)
{
    return draw(plot, write_bars, bars, why);
}
