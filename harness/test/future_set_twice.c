/* expect: abort */
/*
 * Two workers race for the result of a future.  Setting a future twice is an
 * error that ends the program.  Each worker asks first whether it is set, but
 * asks and sets in two critical sections: T1 sees "not set", T2 sees "not
 * set", T1 sets, T2 sets and aborts.
 */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int is_set, value;
static int id[2] = {1, 2};

static void set(int v) /* with the lock held */
{
    if (is_set)
        abort();
    is_set = 1;
    value = v;
}

static void *worker(void *arg)
{
    int done;

    pthread_mutex_lock(&m);
    done = is_set;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the other one may set it now */
    pthread_mutex_lock(&m);
#endif
    if (!done)
        set(*(int *)arg);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return value == 0;
}
