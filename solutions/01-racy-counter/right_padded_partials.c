/* expect: pass */
/*
 * Each thread counts in place, in its own element of an array. The elements
 * are 64 bytes apart, so that no two of them lie in one cache line: without
 * the padding the answer would be as right, and slow (false sharing).
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

#define CACHE_LINE 64

struct share {
    alignas(CACHE_LINE) size_t found;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    pthread_t thread;
};

static void *count_share(void *arg)
{
    struct share *share = arg;

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            share->found++;
    }
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = aligned_alloc(CACHE_LINE, n * sizeof *shares);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->found = 0;
        share->bytes = bytes + created * (length / n);
        share->length = length / n;
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    free(shares);
    if (error != 0)
        return EAGAIN;
    *result = total;
    return 0;
}
