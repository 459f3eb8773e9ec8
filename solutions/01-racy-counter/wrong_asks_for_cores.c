/* expect: fail counts-right all-at-once */
/*
 * Starts as many threads as the machine has cores, and not as many as it was
 * asked for. How fast it is, and what a test sees of it, hangs on the machine.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

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

    for (size_t i = share->begin; i < share->end; i++) {
        if (share->wanted(share->bytes[i]))
            found++;
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
    size_t n = (size_t)sysconf(_SC_NPROCESSORS_ONLN); /* BUG: not `threads` */
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total;

    (void)threads;
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
