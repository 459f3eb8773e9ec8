/*
 * racy-counter.c - yours to change. The contract is in racy-counter.h, the
 * explanation in the handout.
 *
 * It compiles, it starts its threads, and most of the time it even counts
 * right. It is wrong all the same.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One thread's share: bytes[begin] up to, but not including, bytes[end]. */
struct share {
    pthread_t thread;
    struct counter *counter;
    size_t begin;
    size_t end;
};

/* One call of counter_count(). All its threads see it. */
struct counter {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);
    size_t total;
    struct share shares[];
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    struct counter *counter = share->counter;

    for (size_t i = share->begin; i < share->end; i++) {
        if (counter->wanted(counter->bytes[i])) {
            /* TODO: every thread does this to one and the same variable. */
            counter->total++;
        }
    }
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct counter *counter =
        malloc(sizeof *counter + n * sizeof(struct share));

    if (counter == NULL)
        return ENOMEM;
    counter->bytes = bytes;
    counter->wanted = wanted;
    counter->total = 0;

    for (size_t i = 0; i < n; i++) {
        struct share *share = &counter->shares[i];

        share->counter = counter;
        share->begin = i * (length / n);
        share->end = i == n - 1 ? length : share->begin + length / n;
        if (pthread_create(&share->thread, NULL, count_share, share) != 0) {
            /* TODO: the threads created so far are still at work. */
            return EAGAIN;
        }
    }

    for (size_t i = 0; i < n; i++)
        pthread_join(counter->shares[i].thread, NULL);
    *result = counter->total;
    free(counter);
    return 0;
}
