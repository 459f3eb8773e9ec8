/* expect: use-after-free */
/*
 * A list with one lock in each node.  A reader goes from node to node and
 * unlocks a node before it locks the next one.  T1 locks A, finds B behind it,
 * unlocks A; T2 locks A, unlinks B, and frees it; T1 locks B.  The twin locks
 * the next node first ("hand over hand").
 * Described in Bayer and Schkolnick, "Concurrency of operations on B-trees"
 * (1977); see Herlihy and Shavit.
 */
#include <pthread.h>
#include <stdlib.h>

struct node {
    pthread_mutex_t lock;
    struct node *next;
    int value;
};

static struct node a = {PTHREAD_MUTEX_INITIALIZER, NULL, 1};

static void *reader(void *arg)
{
    struct node *b;

    (void)arg;
    pthread_mutex_lock(&a.lock);
    b = a.next;
#ifdef FIXED
    if (b != NULL)
        pthread_mutex_lock(&b->lock);
    pthread_mutex_unlock(&a.lock);
#else
    pthread_mutex_unlock(&a.lock); /* BUG: b may be removed now */
    if (b != NULL)
        pthread_mutex_lock(&b->lock);
#endif
    if (b != NULL) {
        b->value++;
        pthread_mutex_unlock(&b->lock);
    }
    return NULL;
}

static void *remover(void *arg)
{
    struct node *b;

    (void)arg;
    pthread_mutex_lock(&a.lock);
    b = a.next;
    pthread_mutex_lock(&b->lock);
    a.next = NULL;
    pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&a.lock);
    free(b);
    return NULL;
}

int main(void)
{
    pthread_t r, d;

    a.next = calloc(1, sizeof *a.next);
    pthread_mutex_init(&a.next->lock, NULL);
    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&d, NULL, remover, NULL);
    pthread_join(r, NULL);
    pthread_join(d, NULL);
    return 0;
}
