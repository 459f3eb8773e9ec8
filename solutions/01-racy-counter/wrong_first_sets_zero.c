/* expect: fail every-interleaving */
/*
 * Whoever comes first sets the total to 0, and the flag that says who is first
 * is changed at one stroke. But the flag says that somebody *will* set the
 * total, and not that it is set: a second thread may have added already.
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

    atomic_bool begun; /* the total is set */
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

    for (size_t i = share->begin; i < share->end; i++)
        found += count->wanted(count->bytes[i]);
    if (!atomic_exchange(&count->begun, true)) /* BUG */
        atomic_store(&count->total, 0);        /* BUG */
    atomic_fetch_add(&count->total, found);
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
    atomic_init(&count.begun, false);
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
