/* expect: assertion */
/*
 * A writer sends a message of two bytes with two writes; the reader takes for
 * granted that one read() gets both.  If T2 reads between the two writes (T1
 * writes a byte, T2 reads one byte), it gets half of the message.
 */
#include <assert.h>
#include <pthread.h>
#include <unistd.h>

static int fd[2];

static void *writer(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++)
        if (write(fd[1], "x", 1) != 1)
            return fd;
    return NULL;
}

static void *reader(void *arg)
{
    char message[2];
    ssize_t got;

    (void)arg;
    got = read(fd[0], message, 2); /* BUG: may get one byte only */
#ifdef FIXED
    if (got == 1)
        got += read(fd[0], message + 1, 1);
#endif
    assert(got == 2);
    return NULL;
}

int main(void)
{
    pthread_t w, r;

    if (pipe(fd) != 0)
        return 1;
    pthread_create(&w, NULL, writer, NULL);
    pthread_create(&r, NULL, reader, NULL);
    pthread_join(w, NULL);
    pthread_join(r, NULL);
    close(fd[0]);
    close(fd[1]);
    return 0;
}
