/* expect: assertion */
/*
 * A ring buffer for one producer and one consumer without locks.  The producer
 * moves the tail on before it has written the slot: T1 stores tail = 1, T2
 * sees an item and reads slot 0, which is still 0, then T1 writes it.
 * Described in Lamport, "Specifying concurrent program modules" (1983), with
 * the right order.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int slot[2];
static atomic_int head, tail;

static void *producer(void *arg)
{
    int t = atomic_load(&tail);

    (void)arg;
#ifdef FIXED
    atomic_store(&slot[t], 42);
    atomic_store(&tail, t + 1);
#else
    atomic_store(&tail, t + 1); /* BUG: the slot is not written yet */
    atomic_store(&slot[t], 42);
#endif
    return NULL;
}

static void *consumer(void *arg)
{
    int h = atomic_load(&head);

    (void)arg;
    if (h < atomic_load(&tail)) {
        assert(atomic_load(&slot[h]) == 42);
        atomic_store(&head, h + 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t p, c;

    pthread_create(&p, NULL, producer, NULL);
    pthread_create(&c, NULL, consumer, NULL);
    pthread_join(p, NULL);
    pthread_join(c, NULL);
    return 0;
}
