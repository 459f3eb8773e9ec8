/*
 * report.h - a verdict, told: to a person at a terminal, and to a program as
 * JSON. Reports know nothing of running and decide nothing.
 *
 * Text that comes from a student's file or program reaches neither as it is:
 * control characters, text directions and bytes that are no UTF-8 are made
 * visible first.
 */
#ifndef REPORT_H
#define REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "judge.h"

/* ---- report_terminal.c --------------------------------------------------- */

struct curve;

struct terminal {
    FILE *out;
    bool colour;
    const struct curve *curve; /* of speed that falls short, or NULL */
    const char *source; /* the student's file as the user names it */

    /* Line `number` (from 1) of that file without its end, or NULL where
     * there is none. May itself be NULL: then no lines are shown. */
    const char *(*line)(void *state, int number);
    void *state;
};

/* One row of a verdict, one line or two. */
void report_row(const struct terminal *terminal, const struct row *row);

/* The row to begin with, or NULL when nothing is wrong: told in full here,
 * and the one that `make hint` is about. */
const struct row *report_first(const struct verdict *verdict);

/* All that follows the rows: the first failure in full, the rest counted,
 * notes, the sum, what was not looked at, what next. */
void report_verdict(const struct terminal *terminal,
                    const struct exercise *exercise,
                    const struct verdict *verdict);

/* A text as lines: lines_get() is a `line` function for it. */
struct lines;
struct lines *lines_split(void *ctx, const char *text, size_t size);
const char *lines_get(void *lines, int number);

/* ---- report_text.c ------------------------------------------------------- */

/* The text with everything visible, as valid UTF-8 on one line. */
char *report_clean(void *ctx, const char *text);

/* Columns that a clean text takes. */
size_t report_width(const char *text);

/* Prints a clean text between the columns `indent` and 79, the first line
 * behind `first` columns that are printed already. Ends the line. */
void report_wrap(FILE *out, const char *text, size_t first, size_t indent);

/* ---- report_json.c: the result file, described in results.md ------------- */

struct tool {
    const char *name, *version;
};

struct result_facts {
    const char *exercise; /* "04-thread-pool"; the word that was given when
                             there is no such exercise; NULL: none given */
    const char *source;   /* the student's file as given in SRC */
    double seconds;
    uint64_t seed;
    const struct tool *tools;
    size_t tool_count;
};

/* A new reference; NULL only when memory ran out. */
json_t *report_json(const struct result_facts *facts,
                    const struct verdict *verdict);

/* The verdict "error", when it did not come to a judgement. */
json_t *report_json_error(const struct result_facts *facts,
                          const char *message);

/*
 * Removes the result file of an earlier check. To be called first of all: so
 * that nobody takes an old result for a new one. Returns 0, also when there
 * was none; or -1 and a sentence on `why`.
 */
int report_json_remove(void *ctx, const char *path, const char **why);

/* Writes to a new file beside `path`, syncs and renames. Returns likewise. */
int report_json_write(void *ctx, const char *path, const json_t *json,
                      const char **why);

#endif
