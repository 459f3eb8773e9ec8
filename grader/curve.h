/*
 * curve.h - how many times as fast a program is on 1, 2, 4 ... 64 cores: by
 * virtual time, which is counted; and beside it by the clock of this machine,
 * for as many cores as it has.
 *
 *   curve.c          the verb: an exercise's answer
 *   curve_program.c  the same for any program
 *   curve_cases.c    the cases of an exercise's workload, as bars
 *   curve_points.c   from runs in virtual time to a curve
 *   curve_report.c   told on a terminal
 *   curve_data.c     as data, and as a picture (plot.c)
 */
#ifndef CURVE_H
#define CURVE_H

#include <jansson.h>
#include <stdio.h>

#include "obstacle.h"
#include "options.h"

enum { CURVE_POINTS = 7, CURVE_TOLD = 2 };

struct curve {
    const char *title; /* "04 Thread pool", "prog.c" */
    bool program;      /* a whole program: its words name files */
    struct curve_point {
        int cores;
        double seconds; /* virtual */
        double speedup;
        double clock; /* speedup by the clock; 0: this machine cannot tell */
        const struct timed_run *run;
    } points[CURVE_POINTS + 1]; /* an exercise may ask for 3 */
    size_t count;
    int asked; /* an exercise's cores and threshold; or 0 */
    double threshold;

    double work;        /* seconds on one core */
    double span;        /* the shortest time that any number of cores needs */
    int span_cores;     /* the smallest such number */
    double parallelism; /* work / span */
    double serial;    /* the part of the work that one thread does at a time */
    int serial_cores; /* by Amdahl's law from so many cores; 0: not */
    const struct obstacle *serial_lock; /* or while it holds this lock; NULL */

    struct obstacle told[CURVE_TOLD]; /* on how many cores, and what */
    size_t told_count;
    const char *svg; /* where it is drawn, or NULL */

    /* Cases of the workload, in virtual time on `asked` cores and by the clock;
     * and where they are drawn, or NULL. */
    const struct figure *cases;
    size_t case_count;
    const char *cases_svg;
};

/* `timed` must be complete, have a run on more than one core, and live as
 * long. Without an exercise `asked` is 0. */
struct curve *curve_of(void *ctx, const char *title, const struct timed *timed,
                       int asked, double threshold);

/* On `out`, 80 columns. */
void curve_tell(FILE *out, const struct curve *curve);

/* A new reference; results.md. */
json_t *curve_json(const struct curve *curve);

/* Draws it to the file at `path`, in a folder that is there; `work` is for
 * what is needed on the way. Returns 0, or -1 with a sentence on `why`. */
int curve_draw(void *ctx, const char *work, struct curve *curve,
               const char *path, const char **why);

/* Where it lands by itself: build/curves/NAME.svg, the folder made; as seen
 * from here. */
const char *curve_path(void *ctx, const char *root, const char *name);

/* The first words for a program that did not come to its end. */
const char *curve_fault(void *ctx, const struct timed *timed, bool files);

/* ---- curve_cases.c ------------------------------------------------------ */

/* A case "row/column" is a bar: so many times as fast as the first case of its
 * row. Draws them as curve_draw() does, and tells them in a table. */
int curve_draw_cases(void *ctx, const char *work, struct curve *curve,
                     const char *path, const char **why);
void curve_tell_cases(FILE *out, const struct curve *curve);
json_t *curve_cases_json(const struct curve *curve); /* a new reference */

/* ---- curve_program.c ---------------------------------------------------- */

/*
 * SRC, any program, in virtual time and by the clock. Returns 0; the exit
 * status with a sentence on `why` when there is no curve. `work` is an empty
 * folder.
 */
int curve_program(void *ctx, const struct options *options, const char *work,
                  struct timed *timed, double clock[CURVE_POINTS],
                  const char **why);

/* 1, 2, 4 ... 64 */
static inline int curve_cores(size_t point)
{
    return 1 << point;
}

#endif
