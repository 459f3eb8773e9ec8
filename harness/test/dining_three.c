/* expect: deadlock */
/*
 * Three dining philosophers, each of whom takes the left fork and then the
 * right one.  If all take the left fork first (T1, T2, T3 one fork each),
 * nobody ever gets the right one.  In the twin the last philosopher takes the
 * right fork first.
 * Described in Dijkstra, "Hierarchical ordering of sequential processes"
 * (1971).
 */
#include <pthread.h>

enum { N = 3 };

static pthread_mutex_t fork_lock[N] = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};
static int id[N] = {0, 1, 2};
static int meals[N];

static void *philosopher(void *arg)
{
    int me = *(int *)arg;
    int left = me, right = (me + 1) % N;

#ifdef FIXED
    if (me == N - 1) {
        left = 0;
        right = me;
    }
#endif
    pthread_mutex_lock(&fork_lock[left]); /* BUG: all begin on the left */
    pthread_mutex_lock(&fork_lock[right]);
    meals[me]++;
    pthread_mutex_unlock(&fork_lock[right]);
    pthread_mutex_unlock(&fork_lock[left]);
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    for (int i = 0; i < N; i++)
        pthread_create(&t[i], NULL, philosopher, &id[i]);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return meals[0] + meals[1] + meals[2] != N;
}
