/* expect: pass */
/*
 * The threads and the mutex of C11 itself: <threads.h>. Here each share adds
 * to the total once, under the mutex.
 */
#include "racy-counter.h"

#include <errno.h>
#include <stdlib.h>
#include <threads.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);

    mtx_t lock;
    /* guarded by lock */
    size_t total;
};

struct share {
    thrd_t thread;
    struct count *count;
    size_t begin;
    size_t end;
};

static int count_share(void *arg)
{
    const struct share *share = arg;
    struct count *count = share->count;
    size_t found = 0;

    for (size_t i = share->begin; i < share->end; i++)
        found += count->wanted(count->bytes[i]);
    mtx_lock(&count->lock);
    count->total += found;
    mtx_unlock(&count->lock);
    return 0;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {.bytes = bytes, .wanted = wanted};
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    size_t created;

    if (shares == NULL)
        return ENOMEM;
    if (mtx_init(&count.lock, mtx_plain) != thrd_success) {
        free(shares);
        return ENOMEM;
    }
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->count = &count;
        share->begin = created * (length / n);
        share->end = created == n - 1 ? length : share->begin + length / n;
        if (thrd_create(&share->thread, count_share, share) != thrd_success)
            break;
    }
    for (size_t i = 0; i < created; i++)
        thrd_join(shares[i].thread, NULL);
    mtx_destroy(&count.lock);
    free(shares);
    if (created < n)
        return EAGAIN;
    *result = count.total;
    return 0;
}
