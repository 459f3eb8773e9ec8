/* expect: fail thread-failure */
/*
 * The caller's *result is used as the running total. After an error it holds
 * half a count, where it should be untouched.
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
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    *result = 0; /* BUG */
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

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
        *result += shares[i].found;
    }
    free(shares);
    return error;
}
