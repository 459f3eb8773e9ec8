/* expect: fail memory */
/*
 * A helper is started by the first call and kept for those that follow: so the
 * second one need not pay for it. But it belongs to all calls, which wait for
 * one another, and it is never joined.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t calls = PTHREAD_MUTEX_INITIALIZER; /* one at a time */
/* guarded by calls */
static bool is_there;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER; /* any of these */
/* guarded by lock */
static const unsigned char *its_bytes;
static bool (*its_wanted)(unsigned char byte);
static size_t its_length, its_found;
static bool has_work;

static size_t count(const unsigned char *bytes, size_t length,
                    bool (*wanted)(unsigned char byte))
{
    size_t found = 0;

    for (size_t i = 0; i < length; i++)
        if (wanted(bytes[i]))
            found++;
    return found;
}

static void *help(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        size_t found;

        while (!has_work)
            pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
        found = count(its_bytes, its_length, its_wanted);
        pthread_mutex_lock(&lock);
        its_found = found;
        has_work = false;
        pthread_cond_broadcast(&changed);
    }
    return unused;
}

static void give(const unsigned char *bytes, size_t length,
                 bool (*wanted)(unsigned char byte))
{
    pthread_mutex_lock(&lock);
    its_bytes = bytes;
    its_length = length;
    its_wanted = wanted;
    has_work = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t half = threads > 1 ? length / 2 : length, total;
    pthread_t helper;

    pthread_mutex_lock(&calls);
    if (!is_there && pthread_create(&helper, NULL, help, NULL) != 0) { /* BUG */
        pthread_mutex_unlock(&calls);
        return EAGAIN;
    }
    if (!is_there)
        pthread_detach(helper);
    is_there = true;
    give(bytes + half, length - half, wanted);
    total = count(bytes, half, wanted);
    pthread_mutex_lock(&lock);
    while (has_work)
        pthread_cond_wait(&changed, &lock);
    total += its_found;
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&calls);
    *result = total;
    return 0;
}
