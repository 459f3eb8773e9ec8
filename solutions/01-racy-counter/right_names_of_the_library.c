/* expect: pass */
/*
 * Its own functions have names that the C library uses too, for other things:
 * here they are this file's.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

size_t accept(const struct share *share);
void *listen(void *arg);
size_t wait(struct share *shares, int count);

size_t accept(const struct share *share)
{
    size_t found = 0;

    for (size_t i = 0; i < share->length; i++)
        if (share->wanted(share->bytes[i]))
            found++;
    return found;
}

void *listen(void *arg)
{
    struct share *share = arg;

    share->found = accept(share);
    return NULL;
}

size_t wait(struct share *shares, int count)
{
    size_t total = 0;

    for (int i = 0; i < count; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    return total;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct share *shares = calloc((size_t)threads, sizeof *shares);
    size_t each = length / (size_t)threads, total;
    int created;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < threads; created++) {
        struct share *share = &shares[created];

        *share = (struct share){.bytes = bytes + (size_t)created * each,
                                .length = each,
                                .wanted = wanted};
        if (created == threads - 1)
            share->length = length - (size_t)created * each;
        if (pthread_create(&share->thread, NULL, listen, share) != 0)
            break;
    }
    total = wait(shares, created);
    free(shares);
    if (created < threads)
        return EAGAIN;
    *result = total;
    return 0;
}
