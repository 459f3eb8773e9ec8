/* expect: data-race */
/*
 * Double-checked initialisation: the flag is looked at without the lock first
 * and with it afterwards.  The flag is a plain variable, so the first look
 * races with the write of the initialising thread: T1 locks, sets value and
 * ready, T2 reads ready without the lock and goes on to read value.
 * Described in Bacon et al., "The 'Double-Checked Locking is Broken'
 * Declaration".
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int value;
#ifdef FIXED
static atomic_int ready;
#else
static int ready; /* BUG: read without the lock, and not atomic */
#endif

static void *user(void *arg)
{
    (void)arg;
    if (!ready) {
        pthread_mutex_lock(&m);
        if (!ready) {
            value = 42;
            ready = 1;
        }
        pthread_mutex_unlock(&m);
    }
    assert(value == 42);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, user, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
