/* expect: assertion */
/*
 * Double-checked initialisation with an atomic flag, but the initialising
 * thread raises the flag before it has filled in the value.  T1 locks and sets
 * ready; T2 sees ready without the lock and reads value, which is still 0;
 * then T1 fills it in.  The value is atomic, so there is no data race.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static atomic_int ready;
static atomic_int value;

static void *user(void *arg)
{
    (void)arg;
    if (!atomic_load(&ready)) {
        pthread_mutex_lock(&m);
        if (!atomic_load(&ready)) {
#ifdef FIXED
            atomic_store(&value, 42);
            atomic_store(&ready, 1);
#else
            atomic_store(&ready, 1); /* BUG: published before it is filled */
            atomic_store(&value, 42);
#endif
        }
        pthread_mutex_unlock(&m);
    }
    assert(atomic_load(&value) == 42);
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
