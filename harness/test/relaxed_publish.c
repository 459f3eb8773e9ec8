/* expect: data-race */
/*
 * T1 writes plain data and raises an atomic flag with relaxed order; T2 reads
 * the data if it sees the flag.  Relaxed accesses do not race themselves, but
 * they order nothing else: "T1 writes data, T1 stores flag, T2 loads flag (1),
 * T2 reads data" has a race on data.  The twin uses release and acquire.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#ifdef FIXED
#define STORE_ORDER memory_order_release
#define LOAD_ORDER  memory_order_acquire
#else
#define STORE_ORDER memory_order_relaxed /* BUG: orders nothing else */
#define LOAD_ORDER  memory_order_relaxed
#endif

static int data;
static atomic_int flag;

static void *sender(void *arg)
{
    (void)arg;
    data = 42;
    atomic_store_explicit(&flag, 1, STORE_ORDER);
    return NULL;
}

static void *receiver(void *arg)
{
    (void)arg;
    if (atomic_load_explicit(&flag, LOAD_ORDER))
        assert(data == 42);
    return NULL;
}

int main(void)
{
    pthread_t s, r;

    pthread_create(&s, NULL, sender, NULL);
    pthread_create(&r, NULL, receiver, NULL);
    pthread_join(s, NULL);
    pthread_join(r, NULL);
    return 0;
}
