/* expect: assertion */
/*
 * A work-stealing deque with one task: the owner takes at the bottom, a thief
 * steals at the top.  For the last task both ends are the same, and the owner
 * takes it without competing for it: the thief reads top 0 and bottom 1; the
 * owner makes bottom 0, sees top 0 and takes; the thief's compare-and-swap of
 * top succeeds and it takes the same task.
 * Described in Arora, Blumofe and Plaxton (1998) and Chase and Lev (2005).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int top, bottom = 1;
static atomic_int taken;

static void run_task(void)
{
    assert(atomic_fetch_add(&taken, 1) == 0);
}

static void *owner(void *arg)
{
    int b = atomic_load(&bottom) - 1, t;

    (void)arg;
    atomic_store(&bottom, b);
    t = atomic_load(&top);
    if (t < b) {
        run_task();
        return NULL;
    }
    if (t == b) {
#ifdef FIXED
        if (atomic_compare_exchange_strong(&top, &t, t + 1))
            run_task();
#else
        atomic_store(&top, t + 1); /* BUG: a thief may have it already */
        run_task();
#endif
    }
    atomic_store(&bottom, b + 1);
    return NULL;
}

static void *thief(void *arg)
{
    int t = atomic_load(&top);

    (void)arg;
    if (t < atomic_load(&bottom) &&
        atomic_compare_exchange_strong(&top, &t, t + 1))
        run_task();
    return NULL;
}

int main(void)
{
    pthread_t o, t;

    pthread_create(&o, NULL, owner, NULL);
    pthread_create(&t, NULL, thief, NULL);
    pthread_join(o, NULL);
    pthread_join(t, NULL);
    assert(atomic_load(&taken) == 1);
    return 0;
}
