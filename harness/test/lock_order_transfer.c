/* expect: deadlock */
/*
 * A transfer locks the account it takes from and then the one it pays into.
 * The order of the locks depends on the data: T1 moves from 0 to 1 and holds
 * 0, T2 moves from 1 to 0 and holds 1, and both wait.  The twin locks by
 * number, whichever way the money goes.
 */
#include <assert.h>
#include <pthread.h>

struct transfer {
    int from, to;
};

static pthread_mutex_t lock[2] = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};
static int balance[2] = {50, 50};
static struct transfer order[2] = {{0, 1}, {1, 0}};

static void *clerk(void *arg)
{
    struct transfer *t = arg;
#ifdef FIXED
    int first = 0, second = 1;
#else
    int first = t->from, second = t->to; /* BUG: the order varies */
#endif

    pthread_mutex_lock(&lock[first]);
    pthread_mutex_lock(&lock[second]);
    balance[t->from] -= 10;
    balance[t->to] += 10;
    pthread_mutex_unlock(&lock[second]);
    pthread_mutex_unlock(&lock[first]);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, clerk, &order[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(balance[0] == 50 && balance[1] == 50);
    return 0;
}
