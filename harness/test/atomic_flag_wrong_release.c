/* expect: assertion */
/*
 * A C11 atomic_flag serves as a spin lock that is tried once; the flag is
 * cleared at the end by every thread, also by one that did not get it.  T1
 * sets the flag and is inside; T2 finds it set and clears it; T3 sets it and
 * is inside together with T1.
 */
#include <assert.h>
#include <stdatomic.h>
#include <threads.h>

static atomic_flag locked = ATOMIC_FLAG_INIT;
static atomic_int inside;

static int worker(void *arg)
{
    int held = !atomic_flag_test_and_set(&locked);

    (void)arg;
    if (held) {
        assert(atomic_fetch_add(&inside, 1) == 0);
        atomic_fetch_sub(&inside, 1);
    }
#ifdef FIXED
    if (held)
#endif
        atomic_flag_clear(&locked); /* BUG: may be another thread's lock */
    return 0;
}

int main(void)
{
    thrd_t t[3];

    for (int i = 0; i < 3; i++)
        thrd_create(&t[i], worker, NULL);
    for (int i = 0; i < 3; i++)
        thrd_join(t[i], NULL);
    return 0;
}
