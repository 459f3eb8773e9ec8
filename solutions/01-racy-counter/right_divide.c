/* expect: pass */
/*
 * Divide and conquer: give one part of the buffer, and as large a part of the
 * threads, to a new thread, take the rest, and do the same again with it
 * while there are threads to share among. The counts are added on the way
 * back, two by two.
 */
#include "racy-counter.h"

#include <errno.h>
#include <pthread.h>

struct part {
    const unsigned char *bytes;
    size_t length;
    bool (*wanted)(unsigned char byte);
    size_t threads;
    size_t found;
    int error;
};

static void *count_part(void *arg)
{
    struct part *part = arg;
    struct part left = *part;
    struct part right = *part;
    pthread_t thread;

    part->found = 0;
    if (part->threads == 1) {
        size_t found = 0;

        for (size_t i = 0; i < left.length; i++)
            found += left.wanted(left.bytes[i]);
        part->found = found;
        return NULL;
    }

    left.threads = part->threads / 2;
    left.length = part->length / part->threads * left.threads;
    right.threads -= left.threads;
    right.length -= left.length;
    right.bytes += left.length;
    part->error = pthread_create(&thread, NULL, count_part, &left);
    if (part->error != 0)
        return NULL;
    count_part(&right);
    pthread_join(thread, NULL);
    part->found = left.found + right.found;
    part->error = left.error != 0 ? left.error : right.error;
    return NULL;
}

int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result)
{
    struct part whole = {bytes, length, wanted, (size_t)threads, 0, 0};

    count_part(&whole);
    if (whole.error == 0)
        *result = whole.found;
    return whole.error;
}
