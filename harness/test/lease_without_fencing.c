/* expect: assertion */
/*
 * A client gets a numbered lease on a store, and another client may get the
 * next one when the lease is over.  The store does not look at the number: T1
 * gets lease 1 and is held up; the lease is over, T2 gets lease 2 and writes;
 * T1 wakes up and overwrites T2's newer value.  In the twin the store refuses
 * a number lower than one it has seen ("fencing").
 * Described in Kleppmann, "Designing Data-Intensive Applications" (2017).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int lease, newest, written_by;

static int get_lease(void) /* the one before is taken to be over */
{
    int mine;

    pthread_mutex_lock(&m);
    mine = ++lease;
    pthread_mutex_unlock(&m);
    return mine;
}

static void *client(void *arg)
{
    int mine = get_lease();

    (void)arg;
    pthread_mutex_lock(&m);
    if (mine > newest)
        newest = mine;
#ifdef FIXED
    if (mine == newest)
        written_by = mine;
#else
    written_by = mine; /* BUG: the lease may be over */
#endif
    assert(written_by == newest);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, client, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
