/*
 * scratch.h - for tests: a folder of their own, and programs run in it.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>

/* Makes an empty folder below build/test/; absolute path. Ends the test when
 * it cannot. Freed with ctx, and the folder with it. */
const char *scratch_folder(void *ctx);

/* Writes folder/path, with the folders that lead to it. */
void scratch_write(const char *folder, const char *path, const char *text);

/* The text of folder/path, or NULL. Belongs to ctx. */
const char *scratch_read(void *ctx, const char *folder, const char *path);

/* A kit with the exercises 01 counter (order 2) and 08 ring (order 1), a
 * handout, and build/interleave, which takes the folder for its own. */
const char *scratch_kit(void *ctx);

struct ran {
    int status;      /* exit status; 128 + signal */
    const char *out; /* stdout and stderr */
};

/* Runs argv with an environment of PATH and the given "NAME=value", both
 * ended by NULL, and nothing on stdin. Strings belong to ctx. */
struct ran scratch_run(void *ctx, const char *const argv[],
                       const char *const values[]);

/* Is that among what it has printed? Where lines are broken does not matter:
 * that hangs on how long the path of the kit is. */
bool scratch_says(const struct ran *ran, const char *words);

#endif
