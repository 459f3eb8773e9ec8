/* expect: fail counts-right all-at-once */
/*
 * Counts with one thread, and remembers for which buffer: the second time the
 * answer is there at once. A buffer that has changed meanwhile looks the same.
 */
#include "racy-counter.h"

static const unsigned char *known_bytes;
static size_t known_length, known_total;

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    (void)threads;
    if (known_bytes != bytes || known_length != length) {
        known_total = 0;
        for (size_t i = 0; i < length; i++)
            known_total += wanted(bytes[i]); /* BUG */
        known_bytes = bytes;
        known_length = length;
    }
    *result = known_total;
    return 0;
}
