/* expect: pass */
/*
 * No thread starts to count before all could be created: they wait behind a
 * gate, a condition variable. So a failure costs no work. The gate is opened
 * with a broadcast after the unlock, which is allowed.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    /* guarded by lock */
    enum { SHUT, GO, GO_HOME } state;
};

struct share {
    pthread_t thread;
    struct gate *gate;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

static bool gate_pass(struct gate *gate)
{
    bool go;

    pthread_mutex_lock(&gate->lock);
    while (gate->state == SHUT)
        pthread_cond_wait(&gate->opened, &gate->lock);
    go = gate->state == GO;
    pthread_mutex_unlock(&gate->lock);
    return go;
}

static void gate_open(struct gate *gate, bool go)
{
    pthread_mutex_lock(&gate->lock);
    gate->state = go ? GO : GO_HOME;
    pthread_mutex_unlock(&gate->lock);
    pthread_cond_broadcast(&gate->opened);
}

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    if (!gate_pass(share->gate))
        return NULL;
    for (size_t i = 0; i < share->length; i++)
        found += share->wanted(share->bytes[i]);
    share->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
                        SHUT};
    size_t n = (size_t)threads;
    struct share *shares = calloc(n, sizeof *shares);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct share *share = &shares[created];

        share->gate = &gate;
        share->bytes = bytes + created * (length / n);
        share->length = length / n;
        if (created == n - 1)
            share->length += length % n;
        share->wanted = wanted;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error != 0)
            break;
    }
    gate_open(&gate, error == 0);
    for (size_t i = 0; i < created; i++) {
        pthread_join(shares[i].thread, NULL);
        total += shares[i].found;
    }
    pthread_cond_destroy(&gate.opened);
    pthread_mutex_destroy(&gate.lock);
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
