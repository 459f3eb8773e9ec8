/* expect: assertion */
/*
 * A thread that holds the lock lends it: a helper is told to work "under my
 * lock" and does not lock.  The lender unlocks without waiting for the helper:
 * T1 locks and calls T2; T1 unlocks; T2 is inside; T3 locks and is inside as
 * well.  In the twin the lender waits until the helper is through.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t lent, returned;
static atomic_int inside;

static void critical(void)
{
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
}

static void *lender(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    sem_post(&lent);
#ifdef FIXED
    sem_wait(&returned);
#endif
    pthread_mutex_unlock(&m); /* BUG: the helper may still be inside */
    return NULL;
}

static void *helper(void *arg)
{
    (void)arg;
    sem_wait(&lent);
    critical();
    sem_post(&returned);
    return NULL;
}

static void *other(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    critical();
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    sem_init(&lent, 0, 0);
    sem_init(&returned, 0, 0);
    pthread_create(&t[0], NULL, lender, NULL);
    pthread_create(&t[1], NULL, helper, NULL);
    pthread_create(&t[2], NULL, other, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}
