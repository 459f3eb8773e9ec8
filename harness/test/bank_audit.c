/* expect: assertion */
/*
 * A clerk moves 10 from one account to another in two critical sections; an
 * auditor adds up both accounts in one.  If the auditor comes between the two
 * (clerk withdraws, auditor adds, clerk deposits), 10 are missing.
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int balance[2] = {50, 50};

static void *clerk(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    balance[0] -= 10;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: the money is in no account */
    pthread_mutex_lock(&m);
#endif
    balance[1] += 10;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *auditor(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    assert(balance[0] + balance[1] == 100);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t c, a;

    pthread_create(&c, NULL, clerk, NULL);
    pthread_create(&a, NULL, auditor, NULL);
    pthread_join(c, NULL);
    pthread_join(a, NULL);
    return 0;
}
