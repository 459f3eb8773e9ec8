/* expect: assertion */
/*
 * C11 call_once() runs a function once for each flag.  Here every thread has
 * a flag of its own on its stack, so the initialiser runs once for each
 * thread: T1 runs it, T2 runs it again, and the second run undoes what T1 had
 * set up and is already using.
 */
#include <assert.h>
#include <stdatomic.h>
#include <threads.h>

static atomic_int users;
static atomic_int runs;
#ifdef FIXED
static once_flag once = ONCE_FLAG_INIT;
#endif

static void initialise(void)
{
    atomic_fetch_add(&runs, 1);
    atomic_store(&users, 0);
}

static int worker(void *arg)
{
#ifndef FIXED
    once_flag once = ONCE_FLAG_INIT; /* BUG: one flag for each thread */
#endif

    (void)arg;
    call_once(&once, initialise);
    atomic_fetch_add(&users, 1);
    assert(atomic_load(&runs) == 1);
    return 0;
}

int main(void)
{
    thrd_t t[2];

    for (int i = 0; i < 2; i++)
        thrd_create(&t[i], worker, NULL);
    for (int i = 0; i < 2; i++)
        thrd_join(t[i], NULL);
    assert(atomic_load(&users) == 2);
    return 0;
}
