/* expect: deadlock */
/*
 * Two workers share one permit; a worker that finds the job done already
 * returns without giving the permit back.  T1 does the job and posts, T2 takes
 * the permit, finds the job done and keeps it; main, which takes the permit
 * after that, waits for ever.
 */
#include <pthread.h>
#include <semaphore.h>

static sem_t permit;
static int done;

static void *worker(void *arg)
{
    (void)arg;
    sem_wait(&permit);
    if (done) {
#ifdef FIXED
        sem_post(&permit);
#endif
        return NULL; /* BUG: the permit is gone */
    }
    done = 1;
    sem_post(&permit);
    return NULL;
}

int main(void)
{
    pthread_t t[2];
    int result;

    sem_init(&permit, 0, 1);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    sem_wait(&permit);
    result = done;
    sem_post(&permit);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return result > 1;
}
