/* expect: pass */
/*
 * A variable that every thread has for itself: _Thread_local. It looks like a
 * global and is none; what one thread adds, no other sees. So each thread
 * must hand over its own value before it ends.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static _Thread_local size_t found; /* starts at 0 in each new thread */

struct share {
    pthread_t thread;
    const unsigned char *begin;
    const unsigned char *end;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

static void look_at(unsigned char byte, bool (*wanted)(unsigned char byte))
{
    if (wanted(byte))
        found++;
}

static void *count_share(void *arg)
{
    struct share *share = arg;

    for (const unsigned char *byte = share->begin; byte != share->end; byte++)
        look_at(*byte, share->wanted);
    share->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->begin = bytes + length * created / n;
        share->end = bytes + length * (created + 1) / n;
        share->wanted = wanted;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    while (created > 0) {
        created--;
        pthread_join(shares[created].thread, NULL);
        total += shares[created].found;
    }
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
