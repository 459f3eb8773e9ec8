/*
 * suite.h - what the tests of the judge share: evidence made by hand (made.h),
 * spoilt by the test, and the verdict that was made of it last. Criterion runs
 * each test in a process of its own, so both are variables of that test.
 */
#ifndef SUITE_H
#define SUITE_H

#include "made.h"

extern struct made *made;
extern struct verdict verdict;

/* A TestSuite's .init and .fini. A right answer to begin with. */
void suite_begin(void);
void suite_end(void);

/* Judges what there is by now; the row of that check. */
const struct row *row(int which);

/* Adds a report on the test count/two to the run of that way. */
struct report *report(const char *way, enum bug kind, const int *lines);

/* Both counting tests came out wrong in the run of that way. */
void wrong_everywhere(const char *way);

/* Adds a record to the run. */
void record(struct run *run, enum record_kind kind, const char *test,
            const char *key, const char *value);

#endif
