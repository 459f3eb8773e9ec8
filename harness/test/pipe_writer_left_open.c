/* expect: deadlock */
/*
 * A reader reads a pipe to its end; a writer thread, which has a descriptor of
 * its own, writes a byte and closes it.  main keeps the first descriptor of
 * the writing end open until it has joined the reader: under every schedule
 * the reader waits for an end that does not come, and main for the reader.
 */
#include <pthread.h>
#include <unistd.h>

static int fd[2], copy;

static void *reader(void *arg)
{
    char byte;

    (void)arg;
    while (read(fd[0], &byte, 1) == 1)
        continue;
    return NULL;
}

static void *writer(void *arg)
{
    (void)arg;
    if (write(copy, "x", 1) != 1)
        return fd;
    close(copy);
    return NULL;
}

int main(void)
{
    pthread_t r, w;

    if (pipe(fd) != 0)
        return 1;
    copy = dup(fd[1]);
    pthread_create(&r, NULL, reader, NULL);
    pthread_create(&w, NULL, writer, NULL);
#ifdef FIXED
    close(fd[1]);
#endif
    pthread_join(w, NULL);
    pthread_join(r, NULL); /* BUG: fd[1] is still open for writing */
#ifndef FIXED
    close(fd[1]);
#endif
    close(fd[0]);
    return 0;
}
