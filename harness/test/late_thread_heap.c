/* expect: use-after-free */
/*
 * main hands a heap block to a detached thread and frees the block when it has
 * finished with it itself.  Nothing tells main whether the thread has: main
 * locks, frees and unlocks, T1 locks and counts in the freed block.  In the
 * twin main joins the thread before it frees.
 */
#include <pthread.h>
#include <stdlib.h>

struct block {
    int uses;
};

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
    struct block *b = arg;

    pthread_mutex_lock(&m);
    b->uses++;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    struct block *b = calloc(1, sizeof *b);
    pthread_t t;

    pthread_create(&t, NULL, worker, b);
#ifdef FIXED
    pthread_join(t, NULL);
#else
    pthread_detach(t);
#endif
    pthread_mutex_lock(&m);
    free(b); /* BUG: the detached thread may not have run yet */
    pthread_mutex_unlock(&m);
    return 0;
}
