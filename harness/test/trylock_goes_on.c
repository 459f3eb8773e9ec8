/* expect: assertion */
/*
 * A thread uses trylock and enters the critical section whether or not it got
 * the lock (it only takes care not to unlock what it does not hold).  T1 locks
 * and is inside, T2's trylock fails and T2 goes in all the same.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static atomic_int inside;

static void critical(void)
{
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
}

static void *patient(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    critical();
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *hasty(void *arg)
{
    int held = pthread_mutex_trylock(&m) == 0;

    (void)arg;
#ifdef FIXED
    if (!held)
        return NULL;
#endif
    critical(); /* BUG: "held" is looked at too late */
    if (held)
        pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t p, h;

    pthread_create(&p, NULL, patient, NULL);
    pthread_create(&h, NULL, hasty, NULL);
    pthread_join(p, NULL);
    pthread_join(h, NULL);
    return 0;
}
