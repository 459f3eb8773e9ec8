/* expect: assertion */
/*
 * A map has thread-safe operations contains() and insert().  Two threads call
 * "if (!contains(k)) insert(k)": T1 does not find the key, T2 does not find
 * it, both insert, and the key is in the map twice.  Safe operations do not
 * make a safe sequence.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int key[4];
static int used;

static int find(int k)
{
    int hits = 0;

    for (int i = 0; i < used; i++)
        hits += key[i] == k;
    return hits;
}

static void insert_if_absent(int k)
{
    int hits;

    pthread_mutex_lock(&m);
    hits = find(k);
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: somebody may insert k now */
    pthread_mutex_lock(&m);
#endif
    if (hits == 0)
        key[used++] = k;
    pthread_mutex_unlock(&m);
}

static void *worker(void *arg)
{
    (void)arg;
    insert_if_absent(17);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(find(17) == 1);
    return 0;
}
