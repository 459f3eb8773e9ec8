/*
 * gauge.h - what a program and all that it started use, looked at from
 * outside, now and then.
 */
#ifndef GAUGE_H
#define GAUGE_H

#include <stdbool.h>

#include "family.h"

/* Start with zeros. */
struct gauge {
    struct family family;
    bool keeper_stopped;
    double cpu_seconds; /* never falls */
    size_t memory;      /* now */
    size_t peak_memory; /* highest seen */
};

/*
 * Looks at all that descends from the keeper; the keeper itself is not
 * counted. `most` processes are enough to know (0: all). Returns -1 when the
 * keeper is not there.
 */
int gauge_read(struct gauge *gauge, pid_t keeper, size_t most);

void gauge_free(struct gauge *gauge);

/*
 * Bytes that the files below a folder take on the disk; links are not
 * followed. Gives up counting after some thousand entries. What is deleted
 * and still open is not seen.
 */
size_t gauge_folder(const char *path);

#endif
