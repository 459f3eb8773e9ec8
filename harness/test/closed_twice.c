/* expect: abort */
/*
 * Two threads close a connection when they have finished with it; the program
 * aborts if a connection that is not open is torn down.  The state is atomic,
 * but it is tested and changed in two steps: T1 sees OPEN, T2 sees OPEN, T1
 * makes it CLOSED and tears down, T2 does so again and aborts.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { CLOSED, OPEN };

static atomic_int state = OPEN;
static atomic_int torn_down;

static void tear_down(void)
{
    if (atomic_fetch_add(&torn_down, 1) != 0)
        abort();
}

static void *closer(void *arg)
{
    (void)arg;
#ifdef FIXED
    if (atomic_exchange(&state, CLOSED) == OPEN)
        tear_down();
#else
    if (atomic_load(&state) == OPEN) {
        atomic_store(&state, CLOSED); /* BUG: both may come here */
        tear_down();
    }
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, closer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
