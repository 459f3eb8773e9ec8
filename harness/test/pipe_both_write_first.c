/* expect: deadlock */
/*
 * Two threads exchange big messages over two pipes, and both write before they
 * read.  A message does not fit into a pipe: T1 fills its pipe and waits for
 * T2 to read, T2 fills its pipe and waits for T1 to read.  In the twin one of
 * the two reads first.
 */
#include <pthread.h>
#include <unistd.h>

enum { SIZE = 70000 }; /* a pipe holds 65536 bytes */

static int to[2][2]; /* to[i]: the pipe that thread i reads */
static char message[2][SIZE];
static int id[2] = {0, 1};

static void send_to(int i)
{
    if (write(to[i][1], message[1 - i], SIZE) != SIZE)
        _exit(1);
}

static void receive(int i)
{
    for (ssize_t got = 0, n; got < SIZE; got += n)
        if ((n = read(to[i][0], message[i] + got, SIZE - got)) <= 0)
            _exit(1);
}

static void *peer(void *arg)
{
    int me = *(int *)arg;

#ifdef FIXED
    if (me == 1) {
        receive(1);
        send_to(0);
        return NULL;
    }
#endif
    send_to(1 - me); /* BUG: both write first */
    receive(me);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    if (pipe(to[0]) != 0 || pipe(to[1]) != 0)
        return 1;
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, peer, &id[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
