/* expect: data-race */
/*
 * Two threads count with a plain `n++`, and tell of it with what the C library
 * lends: stdout and stderr, the tables behind isdigit(), errno, environ,
 * optind. None of these is a variable of the program, and to use them is no
 * mistake: only the count is lost.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int n;

static void *worker(void *arg)
{
    char digits[16];

#ifdef FIXED
    pthread_mutex_lock(&lock);
#endif
    n++; /* BUG: another thread may come between the read and the write */
#ifdef FIXED
    pthread_mutex_unlock(&lock);
#endif
    snprintf(digits, sizeof digits, "%d", optind);
    if (isdigit((unsigned char)digits[0]) && environ != NULL && errno == 0)
        fprintf(stderr, "counted by %s\n", (const char *)arg);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    fputs("counting\n", stdout);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, worker, i == 0 ? "one" : "other");
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    putchar('.');
    fflush(stdout);
    assert(n == 2);
    return 0;
}
