/* expect: livelock */
/*
 * A thread spins until an atomic flag is up; another one raises it and, for
 * the next round, takes it down at once.  T1 loads 0; T2 stores 1 and stores
 * 0; T1 loads 0 for ever.  The twin counts rounds instead, and a count does
 * not go back.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int ready;

static void *waiter(void *arg)
{
    (void)arg;
    while (atomic_load(&ready) == 0)
        sched_yield();
    return NULL;
}

static void *setter(void *arg)
{
    (void)arg;
#ifdef FIXED
    atomic_fetch_add(&ready, 1);
#else
    atomic_store(&ready, 1);
    atomic_store(&ready, 0); /* BUG: the waiter may not have looked */
#endif
    return NULL;
}

int main(void)
{
    pthread_t w, s;

    pthread_create(&w, NULL, waiter, NULL);
    pthread_create(&s, NULL, setter, NULL);
    pthread_join(w, NULL);
    pthread_join(s, NULL);
    return 0;
}
