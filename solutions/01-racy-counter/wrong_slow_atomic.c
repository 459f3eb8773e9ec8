/* expect: fail speedup */
/*
 * Right, and slow: an atomic addition for each byte that is found. The cores
 * hand one cache line to and fro, and wait for it most of the time.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);
    atomic_size_t total;
};

struct share {
    pthread_t thread;
    struct count *count;
    size_t begin;
    size_t end;
};

static void *count_share(void *arg)
{
    const struct share *share = arg;
    struct count *count = share->count;

    for (size_t i = share->begin; i < share->end; i++) {
        if (count->wanted(count->bytes[i]))
            atomic_fetch_add(&count->total, 1); /* BUG */
    }
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {bytes, wanted, 0};
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    size_t created;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->count = &count;
        share->begin = created * (length / n);
        share->end = created == n - 1 ? length : share->begin + length / n;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++)
        pthread_join(shares[i].thread, NULL);
    free(shares);
    if (error == 0)
        *result = count.total;
    return error;
}
