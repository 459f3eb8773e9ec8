/* expect: assertion */
/*
 * Two threads count under a robust mutex, and a third may end with it in hand.
 * Who gets it after that mends the count, but does not say that it is
 * consistent: from its unlock on the mutex is lost, and the other's count too.
 * After the description of ENOTRECOVERABLE in POSIX.1-2017, pthread_mutex_lock
 * and pthread_mutex_consistent.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int counted;

static void *dies(void *arg)
{
    pthread_mutex_lock(&lock);
    return arg;
}

static void *counts(void *arg)
{
    int error = pthread_mutex_lock(&lock);

    if (error == EOWNERDEAD) {
#ifdef FIXED
        pthread_mutex_consistent(&lock);
#endif
        error = 0; /* BUG: nobody was told that it is consistent again */
    }
    if (error == 0) {
        counted++;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

int main(void)
{
    pthread_mutexattr_t robust;
    pthread_t t[3];

    pthread_mutexattr_init(&robust);
    pthread_mutexattr_setrobust(&robust, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock, &robust);
    pthread_create(&t[0], NULL, counts, NULL);
    pthread_create(&t[1], NULL, counts, NULL);
    pthread_create(&t[2], NULL, dies, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    assert(counted == 2);
    return 0;
}
