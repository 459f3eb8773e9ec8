/* expect: fail every-interleaving */
/*
 * Adds with a compare-and-exchange, which changes the total only if it is
 * still what it was. But it is tried once: when another thread was faster,
 * nothing is added at all, and nobody looks whether it was.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* One call of counter_count(). */
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
    struct share *share = arg;
    struct count *count = share->count;
    size_t found = 0;
    size_t seen;

    for (size_t i = share->begin; i < share->end; i++)
        found += count->wanted(count->bytes[i]);
    seen = atomic_load(&count->total); /* BUG */
    atomic_compare_exchange_strong(&count->total, &seen,
                                   seen + found); /* BUG */
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {.bytes = bytes, .wanted = wanted};
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    atomic_init(&count.total, 0);
    for (size_t i = 0; i < n; i++) {
        shares[i].count = &count;
        shares[i].begin = i * (length / n);
        shares[i].end = i == n - 1 ? length : shares[i].begin + length / n;
    }
    for (created = 0; created < n; created++) {
        error = pthread_create(&shares[created].thread, NULL, count_share,
                               &shares[created]);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++)
        pthread_join(shares[i].thread, NULL);
    free(shares);
    if (error == 0)
        *result = atomic_load(&count.total);
    return error;
}
