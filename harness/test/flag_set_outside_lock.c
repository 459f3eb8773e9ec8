/* expect: deadlock */
/*
 * The waiter does everything right; the other thread sets the (atomic) flag
 * and signals without ever taking the lock.  T1 locks and loads "not done"; T2
 * stores "done" and signals, and nobody waits yet; T1 waits for ever.  That
 * the flag is atomic does not help.
 */
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static atomic_int done;

static void *waiter(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (!atomic_load(&done))
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *signaller(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&m);
    atomic_store(&done, 1);
    pthread_mutex_unlock(&m);
#else
    atomic_store(&done, 1); /* BUG: between the waiter's look and its wait */
#endif
    pthread_cond_signal(&c);
    return NULL;
}

int main(void)
{
    pthread_t w, s;

    pthread_create(&w, NULL, waiter, NULL);
    pthread_create(&s, NULL, signaller, NULL);
    pthread_join(w, NULL);
    pthread_join(s, NULL);
    return 0;
}
