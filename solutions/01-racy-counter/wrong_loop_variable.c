/* expect: fail no-data-race */
/*
 * One struct for all threads: the caller fills it in again for the next thread
 * while the last one is still reading it. So two threads may take the same
 * share, and one share nobody takes. The address of the loop's own counter is
 * the same mistake.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct share {
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    const unsigned char *bytes = share->bytes; /* BUG */
    size_t length = share->length;             /* BUG */
    size_t found = 0;

    for (size_t i = 0; i < length; i++) {
        if (share->wanted(bytes[i]))
            found++;
    }
    return (void *)found;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    pthread_t *ids = calloc(n, sizeof *ids);
    struct share share;
    size_t created;
    size_t total = 0;
    int error = 0;

    if (ids == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        share.bytes = bytes + created * (length / n); /* BUG */
        share.length = length / n;                    /* BUG */
        if (created == n - 1)
            share.length += length % n;
        share.wanted = wanted;
        error = pthread_create(&ids[created], NULL, count_share, &share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++) {
        void *found;

        pthread_join(ids[i], &found);
        total += (size_t)found;
    }
    free(ids);
    if (error == 0)
        *result = total;
    return error;
}
