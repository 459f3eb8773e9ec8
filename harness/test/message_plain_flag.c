/* expect: data-race */
/*
 * Message passing with a plain flag: T1 writes the data and sets the flag, T2
 * reads the data if the flag is set.  Under every interleaving the data are
 * there when the flag is set, but flag and data race; the compiler and the
 * machine may exchange the two writes.
 * Described in Adve and Boehm, "Memory models: a case for rethinking parallel
 * languages and hardware" (2010).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static int data;
#ifdef FIXED
static atomic_int flag;
#else
static int flag; /* BUG: not atomic */
#endif

static void *sender(void *arg)
{
    (void)arg;
    data = 42;
    flag = 1;
    return NULL;
}

static void *receiver(void *arg)
{
    (void)arg;
    if (flag)
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
