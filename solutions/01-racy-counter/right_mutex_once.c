/* expect: pass */
/*
 * One shared total behind a mutex, but each thread adds to it only once, when
 * its share is done: the critical section is entered once for each thread and
 * not once for each byte.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);

    pthread_mutex_t lock;
    /* guarded by lock */
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
    size_t found = 0;

    for (size_t i = share->begin; i < share->end; i++)
        found += count->wanted(count->bytes[i]);

    pthread_mutex_lock(&count->lock);
    count->total += found;
    pthread_mutex_unlock(&count->lock);
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {bytes, wanted, PTHREAD_MUTEX_INITIALIZER, 0};
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    size_t created;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->count = &count;
        share->begin = length * created / n;
        share->end = length * (created + 1) / n;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++)
        pthread_join(shares[i].thread, NULL);
    pthread_mutex_destroy(&count.lock);
    free(shares);
    if (error == 0)
        *result = count.total; /* no lock: the others have ended */
    return error;
}
