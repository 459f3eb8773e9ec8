/* expect: fail speedup */
/*
 * Right, and slow: each thread counts in its own element of one array, but the
 * elements are neighbours in one cache line, which the cores hand to and fro.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t *found; /* one element of an array */
};

static void *count_share(void *arg)
{
    struct share *share = arg;

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            (*share->found)++; /* BUG */
    }
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t *found = calloc(n, sizeof *found);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL || found == NULL) {
        free(shares);
        free(found);
        return ENOMEM;
    }
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes + created * (length / n);
        share->length = length / n;
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted;
        share->found = &found[created];
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += found[i];
    }
    free(found);
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
