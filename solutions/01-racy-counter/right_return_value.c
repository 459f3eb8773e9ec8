/* expect: pass */
/*
 * Each thread's count comes back as the thread's own result, through
 * pthread_join(). A size_t fits into a pointer; it must not be the address of
 * a local variable, which is gone when the thread has ended.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct share {
    pthread_t thread;
    const unsigned char *next;
    const unsigned char *end;
    bool (*wanted)(unsigned char byte);
};

static void *count_share(void *arg)
{
    const struct share *share = arg;
    uintptr_t found = 0;

    for (const unsigned char *byte = share->next; byte < share->end; byte++)
        found += share->wanted(*byte);
    return (void *)found;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct share *shares = malloc(n * sizeof *shares);
    const unsigned char *next = bytes;
    size_t created = 0;
    size_t total = 0;
    int error = 0;

    if (shares == NULL)
        return ENOMEM;
    while (created < n && error == 0) {
        struct share *share = &shares[created];
        size_t size = length / n + (created < length % n);

        *share =
            (struct share){.next = next, .end = next + size, .wanted = wanted};
        next += size;
        error = pthread_create(&share->thread, NULL, count_share, share);
        if (error == 0)
            created++;
    }
    for (size_t i = 0; i < created; i++) {
        void *found;

        pthread_join(shares[i].thread, &found);
        total += (uintptr_t)found;
    }
    free(shares);
    if (error == 0)
        *result = total;
    return error;
}
