/* expect: deadlock */
/*
 * Two readers ask poll() whether a byte is there and read only if so, in order
 * never to block.  There is one byte: T1 polls "yes", T2 polls "yes", T1 reads
 * it, T2 blocks in read() for ever.  In the twin the pipe does not block, and
 * the loser of the race goes on without a byte.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

static int fd[2];

static void *reader(void *arg)
{
    struct pollfd p = {.fd = fd[0], .events = POLLIN};
    char byte;

    (void)arg;
    if (poll(&p, 1, 0) > 0) {
        if (read(fd[0], &byte, 1) == 1) /* BUG: the byte may be gone */
            return fd;
    }
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    if (pipe(fd) != 0)
        return 1;
#ifdef FIXED
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
#endif
    if (write(fd[1], "x", 1) != 1)
        return 1;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, reader, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    close(fd[0]);
    close(fd[1]);
    return 0;
}
