/* expect: assertion */
/*
 * Two threads ask a cache for the same key.  On a miss a thread computes the
 * value without the lock, which is right, and stores it without another look,
 * which is not: T1 misses, T2 misses, both compute, and the second store
 * replaces a value that the first thread is already using.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int cached; /* 0: not in the cache */
static int fills;

static int lookup(void)
{
    int v;

    pthread_mutex_lock(&m);
    v = cached;
    pthread_mutex_unlock(&m);
    return v;
}

static void *client(void *arg)
{
    int computed = 6 * 7;

    (void)arg;
    if (lookup() == 0) {
        pthread_mutex_lock(&m);
#ifdef FIXED
        if (cached == 0) {
            cached = computed;
            fills++;
        }
#else
        cached = computed; /* BUG: no second look under the lock */
        fills++;
#endif
        pthread_mutex_unlock(&m);
    }
    assert(lookup() == 42);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, client, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(fills == 1);
    return 0;
}
