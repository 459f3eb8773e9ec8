/* expect: fail every-interleaving no-data-race */
/*
 * The last thread adds up what all have found, and each finds out whether it
 * is the last: one less at work, and then a look whether any is left. When two
 * take themselves off the list before either looks, both are the last.
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

    struct share *shares;
    size_t threads;
    atomic_size_t at_work;
    size_t total; /* for the last one */
};

struct share {
    pthread_t thread;
    struct count *count;
    size_t begin;
    size_t end;
    size_t found;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    struct count *count = share->count;
    size_t found = 0;

    for (size_t i = share->begin; i < share->end; i++)
        found += count->wanted(count->bytes[i]);
    share->found = found;
    atomic_fetch_sub(&count->at_work, 1);  /* BUG */
    if (atomic_load(&count->at_work) == 0) /* BUG */
        for (size_t i = 0; i < count->threads; i++)
            count->total += count->shares[i].found;
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
    count.shares = shares;
    count.threads = n;
    atomic_init(&count.at_work, n);
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
        *result = count.total;
    return error;
}
