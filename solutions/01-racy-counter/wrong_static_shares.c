/* expect: fail no-data-race */
/*
 * The array of shares is static, to save the malloc(). Two calls at the same
 * moment fill in the same array.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define MOST 64

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

static struct share shares[MOST];

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            found++;
    }
    share->found = found; /* BUG */
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    size_t created;
    size_t total = 0;
    int error = 0;

    if (n > MOST)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes + created * (length / n); /* BUG */
        share->length = length / n;                    /* BUG */
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted; /* BUG */
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    if (error == 0)
        *result = total;
    return error;
}
