/* expect: use-after-free */
/*
 * Two threads drop their references: an atomic decrement, and then a second
 * look at the count to see whether it is 0.  T1 makes it 1, T2 makes it 0,
 * finds 0 and frees the object, T1 looks at the count of the freed object.
 * (The exchange sees to it that nobody frees it twice.)  The twin uses the
 * value that the decrement returned.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct object {
    atomic_int references;
};

static struct object *_Atomic slot;

static void destroy(void)
{
    free(atomic_exchange(&slot, NULL));
}

static void *dropper(void *arg)
{
    struct object *o = arg;

#ifdef FIXED
    if (atomic_fetch_sub(&o->references, 1) == 1)
        destroy();
#else
    atomic_fetch_sub(&o->references, 1);
    if (atomic_load(&o->references) == 0) /* BUG: may be freed by now */
        destroy();
#endif
    return NULL;
}

int main(void)
{
    struct object *o = malloc(sizeof *o);
    pthread_t t[2];

    atomic_init(&o->references, 2);
    atomic_store(&slot, o);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, dropper, o);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
