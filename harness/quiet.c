/*
 * quiet.c - copying and clearing without being seen. A compiler makes calls of
 * memcpy() and memset() of what looks like an assignment, and ThreadSanitizer
 * watches those functions wherever they are called from: two threads of the
 * student's that meet in the harness would race there. So in its programs the
 * harness' own objects call these instead (Makefile).
 */
#include <stddef.h>

#include "inside.h"

void *quiet_memcpy(void *to, const void *from, size_t size)
{
    volatile char *out = to;
    const char *in = from;

    for (size_t i = 0; i < size; i++)
        out[i] = in[i];
    return to;
}

void *quiet_memset(void *to, int byte, size_t size)
{
    volatile char *out = to;

    for (size_t i = 0; i < size; i++)
        out[i] = (char)byte;
    return to;
}
