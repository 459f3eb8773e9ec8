/* expect: deadlock */
/*
 * A barber who finds nobody waiting lies down; a customer wakes him only if he
 * sleeps.  The barber looks in one critical section and reports that he sleeps
 * in the next one: T1 (barber) finds nobody, T2 comes in, sees him awake and
 * waits, T1 goes to sleep, and both wait for ever.
 * Described in Dijkstra, "Cooperating sequential processes" (1965).
 */
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t wake_up, served;
static int waiting, asleep;

static void *barber(void *arg)
{
    int empty;

    (void)arg;
    pthread_mutex_lock(&m);
    empty = waiting == 0;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: a customer may come right here */
    pthread_mutex_lock(&m);
#endif
    if (empty)
        asleep = 1;
    pthread_mutex_unlock(&m);
    if (empty)
        sem_wait(&wake_up);
    sem_post(&served);
    return NULL;
}

static void *customer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    waiting++;
    if (asleep) {
        asleep = 0;
        sem_post(&wake_up);
    }
    pthread_mutex_unlock(&m);
    sem_wait(&served);
    return NULL;
}

int main(void)
{
    pthread_t b, c;

    sem_init(&wake_up, 0, 0);
    sem_init(&served, 0, 0);
    pthread_create(&b, NULL, barber, NULL);
    pthread_create(&c, NULL, customer, NULL);
    pthread_join(b, NULL);
    pthread_join(c, NULL);
    return 0;
}
