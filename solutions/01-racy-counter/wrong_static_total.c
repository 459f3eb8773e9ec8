/* expect: fail counts-right */
/*
 * The total is static, and so is the lock that guards it. One call alone is
 * right; two calls at the same moment count into the same variable.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* guarded by lock */
static size_t total; /* BUG */

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    for (size_t i = 0; i < share->length; i++) {
        if (share->wanted(share->bytes[i]))
            found++;
    }
    pthread_mutex_lock(&lock);
    total += found;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    pthread_mutex_lock(&lock);
    total = 0;
    pthread_mutex_unlock(&lock);
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->bytes = bytes + created * (length / n);
        share->length = length / n;
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++)
        pthread_join(shares[i].thread, NULL);
    free(shares);
    pthread_mutex_lock(&lock);
    if (error == 0)
        *result = total;
    pthread_mutex_unlock(&lock);
    return error;
}
