/* expect: deadlock */
/*
 * Three threads and three locks: the first takes a and b, the second b and c,
 * the third c and a.  No two of them are enough for a deadlock; T1 holds a, T2
 * holds b, T3 holds c, and each waits for the next one.  In the twin the third
 * thread keeps to the alphabet.
 */
#include <pthread.h>

static pthread_mutex_t lock[3] = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};
static int id[3] = {0, 1, 2};

static void *worker(void *arg)
{
    int first = *(int *)arg, second = (first + 1) % 3;

#ifdef FIXED
    if (second < first) {
        second = first;
        first = 0;
    }
#endif
    pthread_mutex_lock(&lock[first]); /* BUG: the third begins with c */
    pthread_mutex_lock(&lock[second]);
    pthread_mutex_unlock(&lock[second]);
    pthread_mutex_unlock(&lock[first]);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}
