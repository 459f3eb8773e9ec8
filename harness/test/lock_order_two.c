/* expect: deadlock */
/*
 * One thread locks a and then b, the other one b and then a.  T1 holds a, T2
 * holds b, and each waits for the other: a cycle of two.  The twin has one
 * order for all.
 * Described in Coffman, Elphick and Shoshani, "System deadlocks" (1971), as
 * circular wait.
 */
#include <pthread.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static int work;

static void *one(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    work++;
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return NULL;
}

static void *two(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
#else
    pthread_mutex_lock(&b); /* BUG: the other thread begins with a */
    pthread_mutex_lock(&a);
#endif
    work++;
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    return NULL;
}

int main(void)
{
    pthread_t t, u;

    pthread_create(&t, NULL, one, NULL);
    pthread_create(&u, NULL, two, NULL);
    pthread_join(t, NULL);
    pthread_join(u, NULL);
    return work != 2;
}
