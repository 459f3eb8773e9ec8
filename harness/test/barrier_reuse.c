/* expect: deadlock */
/*
 * A home-made barrier without a generation, used twice: the last thread sets
 * the count back to 0, the others wait until it is 0.  T1 waits; T2 comes,
 * resets the count and wakes T1; before T1 looks, T2 comes to the second
 * round, makes the count 1 and waits; T1 sees 1 and waits in the first round.
 */
#include <pthread.h>

enum { N = 2 };

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int count;
static unsigned generation;

static void barrier(void)
{
    pthread_mutex_lock(&m);
    unsigned mine = generation;
    if (++count == N) {
        count = 0;
        generation++;
        pthread_cond_broadcast(&c);
    }
#ifdef FIXED
    while (generation == mine)
        pthread_cond_wait(&c, &m);
#else
    (void)mine;
    while (count != 0) /* BUG: may be the count of the next round */
        pthread_cond_wait(&c, &m);
#endif
    pthread_mutex_unlock(&m);
}

static void *worker(void *arg)
{
    (void)arg;
    barrier();
    barrier();
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    for (int i = 0; i < N; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return 0;
}
