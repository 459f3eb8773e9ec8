/* expect: assertion */
/*
 * A writer moves a point from (0,0) to (1,1), one coordinate in each of two
 * critical sections.  A reader reads both coordinates in one critical section
 * and finds (1,0) if it runs between the two.  Each access is locked, yet the
 * pair is not consistent.
 * Described in Artho, Havelund and Biere, "High-level data races" (2003).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int x, y;

static void *writer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    x = 1;
#ifndef FIXED
    pthread_mutex_unlock(&m); /* BUG: half of the pair can be seen */
    pthread_mutex_lock(&m);
#endif
    y = 1;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *reader(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    assert(x == y);
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t w, r;

    pthread_create(&w, NULL, writer, NULL);
    pthread_create(&r, NULL, reader, NULL);
    pthread_join(w, NULL);
    pthread_join(r, NULL);
    return 0;
}
