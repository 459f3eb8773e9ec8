/* expect: assertion */
/*
 * A writer hands pairs to a reader without a lock: it writes into the slot
 * that is not the latest one and then makes it the latest.  With two slots a
 * reader is safe from one write only: T1 (reader) picks slot 0 and reads its
 * first half; the writer writes slot 1, and then slot 0; T1 reads the second
 * half of another pair.  The twin has four slots.
 * Four slots: Simpson, "Four-slot fully asynchronous communication mechanism"
 * (1990).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int latest, reading, slot[2];
static atomic_int first[2][2], second[2][2];

static void write_pair(int v)
{
#ifdef FIXED
    int pair = 1 - atomic_load(&reading);
#else
    int pair = 0; /* BUG: two slots, and no word of what is being read */
#endif
    int i = 1 - atomic_load(&slot[pair]);

    atomic_store(&first[pair][i], v);
    atomic_store(&second[pair][i], v);
    atomic_store(&slot[pair], i);
    atomic_store(&latest, pair);
}

static void *writer(void *arg)
{
    (void)arg;
    write_pair(1);
    write_pair(2);
    return NULL;
}

static void *reader(void *arg)
{
    int pair = atomic_load(&latest), i, v;

    (void)arg;
    atomic_store(&reading, pair);
    i = atomic_load(&slot[pair]);
    v = atomic_load(&first[pair][i]);
    assert(v == atomic_load(&second[pair][i]));
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
