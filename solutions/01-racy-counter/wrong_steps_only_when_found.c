/* expect: fail counts-right every-interleaving */
/*
 * Goes on to the next byte only when this one is wanted: at the first that is
 * not, the loop has no end.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One thread's share: bytes[begin] up to, but not including, bytes[end]. */
struct share {
    pthread_t thread;

    /* Set before the thread is created, then only read. */
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);
    size_t begin;
    size_t end;

    /* Written by the thread, read by the caller after the join. */
    size_t found;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    size_t i = share->begin;

    while (i < share->end) { /* BUG */
        if (share->wanted(share->bytes[i])) {
            found++;
            i++;
        }
    }
    share->found = found;
    return NULL;
}

/* Waits for the first n threads; returns what they found together. */
static size_t join_shares(struct share *shares, size_t n)
{
    size_t total = 0;

    for (size_t i = 0; i < n; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    return total;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total;

    if (shares == NULL)
        return ENOMEM;

    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes;
        share->wanted = wanted;
        share->begin = created * (length / n);
        share->end = share->begin + length / n;
        if (created == n - 1)
            share->end = length; /* the last one takes the remainder */
        if (pthread_create(&share->thread, NULL, count_share, share) != 0)
            break;
    }

    /* Whether all could be created or not: those that were are joined. */
    total = join_shares(shares, created);
    free(shares);
    if (created < n)
        return EAGAIN;
    *result = total;
    return 0;
}
