/*
 * work.h - the folder of one check: build/work/PID-XXXXXX. Two checks at once
 * never share one. It is removed at the end, and a later check removes what a
 * killed one left behind.
 */
#ifndef WORK_H
#define WORK_H

#include <stddef.h>

/* Makes the folder below `root`/build/work. NULL with a sentence on `why`. */
const char *work_open(void *ctx, const char *root, const char **why);

/* Removes a folder and all below it, following no link. */
void work_remove(const char *path);

/*
 * Reads a whole file, at most `limit` bytes, into a NUL-terminated string.
 * NULL when it cannot be read; `*size` is without the NUL.
 */
char *work_read(void *ctx, const char *path, size_t limit, size_t *size);

#endif
