/* expect: deadlock */
/*
 * A reader waits for a pipe with edge-triggered epoll and reads one byte for
 * each event.  If both bytes are there at the first event (T1 writes, T1
 * writes, T2 wakes up and reads one), no new event comes for the second byte,
 * and T2 waits for ever.  The twin reads until nothing is left.
 * Described in the manual page epoll(7).
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

static int fd[2], ep;

static void *reader(void *arg)
{
    struct epoll_event e;
    char byte;
    int got = 0;

    (void)arg;
    while (got < 2) {
        epoll_wait(ep, &e, 1, -1);
#ifdef FIXED
        while (read(fd[0], &byte, 1) == 1)
#else
        if (read(fd[0], &byte, 1) == 1) /* BUG: one byte for each edge */
#endif
            got++;
    }
    return NULL;
}

static void *writer(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++)
        if (write(fd[1], "x", 1) != 1)
            return fd;
    return NULL;
}

int main(void)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET};
    pthread_t r, w;

    if (pipe(fd) != 0)
        return 1;
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    ep = epoll_create1(0);
    epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &e);
    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&w, NULL, writer, NULL);
    pthread_join(r, NULL);
    pthread_join(w, NULL);
    return 0;
}
