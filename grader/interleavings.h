/*
 * interleavings.h - explored tests of an exercise, for the lens and for
 * `make replay`.
 */
#ifndef INTERLEAVINGS_H
#define INTERLEAVINGS_H

#include "lenses.h"

/* One schedule again, told: `turns` of one test. Blocks. Belongs to ctx; NULL
 * with a sentence on `why`. */
struct timeline *interleavings_replay(void *ctx, const struct lab *lab,
                                      const char *program, const char *test,
                                      const char *turns, const char **why);

/* The same under gdb, which stops before that step. Blocks until gdb has
 * ended. Returns -1 with a sentence on `why` when there is no gdb. */
int interleavings_debug(void *ctx, const struct lab *lab, const char *program,
                        const char *test, const char *turns, uint64_t step,
                        const char **why);

/* The lines of the student's file and of the tests. Freed with ctx. */
struct interleavings_source {
    struct lines *lines[2];
};
struct interleavings_source *interleavings_source(void *ctx,
                                                  const struct lab *lab);

/* The text of one of them; `state` is such a source. For timelines. */
const char *interleavings_line(void *state, const struct place *place);

#endif
