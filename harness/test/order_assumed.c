/* expect: assertion */
/*
 * Three threads: two producers add 1 and 2 to a total, an observer takes for
 * granted that it looks before both are done.  Only "T1 adds, T2 adds, then
 * the observer looks" is wrong; every other order hides the bug.  The twin
 * accepts the full total, which is a legal state.
 * In the manner of the "lazy" program in Thomson, Donaldson and Betts (2014).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int total;
static int amount[2] = {1, 2};

static void *producer(void *arg)
{
    pthread_mutex_lock(&m);
    total += *(int *)arg;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *observer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
#ifdef FIXED
    assert(total <= 3);
#else
    assert(total < 3); /* BUG: nothing makes the observer come first */
#endif
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    pthread_create(&t[0], NULL, producer, &amount[0]);
    pthread_create(&t[1], NULL, producer, &amount[1]);
    pthread_create(&t[2], NULL, observer, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    assert(total == 3);
    return 0;
}
