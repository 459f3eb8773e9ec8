/* expect: fail counts-right all-at-once */
/*
 * One thread, and the C library's fast search for those few values that are
 * not wanted. What memchr() does is no loop of this file, but it takes its time
 * as well.
 */
#include "racy-counter.h"

#include <string.h>

static size_t occurrences(const unsigned char *bytes, size_t length, int value)
{
    const unsigned char *end = bytes + length, *at = bytes;
    size_t found = 0;

    while (at < end && (at = memchr(at, value, (size_t)(end - at))) != NULL) {
        found++;
        at++;
    }
    return found;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t total = length;

    (void)threads;
    for (int value = 0; value < 256; value++)
        if (!wanted((unsigned char)value)) /* BUG */
            total -= occurrences(bytes, length, value);
    *result = total;
    return 0;
}
