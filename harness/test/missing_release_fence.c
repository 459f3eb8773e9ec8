/* expect: data-race */
/*
 * Message passing with a relaxed flag and fences.  T1 has no release fence
 * between the data and the store: under "T1 writes data, T1 stores flag, T2
 * loads flag (1), T2 reads data" nothing orders the two accesses to the data,
 * and they race.  The twin has both fences.
 * Fences: C11 7.17.4.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static int data;
static atomic_int flag;

static void *sender(void *arg)
{
    (void)arg;
    data = 42;
#ifdef FIXED
    atomic_thread_fence(memory_order_release);
#endif
    /* BUG: no release fence before the store */
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    return NULL;
}

static void *receiver(void *arg)
{
    (void)arg;
    if (atomic_load_explicit(&flag, memory_order_relaxed)) {
        atomic_thread_fence(memory_order_acquire);
        assert(data == 42);
    }
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
