/* expect: fail no-data-race */
/*
 * Each thread locks a mutex of its own, a local variable. Nobody else ever
 * asks for it, so it keeps nobody out: a lock protects only among those who
 * share it.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);
    size_t total;
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
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    for (size_t i = share->begin; i < share->end; i++) {
        bool found = count->wanted(count->bytes[i]);

        pthread_mutex_lock(&lock);
        if (found)
            count->total++; /* BUG */
        pthread_mutex_unlock(&lock);
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
