/* expect: deadlock */
/*
 * Two threads wait on one condition for their turns 1 and 2; whoever changes
 * the turn signals.  If both wait, main's signal for turn 1 may reach the
 * thread that waits for turn 2: it finds that it is not its turn and waits
 * again, and the thread whose turn it is sleeps on.  Waiters with different
 * predicates need a broadcast.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int turn;
static int mine[2] = {1, 2};

static void pass_turn(int next) /* with the lock held */
{
    turn = next;
#ifdef FIXED
    pthread_cond_broadcast(&c);
#else
    pthread_cond_signal(&c); /* BUG: wakes any one waiter */
#endif
}

static void *player(void *arg)
{
    int me = *(int *)arg;

    pthread_mutex_lock(&m);
    while (turn != me)
        pthread_cond_wait(&c, &m);
    pass_turn(me + 1);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, player, &mine[i]);
    pthread_mutex_lock(&m);
    pass_turn(1);
    pthread_mutex_unlock(&m);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
