/* expect: pass */
/*
 * A semaphore that starts at 1 as the lock: whoever waits takes the 1, whoever
 * posts gives it back. Entered once for each thread.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);

    sem_t one; /* 1: free, 0: somebody adds */
    /* guarded by one */
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
    while (sem_wait(&count->one) != 0)
        ; /* a signal came: once more */
    count->total += found;
    sem_post(&count->one);
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {.bytes = bytes, .wanted = wanted};
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    size_t created;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    sem_init(&count.one, 0, 1);
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
    sem_destroy(&count.one);
    free(shares);
    if (error == 0)
        *result = count.total;
    return error;
}
