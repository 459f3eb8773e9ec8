/* expect: data-race */
/*
 * A spin lock of an atomic_flag is taken with acquire and released with
 * relaxed order.  Under every interleaving only one thread is inside, but T1
 * inside, T1 clears, T2 sets, T2 inside is not ordered: the accesses to the
 * counter race.  A thread that finds the lock taken gives up.
 */
#include <pthread.h>
#include <stdatomic.h>

#ifdef FIXED
#define UNLOCK_ORDER memory_order_release
#else
#define UNLOCK_ORDER memory_order_relaxed /* BUG: releases nothing */
#endif

static atomic_flag locked = ATOMIC_FLAG_INIT;
static int counter;

static void *worker(void *arg)
{
    (void)arg;
    if (!atomic_flag_test_and_set_explicit(&locked, memory_order_acquire)) {
        counter++;
        atomic_flag_clear_explicit(&locked, UNLOCK_ORDER);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return counter < 1;
}
