/* expect: fail counts-right all-at-once */
/*
 * One thread and a table: asks once for each value that a byte can have. That
 * is many times as fast, and no faster on more cores; and the contract says
 * that each byte is asked for.
 */
#include "racy-counter.h"

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    bool table[256];
    size_t total = 0;

    (void)threads;
    for (int value = 0; value < 256; value++)
        table[value] = wanted((unsigned char)value); /* BUG */
    for (size_t i = 0; i < length; i++)
        total += table[bytes[i]];
    *result = total;
    return 0;
}
