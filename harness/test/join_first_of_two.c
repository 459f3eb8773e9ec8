/* expect: use-after-free */
/*
 * main starts two workers on one heap block and joins them one by one.  When
 * the first one has failed, main cleans up and returns without joining the
 * second one: T1 fails, main joins it and frees the block, T2 uses it.
 */
#include <pthread.h>
#include <stdlib.h>

struct block {
    int uses;
};

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void *failing_worker(void *arg)
{
    struct block *b = arg;

    pthread_mutex_lock(&m);
    b->uses++;
    pthread_mutex_unlock(&m);
    return b; /* not NULL: failed */
}

int main(void)
{
    struct block *b = calloc(1, sizeof *b);
    pthread_t t[2];
    void *failed = NULL;

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, failing_worker, b);
    for (int i = 0; i < 2; i++) {
        pthread_join(t[i], &failed);
#ifndef FIXED
        if (failed != NULL)
            break; /* BUG: the second worker is still at it */
#endif
    }
    pthread_mutex_lock(&m);
    free(b);
    pthread_mutex_unlock(&m);
    return 0;
}
