/* expect: use-after-free */
/*
 * A reader announces in a hazard pointer what it is about to read; a writer
 * that replaces the object frees the old one unless it is announced.  T1 loads
 * the pointer; T2 replaces it, finds no announcement, and frees the old
 * object; T1 announces it and reads it.  The twin looks after the announcement
 * whether the pointer is still the same, and gives up if not.
 * Described in Michael, "Hazard pointers" (2004).
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct object {
    atomic_int value;
};

static struct object *_Atomic current;
static struct object *_Atomic hazard;
static struct object *retired;

static void *reader(void *arg)
{
    struct object *o = atomic_load(&current);

    (void)arg;
    atomic_store(&hazard, o);
#ifdef FIXED
    if (atomic_load(&current) != o)
        return NULL;
#endif
    atomic_fetch_add(&o->value, 1); /* BUG: o may be gone since the load */
    atomic_store(&hazard, NULL);
    return NULL;
}

static void *writer(void *arg)
{
    struct object *new = calloc(1, sizeof *new);
    struct object *old = atomic_exchange(&current, new);

    (void)arg;
    if (atomic_load(&hazard) == old)
        retired = old;
    else
        free(old);
    return NULL;
}

int main(void)
{
    pthread_t r, w;

    atomic_store(&current, calloc(1, sizeof(struct object)));
    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&w, NULL, writer, NULL);
    pthread_join(r, NULL);
    pthread_join(w, NULL);
    free(retired);
    free(atomic_load(&current));
    return 0;
}
