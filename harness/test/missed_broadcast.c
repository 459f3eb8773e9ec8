/* expect: deadlock */
/*
 * Two runners wait for the start, main gives it with one signal.  If both wait
 * already (T1 waits, T2 waits, main sets go and signals), only one of them is
 * woken and the other one waits for ever.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int go;

static void *runner(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (!go)
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, runner, NULL);
    pthread_mutex_lock(&m);
    go = 1;
#ifdef FIXED
    pthread_cond_broadcast(&c);
#else
    pthread_cond_signal(&c); /* BUG: two may wait */
#endif
    pthread_mutex_unlock(&m);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
