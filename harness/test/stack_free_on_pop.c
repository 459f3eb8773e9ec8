/* expect: use-after-free */
/*
 * A lock-free stack of two heap nodes; pop() frees the node it has removed.
 * T1 loads head (node A) and is about to read A's next; T2 pops A and frees
 * it; T1 reads A's next.  In the twin the popper keeps the node and main frees
 * it when both threads are through.
 * Described in Michael, "Safe memory reclamation for dynamic lock-free
 * objects" (2002).
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct node {
    struct node *_Atomic next;
};

static struct node *_Atomic head;

static void *popper(void *arg)
{
    struct node *h = atomic_load(&head), *n;

    (void)arg;
    do
        n = atomic_load(&h->next);
    while (!atomic_compare_exchange_strong(&head, &h, n));
#ifdef FIXED
    return h;
#else
    free(h); /* BUG: the other thread may be about to read h->next */
    return NULL;
#endif
}

int main(void)
{
    pthread_t t[2];
    void *popped[2];

    for (int i = 0; i < 2; i++) {
        struct node *n = malloc(sizeof *n);
        atomic_init(&n->next, atomic_load(&head));
        atomic_store(&head, n);
    }
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, popper, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], &popped[i]);
    }
    for (int i = 0; i < 2; i++)
        free(popped[i]);
    return 0;
}
