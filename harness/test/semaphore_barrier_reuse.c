/* expect: assertion */
/*
 * A barrier of a counter and a turnstile, used in two rounds.  After the first
 * round the turnstile stays open: T1 goes through it, comes to the second
 * round and passes at once, while T2 is still in the first one.  The twin has
 * a second turnstile, through which all have to go before the next round.
 * Described in Downey, "The Little Book of Semaphores" (reusable barrier).
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t in, out;
static int count;
static atomic_int round_of[2];
static int id[2] = {0, 1};

static void barrier(void)
{
    pthread_mutex_lock(&m);
    if (++count == 2) {
        sem_post(&in);
        sem_post(&in);
    }
    pthread_mutex_unlock(&m);
    sem_wait(&in);
#ifdef FIXED
    pthread_mutex_lock(&m);
    if (--count == 0) {
        sem_post(&out);
        sem_post(&out);
    }
    pthread_mutex_unlock(&m);
    sem_wait(&out);
#else
    sem_post(&in); /* BUG: nobody ever closes it again */
#endif
}

static void *worker(void *arg)
{
    int me = *(int *)arg;

    for (int r = 1; r <= 2; r++) {
        atomic_store(&round_of[me], r);
        barrier();
        assert(atomic_load(&round_of[1 - me]) >= r);
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    sem_init(&in, 0, 0);
    sem_init(&out, 0, 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
