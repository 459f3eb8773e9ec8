/* expect: assertion */
/*
 * Three setter threads each raise "claimed" and then "filled"; a checker that
 * sees "claimed" relies on "filled".  It fails only if the checker runs after
 * some setter has raised "claimed" and before any of the 3 setters has raised
 * "filled": T1 stores claimed, the checker loads claimed (1) and filled (0).
 * After the first complete setter the bug is covered up, so it is rare.
 * In the manner of the "reorder" programs in Thomson, Donaldson and Betts,
 * "Concurrency testing using schedule bounding" (PPoPP 2014).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SETTERS = 3 };

static atomic_int claimed, filled;

static void *setter(void *arg)
{
    (void)arg;
#ifdef FIXED
    atomic_store(&filled, 1);
    atomic_store(&claimed, 1);
#else
    atomic_store(&claimed, 1); /* BUG: the two stores are the wrong way */
    atomic_store(&filled, 1);
#endif
    return NULL;
}

static void *checker(void *arg)
{
    (void)arg;
    if (atomic_load(&claimed))
        assert(atomic_load(&filled));
    return NULL;
}

int main(void)
{
    pthread_t t[SETTERS + 1];

    for (int i = 0; i < SETTERS; i++)
        pthread_create(&t[i], NULL, setter, NULL);
    pthread_create(&t[SETTERS], NULL, checker, NULL);
    for (int i = 0; i <= SETTERS; i++)
        pthread_join(t[i], NULL);
    return 0;
}
