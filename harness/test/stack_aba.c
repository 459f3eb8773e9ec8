/* expect: assertion */
/*
 * A lock-free stack of two recycled nodes, addressed by index: 0 on top of 1.
 * T1 wants to pop: head is 0, next is 1.  T2 pops 0, pops 1, and pushes 0
 * again.  T1's compare-and-swap finds head 0 as before and makes 1 the head,
 * which T2 still owns; T1's second pop gets it once more.  The twin counts a
 * tag up with every change of head.
 * The ABA problem, described in the IBM System/370 manual and Treiber (1986).
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { NONE = 15, TAG = 16 };

#ifdef FIXED
#define NEW_HEAD(old, node) ((old) - (old) % TAG + TAG + (node))
#else
#define NEW_HEAD(old, node) (node) /* BUG: the same head may come back */
#endif

static atomic_int head = 0;
static atomic_int next[2] = {1, NONE};
static atomic_int owned[2];

static int pop(void)
{
    int h = atomic_load(&head), n;

    do {
        if (h % TAG == NONE)
            return NONE;
        n = atomic_load(&next[h % TAG]);
    } while (!atomic_compare_exchange_strong(&head, &h, NEW_HEAD(h, n)));
    assert(atomic_exchange(&owned[h % TAG], 1) == 0);
    return h % TAG;
}

static void push(int node)
{
    int h = atomic_load(&head);

    atomic_store(&owned[node], 0);
    do
        atomic_store(&next[node], h % TAG);
    while (!atomic_compare_exchange_strong(&head, &h, NEW_HEAD(h, node)));
}

static void *pops_two(void *arg)
{
    (void)arg;
    pop();
    pop();
    return NULL;
}

static void *puts_back(void *arg)
{
    int first = pop();

    (void)arg;
    pop();
    if (first != NONE)
        push(first);
    return NULL;
}

int main(void)
{
    pthread_t t, u;

    pthread_create(&t, NULL, pops_two, NULL);
    pthread_create(&u, NULL, puts_back, NULL);
    pthread_join(t, NULL);
    pthread_join(u, NULL);
    return 0;
}
