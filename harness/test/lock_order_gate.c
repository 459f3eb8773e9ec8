/* expect: deadlock */
/*
 * Two threads take two locks in opposite orders, and one of them forgets the
 * gate lock that was to make this harmless.  T1 holds gate and a, T2 holds b:
 * T1 waits for b, T2 for a.  The twin still has the two orders, but both under
 * the gate: a checker that only compares lock orders warns of it without need.
 * Gate locks: Havelund, "Using runtime analysis to guide model checking of
 * Java programs" (2000).
 */
#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static void *one(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&gate);
    return NULL;
}

static void *two(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&gate);
#endif
    pthread_mutex_lock(&b); /* BUG: not through the gate */
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
#ifdef FIXED
    pthread_mutex_unlock(&gate);
#endif
    return NULL;
}

int main(void)
{
    pthread_t t, u;

    pthread_create(&t, NULL, one, NULL);
    pthread_create(&u, NULL, two, NULL);
    pthread_join(t, NULL);
    pthread_join(u, NULL);
    return 0;
}
