/* expect: use-after-free */
/*
 * A thread keeps a pointer to an element of a growing array across an unlock;
 * another one grows the array, which moves the elements and frees the old
 * block.  T1 takes the address, T2 moves and frees, T1 writes through the old
 * address.  The twin keeps the index and computes the address anew.
 */
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int *array;

static void *user(void *arg)
{
    int *element;

    (void)arg;
    pthread_mutex_lock(&m);
    element = &array[0];
    pthread_mutex_unlock(&m);
    pthread_mutex_lock(&m);
#ifdef FIXED
    element = &array[0];
#endif
    *element += 1; /* BUG: the element may have moved */
    pthread_mutex_unlock(&m);
    return NULL;
}

static void *grower(void *arg)
{
    int *bigger;

    (void)arg;
    pthread_mutex_lock(&m);
    bigger = calloc(2, sizeof *bigger);
    bigger[0] = array[0];
    free(array);
    array = bigger;
    pthread_mutex_unlock(&m);
    return NULL;
}

int main(void)
{
    pthread_t u, g;

    array = calloc(1, sizeof *array);
    pthread_create(&u, NULL, user, NULL);
    pthread_create(&g, NULL, grower, NULL);
    pthread_join(u, NULL);
    pthread_join(g, NULL);
    free(array);
    return 0;
}
