/* expect: use-after-free */
/*
 * A heap object holds a mutex, a condition and a flag.  main sets the flag,
 * signals, unlocks, and frees the object at once.  T1 waits in it; main signals
 * and frees; T1 wakes up and has to take the mutex again, which is gone.  In
 * the twin main joins T1 first.
 */
#include <pthread.h>
#include <stdlib.h>

struct mailbox {
    pthread_mutex_t m;
    pthread_cond_t c;
    int full;
};

static void *receiver(void *arg)
{
    struct mailbox *box = arg;

    pthread_mutex_lock(&box->m);
    while (!box->full)
        pthread_cond_wait(&box->c, &box->m);
    pthread_mutex_unlock(&box->m);
    return NULL;
}

int main(void)
{
    struct mailbox *box = calloc(1, sizeof *box);
    pthread_t t;

    pthread_mutex_init(&box->m, NULL);
    pthread_cond_init(&box->c, NULL);
    pthread_create(&t, NULL, receiver, box);
    pthread_mutex_lock(&box->m);
    box->full = 1;
    pthread_cond_signal(&box->c);
    pthread_mutex_unlock(&box->m);
#ifdef FIXED
    pthread_join(t, NULL);
    free(box);
#else
    free(box); /* BUG: the receiver needs the mutex once more */
    pthread_join(t, NULL);
#endif
    return 0;
}
