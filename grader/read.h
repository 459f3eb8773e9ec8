/*
 * read.h - readers: from a tool's own output to reports. They never judge and
 * never fail: what they cannot understand becomes BUG_OTHER with the raw
 * text, and `complete` tells whether the log came to its end.
 */
#ifndef READ_H
#define READ_H

#include "evidence.h"
#include "symbols.h"

/*
 * ThreadSanitizer's text, made with symbolize=0 (frames are "#0 <null> <null>
 * (prog+0x105e28)"). Lines "interleave: test suite/name" that the harness
 * puts between say which test was running; `report.test` is set from them.
 */
struct reports read_tsan(void *ctx, const char *text, size_t size,
                         struct symbols *symbols);

/*
 * Helgrind's and Memcheck's XML (protocol 4). `student` is the base name of
 * the student's source file; a frame is the student's when its <file> is
 * that. `test` is set when a frame, or a frame of the stack on which one of
 * its threads was created, is a test's body ("test_body_<suite>__<name>").
 * A log that was cut short, because the program was killed, gives the errors
 * that are whole.
 */
struct reports read_helgrind(void *ctx, const char *xml, size_t size,
                             const char *student);
struct reports read_memcheck(void *ctx, const char *xml, size_t size,
                             const char *student);

/*
 * The harness' own lines on the record pipe. Lines that do not begin with the
 * run's secret, or are not of a known form, are passed over.
 */
struct records read_records(void *ctx, const char *text, size_t size,
                            const char *secret);

/* What the oracle printed. Returns -1 when a line is not of the known form:
 * then the kit is at fault, and `why` says where. */
int read_expectations(void *ctx, const char *text, size_t size,
                      struct expectations *out, const char **why);

/*
 * gcc's and clang's diagnostics, "file:line:column: warning: text".
 */
struct diagnostic {
    int line;
    bool error; /* else a warning */
    const char *text;
    const char *option; /* "-Wunused-variable", or NULL */
};
struct diagnostics {
    struct diagnostic *items;
    size_t count;
};
struct diagnostics read_diagnostics(void *ctx, const char *text, size_t size,
                                    const char *student);

#endif
