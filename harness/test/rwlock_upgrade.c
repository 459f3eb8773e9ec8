/* expect: deadlock */
/*
 * Two threads hold a POSIX read lock and ask for the write lock without giving
 * the read lock back.  There is no such upgrade: the write lock is granted
 * when no reader is left, and the thread itself is one.  T1 read-locks, finds
 * the table empty, write-locks and waits, and T2 does the same.
 */
#include <pthread.h>

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int present;

static void *worker(void *arg)
{
    int missing;

    (void)arg;
    pthread_rwlock_rdlock(&rw);
    missing = !present;
#ifdef FIXED
    pthread_rwlock_unlock(&rw);
#endif
    if (missing) {
        pthread_rwlock_wrlock(&rw); /* BUG: still a reader */
        present = 1;
        pthread_rwlock_unlock(&rw);
    }
#ifndef FIXED
    pthread_rwlock_unlock(&rw);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
