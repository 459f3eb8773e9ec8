/* expect: data-race */
/*
 * Two threads write their part of an object and drop their reference with a
 * relaxed decrement; the one that drops the last reference reads both parts.
 * T1 writes part 0 and makes the count 1; T2 makes it 0 and reads part 0: the
 * count is right, but nothing orders the accesses to the part.  The twin
 * decrements with acquire and release.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#ifdef FIXED
#define DROP_ORDER memory_order_acq_rel
#else
#define DROP_ORDER memory_order_relaxed /* BUG: counts, but does not order */
#endif

static int part[2];
static atomic_int references = 2;
static int id[2] = {0, 1};

static void *worker(void *arg)
{
    int me = *(int *)arg;

    part[me] = me + 1;
    if (atomic_fetch_sub_explicit(&references, 1, DROP_ORDER) == 1)
        assert(part[0] + part[1] == 3);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
