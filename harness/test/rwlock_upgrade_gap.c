/* expect: assertion */
/*
 * A thread that finds the table empty under a read lock gives the lock back,
 * takes the write lock and fills the table.  T1 sees it empty, T2 sees it
 * empty, T1 fills it, T2 fills it again: what was true under the read lock
 * need not be true under the write lock.
 */
#include <assert.h>
#include <pthread.h>

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int present, fills;

static void *worker(void *arg)
{
    int missing;

    (void)arg;
    pthread_rwlock_rdlock(&rw);
    missing = !present;
    pthread_rwlock_unlock(&rw);
    if (!missing)
        return NULL;
    pthread_rwlock_wrlock(&rw);
#ifdef FIXED
    missing = !present;
#endif
    if (missing) { /* BUG: known from before the gap between the locks */
        present = 1;
        fills++;
    }
    pthread_rwlock_unlock(&rw);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(fills == 1);
    return 0;
}
