/* expect: livelock */
/*
 * A reader holds a read lock and spins until the writer has written.  If the
 * writer comes first, all is well; if T1 read-locks first, T2 waits for T1 to
 * give the lock back, and T1 spins for T2.  The twin spins without the lock.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int written;
static int value;

static void *reader(void *arg)
{
    int seen;

    (void)arg;
#ifdef FIXED
    while (!atomic_load(&written))
        sched_yield();
    pthread_rwlock_rdlock(&rw);
#else
    pthread_rwlock_rdlock(&rw);
    while (!atomic_load(&written)) /* BUG: the writer cannot get in */
        sched_yield();
#endif
    seen = value;
    pthread_rwlock_unlock(&rw);
    return seen == 7 ? NULL : arg;
}

static void *writer(void *arg)
{
    (void)arg;
    pthread_rwlock_wrlock(&rw);
    value = 7;
    atomic_store(&written, 1);
    pthread_rwlock_unlock(&rw);
    return NULL;
}

int main(void)
{
    pthread_t r, w;

    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&w, NULL, writer, NULL);
    pthread_join(r, NULL);
    pthread_join(w, NULL);
    return 0;
}
