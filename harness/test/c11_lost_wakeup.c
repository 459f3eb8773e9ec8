/* expect: deadlock */
/*
 * The lost wakeup with mtx_t and cnd_t of C11: the waiter finds "not ready" in
 * one critical section and waits in the next one.  T1 finds 0 and unlocks; T2
 * sets ready and signals, and nobody waits; T1 locks and waits for ever.
 */
#include <threads.h>

static mtx_t m;
static cnd_t c;
static int ready;

static int waiter(void *arg)
{
    (void)arg;
    mtx_lock(&m);
    while (!ready) {
#ifndef FIXED
        mtx_unlock(&m); /* BUG: the signal may come right here */
        mtx_lock(&m);
#endif
        cnd_wait(&c, &m);
    }
    mtx_unlock(&m);
    return 0;
}

static int setter(void *arg)
{
    (void)arg;
    mtx_lock(&m);
    ready = 1;
    cnd_signal(&c);
    mtx_unlock(&m);
    return 0;
}

int main(void)
{
    thrd_t w, s;

    mtx_init(&m, mtx_plain);
    cnd_init(&c);
    thrd_create(&w, waiter, NULL);
    thrd_create(&s, setter, NULL);
    thrd_join(w, NULL);
    thrd_join(s, NULL);
    cnd_destroy(&c);
    mtx_destroy(&m);
    return 0;
}
