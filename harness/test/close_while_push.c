/* expect: assertion */
/*
 * A producer asks whether a queue is open and pushes in a second critical
 * section; the closer closes the queue and takes out what is in it.  T1 sees
 * "open", T2 closes and drains nothing, T1 pushes into a closed queue, and the
 * item is never handled.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int closed, items, pushed, drained;

static void *producer(void *arg)
{
    int open;

    (void)arg;
    pthread_mutex_lock(&m);
    open = !closed;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the queue may be closed now */
    pthread_mutex_lock(&m);
#endif
    if (open) {
        items++;
        pushed++;
    }
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *closer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    closed = 1;
    drained += items;
    items = 0;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t p, c;

    pthread_create(&p, NULL, producer, NULL);
    pthread_create(&c, NULL, closer, NULL);
    pthread_join(p, NULL);
    pthread_join(c, NULL);
    assert(drained == pushed);
    return 0;
}
