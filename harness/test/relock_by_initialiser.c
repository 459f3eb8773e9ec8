/* expect: misuse */
/*
 * A lock that was destroyed is made again by its initialiser, which is no
 * call, in the same place of the stack: that is right. To lock one that was
 * not made again is wrong.
 */
#include <pthread.h>

static int total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void wait_a_moment(void)
{
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
    pthread_rwlock_t door = PTHREAD_RWLOCK_INITIALIZER;

    pthread_rwlock_wrlock(&door);
    pthread_mutex_lock(&own);
    pthread_cond_signal(&turn);
    pthread_mutex_unlock(&own);
    pthread_rwlock_unlock(&door);
    pthread_rwlock_destroy(&door);
    pthread_cond_destroy(&turn);
    pthread_mutex_destroy(&own);
}

static void *worker(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++)
        wait_a_moment();
    pthread_mutex_lock(&lock);
    total++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, worker, NULL);
#ifdef FIXED
    pthread_join(thread, NULL);
    pthread_mutex_destroy(&lock);
#else
    pthread_mutex_destroy(&lock); /* BUG: T1 may be about to lock it */
    pthread_join(thread, NULL);
#endif
    return total != 1;
}
