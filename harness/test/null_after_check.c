/* expect: crash */
/*
 * A reader tests an atomic pointer and loads it a second time to use it; a
 * second thread sets it to NULL.  T1 loads the pointer and it is set, T2
 * stores NULL, T1 loads NULL and dereferences it.  The twin loads it once.
 * The MySQL bug (thd->proc_info) that opens Lu et al., "Learning from
 * mistakes" (2008), told again.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct state {
    int length;
};

static struct state running = {4};
static struct state *_Atomic info = &running;

static void *reader(void *arg)
{
    (void)arg;
#ifdef FIXED
    struct state *s = atomic_load(&info);
    if (s != NULL)
        assert(s->length == 4);
#else
    if (atomic_load(&info) != NULL)
        assert(atomic_load(&info)->length == 4); /* BUG: second load */
#endif
    return NULL;
}

static void *cleaner(void *arg)
{
    (void)arg;
    atomic_store(&info, NULL);
    return NULL;
}

int main(void)
{
    pthread_t r, c;

    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&c, NULL, cleaner, NULL);
    pthread_join(r, NULL);
    pthread_join(c, NULL);
    return 0;
}
