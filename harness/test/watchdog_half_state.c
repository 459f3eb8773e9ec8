/* expect: abort */
/*
 * A worker marks itself busy and then sets its deadline; a watchdog aborts the
 * program if it finds a busy worker without a deadline, which "cannot happen".
 * T1 stores busy; the watchdog loads busy = 1 and deadline = 0, and aborts.
 * The twin sets the deadline first.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int busy, deadline;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    atomic_store(&deadline, 5);
    atomic_store(&busy, 1);
#else
    atomic_store(&busy, 1); /* BUG: the deadline is not set yet */
    atomic_store(&deadline, 5);
#endif
    return NULL;
}

static void *watchdog(void *arg)
{
    (void)arg;
    if (atomic_load(&busy) && atomic_load(&deadline) == 0)
        abort();
    return NULL;
}

int main(void)
{
    pthread_t w, d;

    pthread_create(&w, NULL, worker, NULL);
    pthread_create(&d, NULL, watchdog, NULL);
    pthread_join(w, NULL);
    pthread_join(d, NULL);
    return 0;
}
