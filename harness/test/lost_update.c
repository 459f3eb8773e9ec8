/* expect: data-race */
/*
 * Two threads each add one to a plain counter that no lock guards.  Nothing
 * orders the two read-modify-writes, so they race under every schedule; under
 * "T1 reads 0, T2 reads 0, T1 writes 1, T2 writes 1" one update is lost too.
 * Described in Andrews, "Foundations of Multithreaded, Parallel, and
 * Distributed Programming", and in most textbooks.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&m);
    counter++;
    pthread_mutex_unlock(&m);
#else
    (void)m;
    counter++; /* BUG: no lock */
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(counter == 2);
    return 0;
}
