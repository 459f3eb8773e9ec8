/* expect: assertion */
/*
 * A client waits for a reply with a time limit and reports failure whenever
 * the wait says ETIMEDOUT.  T1 waits; T2 locks; T1's time runs out, but T1 has
 * to wait for the lock; T2 delivers the reply and unlocks; T1 returns with
 * ETIMEDOUT and throws the reply away.  The state decides, not the result of
 * the wait: the twin looks at it once more.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int open = 1, reply, received;

static void *client(void *arg)
{
    struct timespec limit;
    int rc = 0;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    pthread_mutex_lock(&m);
    while (!reply && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&c, &m, &limit);
    open = 0;
#ifdef FIXED
    received = reply;
#else
    received = rc != ETIMEDOUT; /* BUG: the reply may be there all the same */
#endif
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *server(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    if (open)
        reply = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t k, s;

    pthread_create(&k, NULL, client, NULL);
    pthread_create(&s, NULL, server, NULL);
    pthread_join(k, NULL);
    pthread_join(s, NULL);
    assert(received == reply);
    return 0;
}
