/* expect: assertion */
/*
 * A lock that its owner may take again knows its owner by gettid(). Whether
 * somebody else has it is looked at outside of the mutex that guards it.
 */
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int owner;
static atomic_int inside;

static int take(void)
{
    int me = (int)syscall(SYS_gettid), taken = 0;

    assert(me == (int)gettid());
#ifdef FIXED
    pthread_mutex_lock(&lock);
    if (owner == 0 || owner == me) {
        owner = me;
        taken = 1;
    }
    pthread_mutex_unlock(&lock);
#else
    if (owner == 0 || owner == me) { /* BUG: look, then take */
        pthread_mutex_lock(&lock);
        owner = me;
        taken = 1;
        pthread_mutex_unlock(&lock);
    }
#endif
    return taken;
}

static void *worker(void *arg)
{
    (void)arg;
    if (take() && take()) {
        assert(atomic_fetch_add(&inside, 1) == 0);
        atomic_fetch_sub(&inside, 1);
        owner = 0;
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
