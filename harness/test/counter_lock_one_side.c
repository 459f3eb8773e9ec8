/* expect: data-race */
/*
 * One thread changes the counter under the lock, the other one reads it
 * without.  A lock excludes only those who take it: the read is not ordered
 * with the write, so the two race whichever comes first (T1 locks and writes;
 * T2 reads, at any moment).
 * Pattern "wrong lock or no lock" in Farchi, Nir and Ur (2003).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int counter;

static void *writer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    counter++;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *reader(void *arg)
{
    int seen;

    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&m);
    seen = counter;
    pthread_mutex_unlock(&m);
#else
    seen = counter; /* BUG: only the writer takes the lock */
#endif
    assert(seen == 0 || seen == 1);
    return NULL;
}

int main(void)
{
    pthread_t w, r;

    pthread_create(&w, NULL, writer, NULL);
    pthread_create(&r, NULL, reader, NULL);
    pthread_join(w, NULL);
    pthread_join(r, NULL);
    assert(counter == 1);
    return 0;
}
