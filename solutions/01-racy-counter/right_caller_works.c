/* expect: pass */
/*
 * The caller is one of the threads: it creates one less than it was asked for
 * and takes the last share, with the remainder, itself. With `threads` 1
 * nothing is created at all.
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

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    for (size_t i = 0; i < share->length; i++)
        found += share->wanted(share->bytes[i]);
    share->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t others = (size_t)threads - 1;
    size_t size = length / (size_t)threads;
    struct share mine = {.bytes = bytes + others * size,
                         .length = length - others * size,
                         .wanted = wanted};
    struct share *shares = NULL;
    size_t created = 0;
    size_t total;
    int error = 0;

    if (others > 0) {
        shares = malloc(others * sizeof *shares);
        if (shares == NULL)
            return ENOMEM;
    }
    for (; created < others; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes + created * size;
        share->length = size;
        share->wanted = wanted;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    if (error == 0)
        count_share(&mine);
    total = mine.found;
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
