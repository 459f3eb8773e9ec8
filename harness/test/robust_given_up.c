/* expect: deadlock */
/*
 * A worker ends while it holds a robust mutex. Who asks for it next gets it,
 * with EOWNERDEAD. main takes that for an error, goes on without giving the
 * mutex back, and waits for another worker, who needs it.
 * After the description of EOWNERDEAD in POSIX.1-2017, pthread_mutex_lock.
 */
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int half_done;

static void *dies(void *arg)
{
    pthread_mutex_lock(&lock);
    half_done = 1;
    return arg;
}

static void *repairs(void *arg)
{
    if (pthread_mutex_lock(&lock) == EOWNERDEAD)
        pthread_mutex_consistent(&lock);
    half_done = 0;
    pthread_mutex_unlock(&lock);
    return arg;
}

static void look(void)
{
    int error = pthread_mutex_lock(&lock);

#ifdef FIXED
    if (error == EOWNERDEAD)
        error = pthread_mutex_consistent(&lock);
#endif
    if (error != 0)
        return; /* BUG: it has the mutex all the same */
    half_done = 0;
    pthread_mutex_unlock(&lock);
}

int main(void)
{
    pthread_mutexattr_t kind;
    pthread_t t[2];

    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&lock, &kind);
    pthread_create(&t[0], NULL, dies, NULL);
    pthread_create(&t[1], NULL, repairs, NULL);
    pthread_join(t[0], NULL);
    look();
    pthread_join(t[1], NULL);
    return half_done;
}
