/* expect: fail thread-failure */
/*
 * When a thread cannot be created the function goes on with those there are.
 * It returns 0 and a count without the missing shares.
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
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes + created * (length / n);
        share->length = length / n;
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break; /* BUG */
    }
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    free(shares);
    *result = total;
    return 0;
}
