/* expect: deadlock */
/*
 * Two workers wait for one event each on an eventfd; main writes 1 twice.
 * Without EFD_SEMAPHORE a read takes the whole count: main writes, main
 * writes, T1 reads 2, and T2 waits for ever.  With it each read takes 1.
 * Described in the manual page eventfd(2).
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int fd;

static void *worker(void *arg)
{
    uint64_t count;

    (void)arg;
    return read(fd, &count, sizeof count) == sizeof count ? NULL : &fd;
}

int main(void)
{
    pthread_t t[2];
    uint64_t one = 1;

#ifdef FIXED
    fd = eventfd(0, EFD_SEMAPHORE);
#else
    fd = eventfd(0, 0); /* BUG: a read takes both events */
#endif
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, NULL);
    for (int i = 0; i < 2; i++)
        if (write(fd, &one, sizeof one) != sizeof one)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    close(fd);
    return 0;
}
