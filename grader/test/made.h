/*
 * made.h - evidence made by hand, for the tests of the judge and the reports.
 *
 * made_good() is a right answer to an exercise of one check for each property,
 * with three tests: count/two, count/four, overlap/both. Tests then spoil it.
 */
#ifndef MADE_H
#define MADE_H

#include "judge.h"

enum {
    ROW_BUILDS,
    ROW_RESULTS,
    ROW_RACE,
    ROW_DEADLOCK,
    ROW_MEMORY,
    ROW_OVERLAP,
    ROW_SPEEDUP,
    ROW_COUNT
};

struct made {
    struct exercise exercise;
    struct evidence evidence;
};

/* Everything belongs to the object itself. */
struct made *made_good(void);

struct verdict made_judge(struct made *made);

/* The run of that way: "gcc", "clang", "patient", "tsan", "helgrind",
 * "memcheck", "overlap". */
struct run *made_run(struct made *made, const char *way);

/* Adds an empty run of a way for these tests, as the runner does with those
 * that an ended process left over. */
struct run *made_rerun(struct made *made, const char *way);

/* Takes all records of that kind away from a test; it never came so far. */
void made_drop(struct run *run, enum record_kind kind, const char *test);

/* The test began and did not end; later ones of the run did not begin. */
void made_cut(struct made *made, struct run *run, const char *test);

/* Sets the value observed under a key, or adds it. */
void made_value(struct made *made, struct run *run, const char *test,
                const char *key, const char *value);

/*
 * Adds a report with a side for each line (0 ends them) in the student's
 * file; a negative line is one of the kit's tests.c.
 */
struct report *made_report(struct made *made, struct run *run, enum bug kind,
                           const char *test, const int *lines);

/* What the three runs in virtual time took. */
void made_timed(struct made *made, double sequential, double one, double many);

/* Asserts how a row ended; without a reason it must have none. */
void made_is(const struct row *row, enum status status, const char *reason);

/* Asserts that the text has these words. */
void made_says(const char *text, const char *words);

#define LINES(...) ((const int[]){__VA_ARGS__, 0})

#endif
