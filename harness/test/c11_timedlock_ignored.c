/* expect: assertion */
/*
 * A thread of C11 <threads.h> locks with mtx_timedlock() and does not tell
 * thrd_timedout from thrd_success.  T1 holds the lock and is inside; T2's time
 * runs out and it goes inside as well (it unlocks only if it locked).
 */
#include <assert.h>
#include <stdatomic.h>
#include <threads.h>
#include <time.h>

static mtx_t m;
static atomic_int inside;

static void critical(void)
{
    assert(atomic_fetch_add(&inside, 1) == 0);
    atomic_fetch_sub(&inside, 1);
}

static int patient(void *arg)
{
    (void)arg;
    mtx_lock(&m);
    critical();
    mtx_unlock(&m);
    return 0;
}

static int hasty(void *arg)
{
    struct timespec limit;
    int rc;

    (void)arg;
    timespec_get(&limit, TIME_UTC);
    limit.tv_sec += 1;
    rc = mtx_timedlock(&m, &limit);
#ifdef FIXED
    if (rc != thrd_success)
        return 0;
#endif
    critical(); /* BUG: with the lock or without */
    if (rc == thrd_success)
        mtx_unlock(&m);
    return 0;
}

int main(void)
{
    thrd_t p, h;

    mtx_init(&m, mtx_timed);
    thrd_create(&p, patient, NULL);
    thrd_create(&h, hasty, NULL);
    thrd_join(p, NULL);
    thrd_join(h, NULL);
    mtx_destroy(&m);
    return 0;
}
