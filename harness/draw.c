/*
 * draw.c - the seed of a run and the numbers drawn from it; the same inside
 * the student's process and in the oracle.
 */
#include <stdlib.h>

#include "interleave.h"

uint64_t seed(void)
{
    const char *text = getenv("INTERLEAVE_SEED");

    return text != NULL ? strtoull(text, NULL, 10) : 1;
}

uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
