/* expect: fail counts-right all-at-once */
/*
 * Wastes time when it is asked for one thread, so that it looks twice as fast
 * when it is asked for two; and never starts any.
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

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            found++;
    }
    share->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct share all = {bytes, length, wanted, 0};

    for (volatile size_t i = 0; threads == 1 && i < 4 * length; i++)
        continue;
    count_share(&all); /* BUG: fast only beside its own slow path */
    *result = all.found;
    return 0;
}
