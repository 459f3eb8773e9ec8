/* expect: deadlock */
/*
 * main starts two workers, then sets the latch to 2, then waits until it is 0.
 * If a worker counts down before the latch is set (T1 makes it -1, main makes
 * it 2, T2 makes it 1), its countdown is overwritten and main waits for ever.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int latch;

static void set_latch(int n)
{
    pthread_mutex_lock(&m);
    latch = n;
    pthread_mutex_unlock(&m);
}

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    latch--;
    if (latch == 0)
        pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

#ifdef FIXED
    set_latch(2);
#endif
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
#ifndef FIXED
    set_latch(2); /* BUG: the workers may have counted down */
#endif
    pthread_mutex_lock(&m);
    while (latch != 0)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
