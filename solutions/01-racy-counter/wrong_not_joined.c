/* expect: fail memory */
/*
 * The caller waits on a semaphore until each thread has said that it is done,
 * and takes that for joining. What the threads leave (a stack, a result) is
 * kept for a join that never comes.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t found;
    sem_t *done;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            found++;
    }
    share->found = found;
    sem_post(share->done);
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    sem_t done;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    sem_init(&done, 0, 0);
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes + created * (length / n);
        share->length = length / n;
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted;
        share->done = &done;
        error =
            pthread_create(&share->thread, NULL, count_share, share); /* BUG */
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++)
        sem_wait(&done);
    for (size_t i = 0; i < created; i++)
        total += shares[i].found;
    sem_destroy(&done);
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
