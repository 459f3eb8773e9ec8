/* expect: assertion */
/*
 * Two doctors are on call and one has to stay.  Each looks whether the other
 * one is on call (under the other's lock) and then signs off (under its own
 * lock).  T1 sees T2 on call, T2 sees T1 on call, T1 signs off, T2 signs off:
 * nobody is left.  "Write skew", described in Berenson et al., "A critique of
 * ANSI SQL isolation levels" (1995).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock[2] = {
    PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER,
};
static int on_call[2] = {1, 1};
static int id[2] = {0, 1};

static void *doctor(void *arg)
{
    int me = *(int *)arg, other = 1 - me;

#ifdef FIXED
    pthread_mutex_lock(&lock[0]);
    pthread_mutex_lock(&lock[1]);
    if (on_call[other])
        on_call[me] = 0;
    pthread_mutex_unlock(&lock[1]);
    pthread_mutex_unlock(&lock[0]);
#else
    pthread_mutex_lock(&lock[other]);
    int stays = on_call[other];
    pthread_mutex_unlock(&lock[other]); /* BUG: the other may sign off now */
    pthread_mutex_lock(&lock[me]);
    if (stays)
        on_call[me] = 0;
    pthread_mutex_unlock(&lock[me]);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, doctor, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(on_call[0] + on_call[1] >= 1);
    return 0;
}
