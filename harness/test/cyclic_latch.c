/* expect: deadlock */
/*
 * A latch is opened by a countdown and set up again at once for the next
 * round.  T1 waits until the count is 0; main counts down, wakes T1, and sets
 * the count to 1 again before T1 has the lock; T1 finds 1 and waits for ever.
 * The twin waits for the end of a round, by number.
 */
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int count = 1;
static int round_number;

static void await_round(int round)
{
    pthread_mutex_lock(&m);
#ifdef FIXED
    while (round_number == round)
#else
    (void)round;
    while (count > 0) /* BUG: may be the count of the next round */
#endif
        pthread_cond_wait(&c, &m);
    pthread_mutex_unlock(&m);
}

static void count_down(void)
{
    pthread_mutex_lock(&m);
    if (--count == 0) {
        round_number++;
        pthread_cond_broadcast(&c);
    }
    pthread_mutex_unlock(&m);
}

static void set_up(void)
{
    pthread_mutex_lock(&m);
    count = 1;
    pthread_mutex_unlock(&m);
}

static void *waiter(void *arg)
{
    (void)arg;
    await_round(0);
    return NULL;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, waiter, NULL);
    count_down();
    set_up();
    pthread_join(t, NULL);
    return 0;
}
