/* expect: misuse */
/*
 * A thread unlocks a mutex it does not hold, "to be sure it is free", before
 * it locks it.  T1 locks and is inside; T2 unlocks T1's lock, locks, and is
 * inside as well.  (POSIX leaves such an unlock of a normal mutex undefined;
 * in the GNU C library it just unlocks.)
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t held;
static atomic_int inside;

static void critical(void)
{
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
}

static void *owner(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    sem_post(&held);
    critical();
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *intruder(void *arg)
{
    (void)arg;
    sem_wait(&held);
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the other thread's lock */
#endif
    pthread_mutex_lock(&m);
    critical();
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t o, i;

    sem_init(&held, 0, 0);
    pthread_create(&o, NULL, owner, NULL);
    pthread_create(&i, NULL, intruder, NULL);
    pthread_join(o, NULL);
    pthread_join(i, NULL);
    return 0;
}
