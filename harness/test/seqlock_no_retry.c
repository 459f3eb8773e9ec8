/* expect: assertion */
/*
 * A writer makes the sequence number odd, writes two words, and makes it even
 * again.  The reader sees an even number, reads both words, and does not look
 * at the number again: T1 sees 0 and reads x = 0; T2 writes both; T1 reads
 * y = 1.  The twin drops what it has read if the number has changed.
 * Described in Boehm, "Can seqlocks get along with programming language memory
 * models?" (2012).
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
    if (before % 2 != 0)
        return NULL;
    a = atomic_load(&x);
    b = atomic_load(&y);
#ifdef FIXED
    if (atomic_load(&sequence) != before)
        return NULL;
#endif
    assert(a == b); /* BUG: a writer may have come in between */
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
