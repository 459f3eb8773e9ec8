/* expect: fail counts-right */
/*
 * "Up to and including": the first byte of each share is also the last byte of
 * the one before it, and is counted twice.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    size_t begin;
    size_t end;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    for (size_t i = share->begin; i <= share->end; i++) {
        if (i < share->length && share->wanted(share->bytes[i]))
            found++;
    }
    share->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes;
        share->length = length;
        share->begin = created * (length / n);
        share->end = share->begin + length / n; /* BUG */
        if (created == n - 1)
            share->end = length;
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
    if (error == 0)
        *result = total;
    return error;
}
