/* expect: assertion */
/*
 * Two threads look at an atomic "leader" variable and make themselves leader
 * if there is none.  T1 loads "none", T2 loads "none", T1 stores 1, T2 stores
 * 2: both believe to be the leader.  The twin does check and act in one
 * compare-and-swap.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int leader;  /* 0: none */
static atomic_int leaders; /* how many were elected */
static int id[2] = {1, 2};

static void *candidate(void *arg)
{
    int me = *(int *)arg;

#ifdef FIXED
    int none = 0;
    if (atomic_compare_exchange_strong(&leader, &none, me))
        atomic_fetch_add(&leaders, 1);
#else
    if (atomic_load(&leader) == 0) {
        atomic_store(&leader, me); /* BUG: check and act are two steps */
        atomic_fetch_add(&leaders, 1);
    }
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, candidate, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(atomic_load(&leaders) == 1);
    return 0;
}
