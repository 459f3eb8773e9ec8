/* expect: fail counts-right all-at-once */
/*
 * One thread, with its loop unrolled. That is faster by itself; more cores
 * bring it nothing.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct share {
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    const unsigned char *at = share->bytes, *end = at + share->length;

    for (; end - at >= 4; at += 4)
        found += (size_t)share->wanted(at[0]) + (size_t)share->wanted(at[1]) +
                 (size_t)share->wanted(at[2]) + (size_t)share->wanted(at[3]);
    for (; at < end; at++)
        found += share->wanted(*at);
    share->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct share all = {bytes, length, wanted, 0};

    (void)threads;
    count_share(&all); /* BUG */
    *result = all.found;
    return 0;
}
