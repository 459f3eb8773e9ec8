/* expect: data-race */
/*
 * Two threads write two different bit-fields, each under its own lock.  The
 * two fields share one memory location (C11 3.14), so each write reads and
 * writes back the other field as well: T1 reads the byte, T2 reads the byte,
 * T1 writes, T2 writes, and T1's bit may be gone.  The accesses race whichever
 * comes first.  The twin gives each field a member of its own.
 */
#include <assert.h>
#include <pthread.h>

static struct {
#ifdef FIXED
    unsigned char open, dirty;
#else
    unsigned char open : 1, dirty : 1; /* BUG: one memory location */
#endif
} file;
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t dirty_lock = PTHREAD_MUTEX_INITIALIZER;

static void *opener(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&open_lock);
    file.open = 1;
    pthread_mutex_unlock(&open_lock);
    return NULL;
}

static void *writer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&dirty_lock);
    file.dirty = 1;
    pthread_mutex_unlock(&dirty_lock);
    return NULL;
}

int main(void)
{
    pthread_t o, w;

    pthread_create(&o, NULL, opener, NULL);
    pthread_create(&w, NULL, writer, NULL);
    pthread_join(o, NULL);
    pthread_join(w, NULL);
    assert(file.open == 1 && file.dirty == 1);
    return 0;
}
