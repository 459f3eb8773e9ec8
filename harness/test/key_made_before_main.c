/* expect: assertion */
/*
 * A key for thread-specific data is made by a constructor, before main(). It
 * is there in every thread; what a thread has not set is NULL.
 */
#include <assert.h>
#include <pthread.h>
#include <stddef.h>

static pthread_key_t key;
static int numbers[2];

__attribute__((constructor)) static void make_key(void)
{
    pthread_key_create(&key, NULL);
}

static void *worker(void *number)
{
#ifdef FIXED
    assert(pthread_setspecific(key, number) == 0);
#endif
    assert(pthread_getspecific(key) == number); /* BUG: nobody has set it */
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
