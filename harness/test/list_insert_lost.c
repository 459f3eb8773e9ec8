/* expect: assertion */
/*
 * A lock-free list H -> A -> end (by index).  One thread removes A with a
 * compare-and-swap of next[H], another one inserts X behind A with one of
 * next[A].  T1 reads next[A] = end, T2 makes next[A] = X, T1 makes next[H] =
 * end: both succeed, and X is lost.  The twin marks next[A] before it unlinks
 * A, so that nothing can be put behind it any more.
 * Described in Harris, "A pragmatic implementation of non-blocking
 * linked-lists" (2001).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { H, A, X, END, MARK = 8 };

static atomic_int next[3] = {A, END, END};

static void *remover(void *arg)
{
    int n = atomic_load(&next[A]), a = A;

    (void)arg;
#ifdef FIXED
    while (!atomic_compare_exchange_strong(&next[A], &n, n | MARK))
        continue;
#endif
    atomic_compare_exchange_strong(&next[H], &a, n); /* BUG: n may be old */
    return NULL;
}

static void insert_behind(int node, int x)
{
    int n = atomic_load(&next[node]);

    do {
        if (n & MARK) {
            insert_behind(H, x);
            return;
        }
        atomic_store(&next[x], n);
    } while (!atomic_compare_exchange_strong(&next[node], &n, x));
}

static void *inserter(void *arg)
{
    (void)arg;
    insert_behind(A, X);
    return NULL;
}

int main(void)
{
    pthread_t r, i;
    int n = H;

    pthread_create(&r, NULL, remover, NULL);
    pthread_create(&i, NULL, inserter, NULL);
    pthread_join(r, NULL);
    pthread_join(i, NULL);
    while (n != X && n != END)
        n = atomic_load(&next[n]) & ~MARK;
    assert(n == X);
    return 0;
}
