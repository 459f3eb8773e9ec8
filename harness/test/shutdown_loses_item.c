/* expect: assertion */
/*
 * main puts an item into a queue and then asks the worker to stop.  The worker
 * looks at the stop flag before it looks at the queue: if main does both
 * before the worker runs (main puts, main stops, T1 sees stop), the last item
 * is never handled.  The twin stops only if the queue is empty.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int items, stop, handled;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    for (;;) {
        while (items == 0 && !stop)
            pthread_cond_wait(&c, &m);
#ifdef FIXED
        if (items == 0)
#else
        if (stop) /* BUG: there may be an item left */
#endif
            break;
        items--;
        handled++;
    }
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, worker, NULL);
    pthread_mutex_lock(&m);
    items++;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_mutex_lock(&m);
    stop = 1;
    pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    pthread_join(t, NULL);
    assert(handled == 1);
    return 0;
}
