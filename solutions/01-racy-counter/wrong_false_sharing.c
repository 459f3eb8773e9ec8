/* expect: fail speedup */
/*
 * Each thread counts in its own element of an array, in place. Nothing is
 * shared, and nothing is lost; but the elements lie side by side in one cache
 * line, which the cores must take from one another for each byte that is
 * counted.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct share {
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t *found; /* one element of the array */
    pthread_t thread;
};

static void *count_share(void *arg)
{
    struct share *share = arg;

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            ++*share->found; /* BUG: its neighbours are the other threads' */
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
    size_t created, total = 0;
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
    free(shares);
    free(found);
    if (error != 0)
        return error;
    *result = total;
    return 0;
}
