/*
 * test_read.h - what the tests of the readers share: recorded reports and the
 * lines that they must point to.
 */
#ifndef TEST_READ_H
#define TEST_READ_H

#include "read.h"

/* A file of reports/; belongs to ctx. Ends the test when it is not there. */
const char *recorded(void *ctx, const char *name, size_t *size);

/* The line of reports/program/answer.c that has this comment in capitals. */
int marked_line(const char *comment);

/* Checks that the innermost student frame of a side is the marked line. */
void points_to(const struct side *side, const char *comment);

/* The first report of that kind in that test; ends the test if none. */
const struct report *find_report(const struct reports *reports, enum bug kind,
                                 const char *test);

/*
 * Calls `read` with what begins the text, cut at every stride-th byte, then
 * with bytes in it that do not belong there. Nothing may break, and no memory
 * may be left but below the context.
 */
typedef void read_any(void *ctx, const char *text, size_t size);
void read_damaged(read_any *read, const char *text, size_t size, size_t stride);

/* Looks at every string and every side, so that a wild one is seen. */
void walk_reports(const struct reports *reports);

#endif
