/* expect: use-after-free */
/*
 * A notifier takes the observer out of the table under the lock and calls it
 * after the unlock; the owner unregisters the observer and frees it.  T1 takes
 * the pointer, T2 unregisters and frees, T1 calls.  (The other way out, to
 * call it under the lock, may deadlock: see lock_order_callback.c.)
 */
#include <pthread.h>
#include <stdlib.h>

struct observer {
    int calls;
};

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;
static struct observer *registered;

static void call(struct observer *o)
{
    pthread_mutex_lock(&count);
    o->calls++;
    pthread_mutex_unlock(&count);
}

static void *notifier(void *arg)
{
    struct observer *o;

    (void)arg;
    pthread_mutex_lock(&table);
    o = registered;
#ifndef FIXED
    pthread_mutex_unlock(&table); /* BUG: o may be freed before the call */
#endif
    if (o != NULL)
        call(o);
#ifdef FIXED
    pthread_mutex_unlock(&table);
#endif
    return NULL;
}

static void *owner(void *arg)
{
    struct observer *o;

    (void)arg;
    pthread_mutex_lock(&table);
    o = registered;
    registered = NULL;
    pthread_mutex_unlock(&table);
    pthread_mutex_lock(&count);
    free(o);
    pthread_mutex_unlock(&count);
    return NULL;
}

int main(void)
{
    pthread_t n, o;

    registered = calloc(1, sizeof *registered);
    pthread_create(&n, NULL, notifier, NULL);
    pthread_create(&o, NULL, owner, NULL);
    pthread_join(n, NULL);
    pthread_join(o, NULL);
    return 0;
}
