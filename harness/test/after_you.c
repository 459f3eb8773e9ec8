/* expect: livelock */
/*
 * Two polite diners share one spoon, and whoever has it hands it over as long
 * as the other one is hungry.  T1 has the spoon, T2 is hungry, T1 hands it
 * over; T2 has it, T1 is hungry, T2 hands it back; and so on: nobody ever
 * eats, though both work all the time.  In the twin each is polite once.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static int holder;
static int hungry[2] = {1, 1};
static int id[2] = {0, 1};

static void *diner(void *arg)
{
    int me = *(int *)arg, other = 1 - me;
    int polite = 1;

    pthread_mutex_lock(&m);
    while (hungry[me]) {
        while (holder != me)
            pthread_cond_wait(&passed, &m);
        if (!hungry[other] || !polite) /* BUG: polite stays 1 */
            hungry[me] = 0;
        holder = other;
        pthread_cond_signal(&passed);
#ifdef FIXED
        polite = 0;
#endif
    }
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, diner, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
