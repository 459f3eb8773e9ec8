/* expect: deadlock */
/*
 * An agent puts two of three ingredients on the table; the smoker who has the
 * third one is to take both, but each smoker takes them one by one.  The agent
 * puts 1 and 2 (for smoker 0); smoker 2, who needs 1 and 0, takes the 1; smoker
 * 0 waits for it, smoker 2 for a 0, and the agent for the end of the round.  In
 * the twin the agent wakes the smoker it means.
 * Described in Patil (1971); see Downey, "The Little Book of Semaphores".
 */
#include <pthread.h>
#include <semaphore.h>

enum { N = 3 };

static sem_t ingredient[N], wanted[N], smoked;
static int id[N] = {0, 1, 2};

static void *smoker(void *arg)
{
    int me = *(int *)arg;

#ifdef FIXED
    sem_wait(&wanted[me]);
#endif
    sem_wait(&ingredient[(me + 2) % N]); /* BUG: may be meant for another */
    sem_wait(&ingredient[(me + 1) % N]);
    sem_post(&smoked);
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    sem_init(&smoked, 0, 0);
    for (int i = 0; i < N; i++) {
        sem_init(&ingredient[i], 0, 0);
        sem_init(&wanted[i], 0, 0);
    }
    for (int i = 0; i < N; i++)
        pthread_create(&t[i], NULL, smoker, &id[i]);
    for (int i = 0; i < N; i++) {
        sem_post(&ingredient[(i + 1) % N]);
        sem_post(&ingredient[(i + 2) % N]);
        sem_post(&wanted[i]);
        sem_wait(&smoked);
    }
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return 0;
}
