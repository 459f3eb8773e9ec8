/* expect: assertion */
/*
 * Two threads drop the last two references to an object, each with an atomic
 * load and an atomic store.  T1 loads 2, T2 loads 2, both store 1: neither is
 * the last, and the object is never destroyed.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int references = 2;
static atomic_int destroyed;

static void *dropper(void *arg)
{
    (void)arg;
#ifdef FIXED
    int left = atomic_fetch_sub(&references, 1) - 1;
#else
    int left = atomic_load(&references) - 1;
    atomic_store(&references, left); /* BUG: left may be out of date */
#endif
    if (left == 0)
        atomic_fetch_add(&destroyed, 1);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, dropper, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(atomic_load(&destroyed) == 1);
    return 0;
}
