/* expect: use-after-free */
/*
 * A table holds an object without a reference of its own; whoever drops the
 * last reference takes it out of the table and frees it.  T1 makes the count
 * 0; T2 finds the object in the table and makes the count 1 again; T1 takes it
 * out and frees it; main uses what T2 has found.  The twin drops a reference
 * under the lock of the table.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct object {
    atomic_int references;
    int value;
};

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static struct object *table;

static void *dropper(void *arg)
{
    struct object *o = arg;
    int last;

#ifdef FIXED
    pthread_mutex_lock(&m);
    last = atomic_fetch_sub(&o->references, 1) == 1;
    if (last)
        table = NULL;
    pthread_mutex_unlock(&m);
#else
    last = atomic_fetch_sub(&o->references, 1) == 1;
    pthread_mutex_lock(&m); /* BUG: it may have been found since */
    if (last)
        table = NULL;
    pthread_mutex_unlock(&m);
#endif
    if (last)
        free(o);
    return NULL;
}

static void *finder(void *arg)
{
    struct object *o;

    (void)arg;
    pthread_mutex_lock(&m);
    o = table;
    if (o != NULL)
        atomic_fetch_add(&o->references, 1);
    pthread_mutex_unlock(&m);
    return o;
}

int main(void)
{
    struct object *o = malloc(sizeof *o);
    pthread_t d, f;
    void *found;

    atomic_init(&o->references, 1);
    o->value = 42;
    table = o;
    pthread_create(&d, NULL, dropper, o);
    pthread_create(&f, NULL, finder, NULL);
    pthread_join(d, NULL);
    pthread_join(f, &found);
    if (found != NULL) {
        assert(((struct object *)found)->value == 42);
        dropper(found);
    }
    return 0;
}
