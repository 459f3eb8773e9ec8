/* expect: fail no-data-race */
/*
 * Volatile is not atomic. It only makes the compiler load and store each time;
 * the load, the addition and the store are still three steps.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);
    volatile size_t total;
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
            count->total++; /* BUG */
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
