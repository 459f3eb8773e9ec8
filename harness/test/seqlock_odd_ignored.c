/* expect: assertion */
/*
 * The reader of a sequence lock compares the number before and after, but does
 * not mind that it is odd.  T2 makes it 1 and writes x; T1 reads the number 1,
 * x = 1, y = 0 and the number 1 again: nothing changed, yet it was in the
 * middle of a write.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int sequence;
static atomic_int x, y;

static void *writer(void *arg)
{
    (void)arg;
    atomic_fetch_add(&sequence, 1);
    atomic_store(&x, 1);
    atomic_store(&y, 1);
    atomic_fetch_add(&sequence, 1);
    return NULL;
}

static void *reader(void *arg)
{
    int before = atomic_load(&sequence), a, b;

    (void)arg;
#ifdef FIXED
    if (before % 2 != 0)
        return NULL;
#endif
    a = atomic_load(&x);
    b = atomic_load(&y);
    if (atomic_load(&sequence) == before)
        assert(a == b); /* BUG: the number may be odd both times */
    return NULL;
}

int main(void)
{
    pthread_t w, r;

    pthread_create(&w, NULL, writer, NULL);
    pthread_create(&r, NULL, reader, NULL);
    pthread_join(w, NULL);
    pthread_join(r, NULL);
    return 0;
}
