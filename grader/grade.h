/*
 * grade.h - what the files of `make grade` share.
 *
 *   grade_find.c   whose answers are there: one entry for each student
 *   grade_run.c    a check for each, as a child process, some at one time
 *   grade_csv.c    grades.csv
 *   grade.c        the verb: all of it, in that order
 */
#ifndef GRADE_H
#define GRADE_H

#include "exercise.h"

enum mark {
    MARK_NONE, /* not graded yet: interrupted before its turn */
    MARK_PASS,
    MARK_FAIL,
    MARK_ERROR /* cannot be graded: `reason` */
};

/* One student. */
struct entry {
    const char *student;
    const char *source; /* the file, or NULL: then `reason` says why */
    const char *result; /* name of the result file in the folder of results */
    enum mark mark;
    int score, max_score;
    const char *reason; /* why there is no mark, a sentence; or NULL */
};

struct entries {
    struct entry *items; /* by name; talloc array */
    size_t count;
    const char **passed_over; /* files that are nobody's answer */
    size_t passed_over_count;
};

/*
 * Looks into a folder: a folder or a .c file for each student. No link is
 * followed below it: a link gets an entry that says so. Returns 0, or -1 and
 * a sentence on `why`.
 */
int grade_find(void *ctx, const char *folder, const struct exercise *exercise,
               struct entries *out, const char **why);

struct grade {
    const char *program; /* the grader: run as "PROGRAM check" */
    const struct exercise *exercise;
    const char *out; /* folder of results, which exists */
    unsigned jobs;   /* at one time */
    struct entries entries;
    bool interrupted; /* set by grade_run() */
};

/*
 * Grades every entry that has a source, and writes a result file for each
 * that has none. Blocks. Stops early at SIGINT, SIGTERM and SIGHUP, with no
 * child left.
 */
void grade_run(void *ctx, struct grade *grade);

/* Writes OUT/grades.csv. Returns 0, or -1 and `why`. */
int grade_csv(void *ctx, const struct grade *grade, const char **why);

/* One field as it stands in the file. Belongs to ctx. */
char *grade_csv_field(void *ctx, const char *text);

/* "pass", "fail", "error", or "" for no mark yet */
const char *grade_mark_name(enum mark mark);

#endif
