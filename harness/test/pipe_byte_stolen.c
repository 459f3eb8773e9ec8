/* expect: deadlock */
/*
 * Two readers share a pipe, and each is to get one of the two bytes that main
 * writes; but a reader asks for up to two.  If both bytes are in the pipe when
 * T1 reads (main writes, main writes, T1 reads two), T2 waits for ever for a
 * byte that T1 has taken.
 */
#include <pthread.h>
#include <unistd.h>

#ifdef FIXED
enum { WANTED = 1 };
#else
enum { WANTED = 2 }; /* BUG: takes the other reader's byte as well */
#endif

static int fd[2];

static void *reader(void *arg)
{
    char bytes[WANTED];

    (void)arg;
    return read(fd[0], bytes, WANTED) > 0 ? NULL : fd;
}

int main(void)
{
    pthread_t t[2];

    if (pipe(fd) != 0)
        return 1;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, reader, NULL);
    for (int i = 0; i < 2; i++)
        if (write(fd[1], "x", 1) != 1)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    close(fd[0]);
    close(fd[1]);
    return 0;
}
