/* expect: assertion */
/*
 * A table is kept in two parts: an index guarded by lock "a" tells the slot of
 * a key, and the slots are guarded by lock "b".  The reader gets the slot under
 * "a", releases it, and uses the slot under "b"; between the two the mover
 * puts the record into another slot.  T1 reads slot 0, T2 moves the record to
 * slot 1 and clears slot 0, T1 finds slot 0 empty.
 * Pattern "two-stage access" in Farchi, Nir and Ur (2003).
 */
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER; /* index */
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER; /* slots */
static int slot_of_record;
static int slot[2] = {42, 0};

static void *reader(void *arg)
{
    int i;

    (void)arg;
    pthread_mutex_lock(&a);
    i = slot_of_record;
#ifndef FIXED
    pthread_mutex_unlock(&a); /* BUG: i may be out of date from here on */
#endif
    pthread_mutex_lock(&b);
    assert(slot[i] == 42);
    pthread_mutex_unlock(&b);
#ifdef FIXED
    pthread_mutex_unlock(&a);
#endif
    return NULL;
}

static void *mover(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    slot[1] = slot[0];
    slot[0] = 0;
    slot_of_record = 1;
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    return NULL;
}

int main(void)
{
    pthread_t r, w;

    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&w, NULL, mover, NULL);
    pthread_join(r, NULL);
    pthread_join(w, NULL);
    return 0;
}
