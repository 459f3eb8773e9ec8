/* expect: crash */
/*
 * main creates a worker and then stores the connection that the worker is to
 * serve.  The worker takes for granted that the pointer is there: if it runs
 * before main's store (create, T1 loads NULL), it dereferences NULL.  The
 * pointer is atomic, so only the order is wrong.
 * The Mozilla bug (nsThread::Main and mThread) in Lu et al. (2008), told again.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct connection {
    int number;
};

static struct connection first = {1};
static struct connection *_Atomic current;

static void *worker(void *arg)
{
    (void)arg;
    assert(atomic_load(&current)->number == 1);
    return NULL;
}

int main(void)
{
    pthread_t t;

#ifdef FIXED
    atomic_store(&current, &first);
#endif
    pthread_create(&t, NULL, worker, NULL);
#ifndef FIXED
    atomic_store(&current, &first); /* BUG: the worker may run already */
#endif
    pthread_join(t, NULL);
    return 0;
}
