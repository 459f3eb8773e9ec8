/* expect: misuse */
/*
 * main wants a worker to stop; it sets the flag and, instead of waking the
 * worker, destroys the condition variable "because nobody needs it any more".
 * If the worker sees the flag first, all is well; if it waits already (T1
 * waits, main sets stop and destroys), nobody will ever wake it.  (In the GNU
 * C library the destroy itself waits until no waiter is left.)
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int stop;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (!stop)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, worker, NULL);
    pthread_mutex_lock(&m);
    stop = 1;
#ifdef FIXED
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, NULL);
    pthread_cond_destroy(&c);
#else
    pthread_mutex_unlock(&m);
    pthread_cond_destroy(&c); /* BUG: the worker may be waiting on it */
    pthread_join(t, NULL);
#endif
    return 0;
}
