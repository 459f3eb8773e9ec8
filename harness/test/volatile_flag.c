/* expect: data-race */
/*
 * The flag of message passing is volatile, in the belief that this makes it
 * fit for threads.  A volatile access is not atomic and orders nothing between
 * threads: T1 writes the flag, T2 reads it, and they race, as do the data.
 * Described in Boehm and Adve, "You don't know jack about shared variables or
 * memory models" (2012).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static int data;
#ifdef FIXED
static atomic_int ready;
#else
static volatile int ready; /* BUG: volatile is not atomic */
#endif

static void *sender(void *arg)
{
    (void)arg;
    data = 42;
    ready = 1;
    return NULL;
}

static void *receiver(void *arg)
{
    (void)arg;
    if (ready)
        assert(data == 42);
    return NULL;
}

int main(void)
{
    pthread_t s, r;

    pthread_create(&s, NULL, sender, NULL);
    pthread_create(&r, NULL, receiver, NULL);
    pthread_join(s, NULL);
    pthread_join(r, NULL);
    return 0;
}
