/* expect: use-after-free */
/*
 * Two threads take a reference to an object that main holds too; taking one is
 * an atomic load and an atomic store.  T1 loads 1, T2 loads 1, both store 2:
 * there are three references and the count is 2.  T1 and T2 drop theirs, the
 * count is 0, the object is freed, and main uses it.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct object {
    atomic_int references;
    int value;
};

static void get(struct object *o)
{
#ifdef FIXED
    atomic_fetch_add(&o->references, 1);
#else
    int n = atomic_load(&o->references);
    atomic_store(&o->references, n + 1); /* BUG: n may be out of date */
#endif
}

static void put(struct object *o)
{
    if (atomic_fetch_sub(&o->references, 1) == 1)
        free(o);
}

static void *worker(void *arg)
{
    get(arg);
    put(arg);
    return NULL;
}

int main(void)
{
    struct object *o = malloc(sizeof *o);
    pthread_t t[2];

    atomic_init(&o->references, 1);
    o->value = 42;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, o);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(o->value == 42);
    put(o);
    return 0;
}
