/* expect: crash */
/*
 * A notifier looks under the lock whether a callback is registered and calls
 * it after another critical section in which it reads the pointer again.  If
 * the callback is removed between the two (T1 sees a callback, T2 clears it,
 * T1 reads NULL), the notifier calls the function at address 0.
 */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int answer(void);
static int (*callback)(void) = answer;

static int answer(void)
{
    return 42;
}

static void *notifier(void *arg)
{
    int (*f)(void);

    (void)arg;
    pthread_mutex_lock(&m);
    f = callback;
    pthread_mutex_unlock(&m);
    if (f == NULL)
        return NULL;
#ifndef FIXED
    pthread_mutex_lock(&m);
    f = callback; /* BUG: may be NULL by now */
    pthread_mutex_unlock(&m);
#endif
    assert(f() == 42);
    return NULL;
}

static void *remover(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    callback = NULL;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t n, r;

    pthread_create(&n, NULL, notifier, NULL);
    pthread_create(&r, NULL, remover, NULL);
    pthread_join(n, NULL);
    pthread_join(r, NULL);
    return 0;
}
