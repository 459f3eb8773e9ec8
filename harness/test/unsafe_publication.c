/* expect: data-race */
/*
 * One thread fills in a counter object and publishes it through a plain global
 * pointer; another one picks it up if the pointer is set.  The write and the
 * read of the pointer are not ordered: they race whichever comes first, and on
 * real hardware the reader may see the pointer before the contents.
 * "Unsafe publication" in Goetz et al., "Java Concurrency in Practice".
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct counter {
    int value;
};

static struct counter object;
#ifdef FIXED
static struct counter *_Atomic shared;
#else
static struct counter *shared; /* BUG: a plain pointer */
#endif

static void *publisher(void *arg)
{
    (void)arg;
    object.value = 7;
    shared = &object;
    return NULL;
}

static void *user(void *arg)
{
    struct counter *c = shared;

    (void)arg;
    if (c != NULL)
        assert(c->value == 7);
    return NULL;
}

int main(void)
{
    pthread_t p, u;

    pthread_create(&p, NULL, publisher, NULL);
    pthread_create(&u, NULL, user, NULL);
    pthread_join(p, NULL);
    pthread_join(u, NULL);
    return 0;
}
