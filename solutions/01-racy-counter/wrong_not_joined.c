/* expect: fail memory */
/*
 * The caller waits until each thread has said that it is done, and takes that
 * for joining. What a thread leaves (a stack, a result) is kept for a join that
 * never comes.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);

    pthread_mutex_t lock;
    pthread_cond_t all_done;
    /* guarded by lock */
    size_t at_work;
    size_t total;
};

struct share {
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
    count->at_work--;
    if (count->at_work == 0)
        pthread_cond_signal(&count->all_done);
    pthread_mutex_unlock(&count->lock);
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {.bytes = bytes,
                          .wanted = wanted,
                          .lock = PTHREAD_MUTEX_INITIALIZER,
                          .all_done = PTHREAD_COND_INITIALIZER};
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    pthread_mutex_lock(&count.lock);
    for (size_t i = 0; i < n && error == 0; i++) {
        struct share *share = &shares[i];
        pthread_t thread;

        share->count = &count;
        share->begin = i * (length / n);
        share->end = i == n - 1 ? length : share->begin + length / n;
        error = pthread_create(&thread, NULL, count_share, share); /* BUG */
        if (error == 0)
            count.at_work++;
    }
    while (count.at_work > 0)
        pthread_cond_wait(&count.all_done, &count.lock);
    pthread_mutex_unlock(&count.lock);
    free(shares);
    if (error == 0)
        *result = count.total;
    return error;
}
