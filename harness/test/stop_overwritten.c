/* expect: deadlock */
/*
 * A worker sets its state to RUNNING when it starts, and waits until somebody
 * sets it to STOP.  If main asks for the stop before the worker has got that
 * far (main stores STOP, T1 stores RUNNING), the request is overwritten and
 * the worker waits for ever.
 */
#include <pthread.h>

enum { IDLE, RUNNING, STOP };

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int state = IDLE;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
#ifdef FIXED
    if (state == IDLE)
        state = RUNNING;
#else
    state = RUNNING; /* BUG: may overwrite STOP */
#endif
    while (state != STOP)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, worker, NULL);
    pthread_mutex_lock(&m);
    state = STOP;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, NULL);
    return 0;
}
