/* expect: data-race */
/*
 * main starts two threads in a loop and hands each the address of the loop
 * variable.  The child reads its number while main adds one for the next
 * round: read and write are not ordered and race; under "create T1, i becomes
 * 1, T1 reads 1, create T2, T2 reads 1" two threads have the same number.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int seen[3];

static void *worker(void *arg)
{
    int me = *(int *)arg;

    atomic_fetch_add(&seen[me], 1);
    return NULL;
}

int main(void)
{
    pthread_t t[2];
    int i, id[2] = {0, 1};

    for (i = 0; i < 2; i++)
#ifdef FIXED
        pthread_create(&t[i], NULL, worker, &id[i]);
#else
        pthread_create(&t[i], NULL, worker, &i); /* BUG: i goes on */
#endif
    for (int j = 0; j < 2; j++)
        pthread_join(t[j], NULL);
    assert(atomic_load(&seen[id[0]]) == 1);
    assert(atomic_load(&seen[id[1]]) == 1);
    return 0;
}
