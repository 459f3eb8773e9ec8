/*
 * copy.c - copies of files that never overwrite one.
 */
#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };

static int write_all(int to, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(to, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

static int copy_bytes(int from, int to)
{
    char chunk[CHUNK];
    ssize_t got;

    while ((got = read(from, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || write_all(to, chunk, (size_t)got) < 0)
            return -1;
    }
    return 0;
}

int copy_file(const char *from, const char *to)
{
    /* Not blocking: opening a FIFO must not wait for its writer. */
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK), out = -1;
    int status = -1, error;
    struct stat stat;

    if (in < 0 || fstat(in, &stat) < 0)
        goto out;
    if (!S_ISREG(stat.st_mode)) {
        errno = EINVAL;
        goto out;
    }
    out =
        open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, stat.st_mode & 0777);
    if (out < 0)
        goto out;
    status = copy_bytes(in, out);
out:
    error = errno;
    if (out >= 0 && close(out) < 0 && status == 0) {
        error = errno;
        status = -1;
    }
    if (out >= 0 && status < 0)
        unlink(to);
    if (in >= 0)
        close(in);
    errno = error;
    return status;
}

bool copy_same(const char *one, const char *other)
{
    FILE *a = fopen(one, "re"), *b = fopen(other, "re");
    bool same = a && b;

    while (same) {
        int c = getc_unlocked(a);
        same = c == getc_unlocked(b);
        if (c == EOF)
            break;
    }
    same = same && !ferror(a) && !ferror(b);
    if (a)
        fclose(a);
    if (b)
        fclose(b);
    return same;
}
