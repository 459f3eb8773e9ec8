/*
 * plot.h - a picture in SVG, drawn by gnuplot: lines over cores, or bars. What
 * is drawn is numbers and names; nothing here knows what they mean.
 */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stddef.h>

struct plot {
    void *ctx;
    const char *work; /* a folder for what is needed on the way */
    const char *path; /* of the picture, in a folder that is there */
    const char *title;
};

/* Of one series, with a figure at each point. */
struct plot_line {
    const char *name; /* in the legend */
    enum plot_ink {
        PLOT_IDEAL,
        PLOT_COUNTED,
        PLOT_CLOCK,
        PLOT_ASKED,
        PLOT_BOUND
    } ink;
    const double *x, *y; /* y 0 or less: no point there */
    size_t count;
};

/*
 * Lines over numbers of cores, both axes by powers of two. Returns 0, or -1
 * with a sentence on `why`. Blocks.
 */
int plot_lines(const struct plot *plot, const struct plot_line *lines,
               size_t count, const char **why);

/*
 * Bars in groups, one group beside the other: `values` has a row of
 * `series_count` figures for each group; what is below 0 is left out. `unit`
 * stands at the axis: "requests in a second". The same.
 */
struct plot_bars {
    const char *unit;
    const char *const *groups; /* names below the bars */
    size_t group_count;
    const char *const *series; /* names in the legend */
    size_t series_count;
    bool in_pairs; /* two neighbouring series have one colour, dark and light */
    const double *values;
};
int plot_bars(const struct plot *plot, const struct plot_bars *bars,
              const char **why);

#endif
