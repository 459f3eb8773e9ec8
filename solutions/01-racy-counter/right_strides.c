/* expect: pass */
/*
 * No blocks: with n threads, thread i takes the bytes i, i + n, i + 2n, ...
 * There is no remainder to think of. Several threads read the same cache
 * lines, and that is free: reading does not disturb reading.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct stride {
    pthread_t thread;
    const unsigned char *bytes;
    size_t length;
    size_t first;
    size_t step;
    bool (*wanted)(unsigned char byte);
    size_t found;
};

static void *count_stride(void *arg)
{
    struct stride *stride = arg;
    size_t found = 0;

    for (size_t i = stride->first; i < stride->length; i += stride->step)
        if (stride->wanted(stride->bytes[i]))
            found++;
    stride->found = found;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    size_t n = (size_t)threads;
    struct stride *strides = malloc(n * sizeof *strides);
    size_t created;
    size_t total = 0;
    int error = 0;

    if (strides == NULL)
        return ENOMEM;
    for (created = 0; created < n; created++) {
        struct stride *stride = &strides[created];

        *stride = (struct stride){.bytes = bytes,
                                  .length = length,
                                  .first = created,
                                  .step = n,
                                  .wanted = wanted};
        error = pthread_create(&stride->thread, NULL, count_stride, stride);
        if (error != 0)
            break;
    }
    for (size_t i = 0; i < created; i++) {
        pthread_join(strides[i].thread, NULL);
        total += strides[i].found;
    }
    free(strides);
    if (error == 0)
        *result = total;
    return error;
}
