/* expect: data-race */
/*
 * T1 writes data and stores 1 with release; T2, when it sees the 1, stores 2
 * with relaxed order; T3, when it sees the 2 with acquire, reads the data.
 * T2's store is not a part of the release sequence of T1's store, so T3 does
 * not synchronise with T1, and the accesses to data race.  In the twin T2 uses
 * an atomic read-modify-write, which continues the sequence.
 * Release sequences: C11 5.1.2.4.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static int data;
static atomic_int stage;

static void *writer(void *arg)
{
    (void)arg;
    data = 42;
    atomic_store_explicit(&stage, 1, memory_order_release);
    return NULL;
}

static void *forwarder(void *arg)
{
    (void)arg;
    if (atomic_load_explicit(&stage, memory_order_relaxed) == 1)
#ifdef FIXED
        atomic_fetch_add_explicit(&stage, 1, memory_order_relaxed);
#else
        atomic_store_explicit(&stage, 2, memory_order_relaxed); /* BUG */
#endif
    return NULL;
}

static void *reader(void *arg)
{
    (void)arg;
    if (atomic_load_explicit(&stage, memory_order_acquire) == 2)
        assert(data == 42);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    pthread_create(&t[0], NULL, writer, NULL);
    pthread_create(&t[1], NULL, forwarder, NULL);
    pthread_create(&t[2], NULL, reader, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}
