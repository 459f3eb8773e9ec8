/* expect: fail every-interleaving */
/*
 * Waits on a condition variable until all have added, reads the total, and
 * joins. Only the last thread signals, so one look is enough, it seems; but a
 * wait may end although nobody has signalled.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One call of counter_count(). */
struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);

    pthread_mutex_t lock;
    pthread_cond_t all_done; /* at_work became 0 */
    /* guarded by lock */
    size_t at_work;
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
    struct share *share = arg;
    struct count *count = share->count;
    size_t found = 0;

    for (size_t i = share->begin; i < share->end; i++)
        found += count->wanted(count->bytes[i]);
    pthread_mutex_lock(&count->lock);
    count->total += found;
    if (--count->at_work == 0)
        pthread_cond_signal(&count->all_done);
    pthread_mutex_unlock(&count->lock);
    return NULL;
}

/* The total, when all have added but those that were never created. */
static size_t wait_for_total(struct count *count, size_t left_out)
{
    size_t total;

    pthread_mutex_lock(&count->lock);
    count->at_work -= left_out;
    if (count->at_work > 0)                                /* BUG */
        pthread_cond_wait(&count->all_done, &count->lock); /* BUG */
    total = count->total;
    pthread_mutex_unlock(&count->lock);
    return total;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {.bytes = bytes, .wanted = wanted};
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    count.at_work = n;
    pthread_mutex_init(&count.lock, NULL);
    pthread_cond_init(&count.all_done, NULL);
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
    total = wait_for_total(&count, n - created);
    for (size_t i = 0; i < created; i++)
        pthread_join(shares[i].thread, NULL);
    pthread_cond_destroy(&count.all_done);
    pthread_mutex_destroy(&count.lock);
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
