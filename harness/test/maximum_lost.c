/* expect: assertion */
/*
 * Two threads report a measurement and keep the largest one in an atomic
 * variable: load, compare, store.  T1 (value 5) loads 0, T2 (value 9) loads 0
 * and stores 9, T1 stores 5: the maximum is forgotten.  The twin repeats a
 * compare-and-swap until its value is in or is no longer the largest.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int maximum;
static int value[2] = {5, 9};

static void *reporter(void *arg)
{
    int mine = *(int *)arg;
    int seen = atomic_load(&maximum);

#ifdef FIXED
    while (seen < mine &&
           !atomic_compare_exchange_strong(&maximum, &seen, mine))
        continue;
#else
    if (seen < mine)
        atomic_store(&maximum, mine); /* BUG: a larger one may be there */
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, reporter, &value[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(atomic_load(&maximum) == 9);
    return 0;
}
