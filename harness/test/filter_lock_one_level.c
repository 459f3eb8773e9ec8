/* expect: assertion */
/*
 * Peterson's algorithm stretched to three threads with one level: a thread
 * enters unless somebody else is there and it came last.  T1, T2 and T3 come
 * in that order before anybody looks; T3 came last, so T1 and T2 both enter.
 * The twin has the two levels that three threads need.  A thread that would
 * have to wait gives up instead.
 * Described as the filter lock in Herlihy and Shavit, "The Art of
 * Multiprocessor Programming".
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum { N = 3 };
#ifdef FIXED
enum { LEVELS = N - 1 };
#else
enum { LEVELS = 1 }; /* BUG: each level stops one thread, two have to stop */
#endif

static atomic_int level[N], last[LEVELS + 1];
static atomic_int inside;
static int id[N] = {0, 1, 2};

static int try_enter(int me)
{
    for (int l = 1; l <= LEVELS; l++) {
        int others = 0;

        atomic_store(&level[me], l);
        atomic_store(&last[l], me);
        for (int k = 0; k < N; k++)
            if (k != me && atomic_load(&level[k]) >= l)
                others++;
        if (others > 0 && atomic_load(&last[l]) == me)
            return 0;
    }
    return 1;
}

static void *worker(void *arg)
{
    int me = *(int *)arg;

    if (try_enter(me)) {
        assert(atomic_fetch_add(&inside, 1) == 0);
        atomic_fetch_sub(&inside, 1);
    }
    atomic_store(&level[me], 0);
    return NULL;
}

int main(void)
{
    pthread_t t[N];

    for (int i = 0; i < N; i++)
        pthread_create(&t[i], NULL, worker, &id[i]);
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    return 0;
}
