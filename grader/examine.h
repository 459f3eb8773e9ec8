/*
 * examine.h - all lenses on one answer: from a source file to the evidence.
 */
#ifndef EXAMINE_H
#define EXAMINE_H

#include "exercise.h"
#include "judge.h"

struct examination {
    const char *root;
    const struct exercise *exercise;
    const char *source; /* path of the answer */
    const char *work;   /* folder of this check */
    unsigned lenses;
    uint64_t seed;
    unsigned jobs;

    /* Called in the caller's thread when a lens has been looked through;
     * may be NULL. */
    void (*progress)(void *state, enum lens lens);
    void *state;
};

/*
 * Blocks until all is done. Returns 0, or -1 with `why` when there is nothing
 * to look at (no such file, ...): the kit cannot do its work. Evidence belongs
 * to ctx. Lenses that no check of the exercise wants are left out.
 */
int examine(void *ctx, const struct examination *what,
            struct evidence *evidence, const char **why);

#endif
