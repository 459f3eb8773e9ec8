/* expect: assertion */
/*
 * A lock-free queue of linked nodes (by index; 0 is the dummy).  An enqueuer
 * that finds nothing behind the tail links its node there with a store instead
 * of a compare-and-swap: T1 sees next[0] empty, T2 sees it empty, T1 links
 * node 1, T2 links node 2 in its place, and node 1 is lost.
 * The queue is that of Michael and Scott (PODC 1996), with this mistake added.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { NIL = 0 };

static atomic_int next[3]; /* all NIL */
static atomic_int tail;
static int id[2] = {1, 2};

static void *enqueuer(void *arg)
{
    int node = *(int *)arg;

    for (;;) {
        int t = atomic_load(&tail);
        int n = atomic_load(&next[t]);
        if (n != NIL) {
            atomic_compare_exchange_strong(&tail, &t, n);
            continue;
        }
#ifdef FIXED
        if (!atomic_compare_exchange_strong(&next[t], &n, node))
            continue;
#else
        atomic_store(&next[t], node); /* BUG: another may be linked there */
#endif
        atomic_compare_exchange_strong(&tail, &t, node);
        return NULL;
    }
}

int main(void)
{
    pthread_t t[2];
    int length = 0;

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, enqueuer, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    for (int n = atomic_load(&next[0]); n != NIL; n = atomic_load(&next[n]))
        length++;
    assert(length == 2);
    return 0;
}
