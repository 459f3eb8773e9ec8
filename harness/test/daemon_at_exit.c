/* expect: assertion */
/*
 * main starts a detached thread and returns without waiting for it; a handler
 * registered with atexit() checks that no work is in progress.  T1 starts its
 * work, main returns, the handler runs while T1 is in the middle.  In the twin
 * main joins the thread.
 * "Orphaned threads" in Farchi, Nir and Ur (2003).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int in_progress;

static void at_exit(void)
{
    assert(atomic_load(&in_progress) == 0);
}

static void *worker(void *arg)
{
    (void)arg;
    atomic_store(&in_progress, 1);
    atomic_store(&in_progress, 0);
    return NULL;
}

int main(void)
{
    pthread_t t;

    atexit(at_exit);
    pthread_create(&t, NULL, worker, NULL);
#ifdef FIXED
    pthread_join(t, NULL);
#else
    pthread_detach(t); /* BUG: the process may end in the middle */
#endif
    return 0;
}
