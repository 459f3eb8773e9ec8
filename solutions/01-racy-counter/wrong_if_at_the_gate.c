/* expect: fail every-interleaving */
/*
 * The threads wait at a gate until all could be created, and only then the
 * work is dealt out. They wait with an `if`: who wakes up too early, as may
 * happen for no reason, has no work yet and goes home.
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
    pthread_cond_t opened; /* open became true */
    /* guarded by lock */
    bool open;
};

struct share {
    pthread_t thread;
    struct count *count;

    /* set before the gate is opened */
    size_t begin;
    size_t end;

    size_t found;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    struct count *count = share->count;
    size_t begin, end, found = 0;

    pthread_mutex_lock(&count->lock);
    if (!count->open)                                    /* BUG */
        pthread_cond_wait(&count->opened, &count->lock); /* BUG */
    begin = share->begin;                                /* BUG */
    end = share->end;                                    /* BUG */
    pthread_mutex_unlock(&count->lock);
    for (size_t i = begin; i < end; i++)
        found += count->wanted(count->bytes[i]);
    share->found = found;
    return NULL;
}

/* Deals out the work; a length of 0 sends everybody home. */
static void open_gate(struct count *count, struct share *shares, size_t n,
                      size_t length)
{
    pthread_mutex_lock(&count->lock);
    for (size_t i = 0; i < n; i++) {
        shares[i].begin = i * (length / n);
        shares[i].end = i == n - 1 ? length : shares[i].begin + length / n;
    }
    count->open = true;
    pthread_cond_broadcast(&count->opened);
    pthread_mutex_unlock(&count->lock);
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {.bytes = bytes, .wanted = wanted};
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    pthread_mutex_init(&count.lock, NULL);
    pthread_cond_init(&count.opened, NULL);
    for (size_t i = 0; i < n; i++)
        shares[i].count = &count;
    for (created = 0; created < n; created++) {
        error = pthread_create(&shares[created].thread, NULL, count_share,
                               &shares[created]);
        if (error != 0)
            break;
    }
    open_gate(&count, shares, n, error == 0 ? length : 0);
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    pthread_cond_destroy(&count.opened);
    pthread_mutex_destroy(&count.lock);
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
