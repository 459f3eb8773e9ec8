/* expect: data-race */
/*
 * A writer publishes with a release store and then writes one more field.  T1
 * writes a, stores ready (release), T2 loads ready (acquire) and reads both
 * fields, T1 writes b: only what comes before the release store is ordered,
 * and the accesses to b race.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static int a, b;
static atomic_int ready;

static void *writer(void *arg)
{
    (void)arg;
    a = 1;
#ifdef FIXED
    b = 2;
    atomic_store_explicit(&ready, 1, memory_order_release);
#else
    atomic_store_explicit(&ready, 1, memory_order_release);
    b = 2; /* BUG: after the release */
#endif
    return NULL;
}

static void *reader(void *arg)
{
    (void)arg;
    if (atomic_load_explicit(&ready, memory_order_acquire)) {
        assert(a == 1);
        assert(b == 0 || b == 2);
    }
    return NULL;
}

int main(void)
{
    pthread_t w, r;

    pthread_create(&w, NULL, writer, NULL);
    pthread_create(&r, NULL, reader, NULL);
    pthread_join(w, NULL);
    pthread_join(r, NULL);
    return 0;
}
