/* expect: pass */
/*
 * One shared atomic total; each thread adds to it once. The addition is one
 * indivisible step, so no lock is needed around it.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct count {
    const unsigned char *bytes;
    bool (*wanted)(unsigned char byte);
    atomic_size_t total;
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
        if (count->wanted(count->bytes[i]))
            found++;
    atomic_fetch_add(&count->total, found);
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct count count = {bytes, wanted, 0};
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    pthread_t *ids = malloc(n * sizeof *ids);
    size_t created = 0;
    int error = ENOMEM;

    if (shares == NULL || ids == NULL)
        goto out;
    error = 0;
    while (created < n) {
        struct share *share = &shares[created];

        share->count = &count;
        share->begin = created * (length / n);
        share->end = created + 1 < n ? share->begin + length / n : length;
        error = pthread_create(&ids[created], NULL, count_share, share);
        if (error != 0)
            break;
        created++;
    }
    for (size_t i = 0; i < created; i++)
        pthread_join(ids[i], NULL);
    if (error == 0)
        *result = atomic_load(&count.total);
out:
    free(ids);
    free(shares);
    return error;
}
