/* expect: deadlock */
/*
 * Two workers take a job if there is one: they ask sem_getvalue() and call
 * sem_wait() only if the value is not 0, so that they "never block".  With one
 * job: T1 reads 1, T2 reads 1, T1 takes it, T2 blocks for ever.  The twin asks
 * and takes in one step, with sem_trywait().
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static sem_t jobs;
static atomic_int taken;

static void *worker(void *arg)
{
    (void)arg;
#ifdef FIXED
    if (sem_trywait(&jobs) == 0)
        atomic_fetch_add(&taken, 1);
#else
    int value;
    sem_getvalue(&jobs, &value);
    if (value > 0) {
        sem_wait(&jobs); /* BUG: the job may be taken by now */
        atomic_fetch_add(&taken, 1);
    }
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    sem_init(&jobs, 0, 1);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    sem_destroy(&jobs);
    return atomic_load(&taken) > 1;
}
