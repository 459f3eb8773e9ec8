/*
 * lens.c - the names of the lenses, as exercise.conf and LENS= spell them.
 */
#include <string.h>

#include "evidence.h"

static const char *const names[LENS_COUNT] = {
    [LENS_BUILD] = "build",
    [LENS_BEHAVIOUR] = "behaviour",
    [LENS_TSAN] = "tsan",
    [LENS_HELGRIND] = "helgrind",
    [LENS_MEMORY] = "memory",
    [LENS_FAULTS] = "faults",
    [LENS_INTERLEAVINGS] = "interleavings",
    [LENS_SPEED] = "speed",
};

const char *lens_name(enum lens lens)
{
    return (unsigned)lens < LENS_COUNT ? names[lens] : "unknown";
}

int lens_by_name(const char *name)
{
    for (int i = 0; i < LENS_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}
