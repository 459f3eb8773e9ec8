/* expect: deadlock */
/*
 * A home-made read-write lock lets a reader become the writer: it waits until
 * it is the only reader left.  T1 reads, T2 reads, T1 upgrades and waits for
 * T2 to go, T2 upgrades and waits for T1 to go.  The twin gives the read lock
 * back and asks for the write lock like everybody else.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int readers, writing;
static int total;

static void read_lock(void)
{
    pthread_mutex_lock(&m);
    while (writing)
        pthread_cond_wait(&c, &m);
    readers++;
    pthread_mutex_unlock(&m);
}

static void upgrade(void)
{
    pthread_mutex_lock(&m);
#ifdef FIXED
    readers--;
    pthread_cond_broadcast(&c);
    while (readers > 0 || writing)
        pthread_cond_wait(&c, &m);
#else
    while (readers > 1) /* BUG: the other reader may wait here as well */
        pthread_cond_wait(&c, &m);
    readers--;
#endif
    writing = 1;
    pthread_mutex_unlock(&m);
}

static void write_unlock(void)
{
    pthread_mutex_lock(&m);
    writing = 0;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
}

static void *worker(void *arg)
{
    (void)arg;
    read_lock();
    upgrade();
    total++;
    write_unlock();
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(total == 2);
    return 0;
}
