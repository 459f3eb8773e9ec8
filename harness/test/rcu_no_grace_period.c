/* expect: use-after-free */
/*
 * A reader counts itself in, loads the current version, uses it, and counts
 * itself out.  The writer replaces the version and frees the old one at once,
 * without waiting for the readers: T1 counts in and loads the old version, T2
 * replaces and frees it, T1 uses it.  The twin leaves the old version to main
 * if a reader is inside.
 * The rule is that of read-copy update; McKenney and Slingwine (1998).
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct version {
    atomic_int hits;
};

static struct version *_Atomic current;
static atomic_int readers;
static struct version *retired;

static void *reader(void *arg)
{
    (void)arg;
    atomic_fetch_add(&readers, 1);
    atomic_fetch_add(&atomic_load(&current)->hits, 1);
    atomic_fetch_sub(&readers, 1);
    return NULL;
}

static void *writer(void *arg)
{
    struct version *new = calloc(1, sizeof *new);
    struct version *old = atomic_exchange(&current, new);

    (void)arg;
#ifdef FIXED
    if (atomic_load(&readers) != 0)
        retired = old;
    else
        free(old);
#else
    free(old); /* BUG: a reader may be using it */
#endif
    return NULL;
}

int main(void)
{
    pthread_t r, w;

    atomic_store(&current, calloc(1, sizeof(struct version)));
    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&w, NULL, writer, NULL);
    pthread_join(r, NULL);
    pthread_join(w, NULL);
    free(retired);
    free(atomic_load(&current));
    return 0;
}
