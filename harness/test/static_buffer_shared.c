/* expect: data-race */
/*
 * A function formats its result into a static buffer and returns a pointer to
 * it; two threads call it.  T1 writes the buffer, T2 writes the buffer, T1
 * reads what T2 wrote.  The accesses race under every schedule.  The twin
 * writes into a buffer that the caller brings along.
 * The trouble with non-reentrant library functions; see Butenhof,
 * "Programming with POSIX Threads".
 */
#include <assert.h>
#include <pthread.h>

static int digit[2] = {3, 7};

static const char *name_of(int n, char *own)
{
#ifdef FIXED
    char *buffer = own;
#else
    static char buffer[2]; /* BUG: one buffer for all threads */
    (void)own;
#endif

    buffer[0] = (char)('0' + n);
    return buffer;
}

static void *worker(void *arg)
{
    int n = *(int *)arg;
    char own[2];
    const char *s = name_of(n, own);

    assert(s[0] == '0' + n);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, &digit[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
