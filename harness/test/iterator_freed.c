/* expect: use-after-free */
/*
 * A thread fetches the first node of a list in one critical section and reads
 * it in the next one; another one removes and frees the node between the two
 * (T1 fetches, T2 unlinks and frees, T1 reads).  Every access is locked, but
 * the pointer outlives the lock that made it valid.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct node {
    int value;
};

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static struct node *first;

static void *reader(void *arg)
{
    struct node *n;

    (void)arg;
    pthread_mutex_lock(&m);
    n = first;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: n may be freed from here on */
    pthread_mutex_lock(&m);
#endif
    if (n != NULL)
        assert(n->value == 7);
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *remover(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    free(first);
    first = NULL;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t r, d;

    first = malloc(sizeof *first);
    first->value = 7;
    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&d, NULL, remover, NULL);
    pthread_join(r, NULL);
    pthread_join(d, NULL);
    return 0;
}
