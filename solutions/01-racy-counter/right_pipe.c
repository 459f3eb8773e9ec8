/* expect: pass */
/*
 * A message in place of shared memory: each thread sends a pointer to its
 * finished share through a pipe, and whoever receives the pointer owns what
 * it points to. The caller adds the counts in the order in which they come.
 * A pointer is far less than PIPE_BUF, so it is written and read whole.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct share {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    int results; /* the end of the pipe to write to */
    size_t found;
};

static void *count_share(void *arg)
{
    struct share *share = arg;
    size_t found = 0;

    for (size_t i = 0; i < share->length; i++)
        found += share->wanted(share->bytes[i]);
    share->found = found;
    while (write(share->results, &share, sizeof share) < 0 && errno == EINTR)
        ;
    return NULL;
}

static size_t receive(int results)
{
    struct share *share;
    ssize_t got;

    do {
        got = read(results, &share, sizeof share);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof share ? share->found : 0;
}

/* Returns 0 or an error; the count is set when it is 0. */
static int count_shares(struct share *shares, size_t n, const int ends[2],
                        size_t *result)
{
    size_t created = 0;
    size_t total = 0;
    int error = 0;

    while (created < n && error == 0) {
        shares[created].results = ends[1];
        error = pthread_create(&shares[created].thread, NULL, count_share,
                               &shares[created]);
        if (error == 0)
            created++;
    }
    for (size_t i = 0; i < created; i++)
        total += receive(ends[0]);
    for (size_t i = 0; i < created; i++)
        pthread_join(shares[i].thread, NULL);
    if (error == 0)
        *result = total;
    return error;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    int ends[2];
    int error;

    if (shares == NULL)
        return ENOMEM;
    if (pipe(ends) != 0) {
        free(shares);
        return EAGAIN;
    }
    for (size_t i = 0; i < n; i++) {
        shares[i].bytes = bytes + i * (length / n);
        shares[i].length = length / n;
        shares[i].wanted = wanted;
    }
    shares[n - 1].length += length % n;
    error = count_shares(shares, n, ends, result);
    close(ends[0]);
    close(ends[1]);
    free(shares);
    return error;
}
