/* output.c - one stream of a program's output */
#define _GNU_SOURCE
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <talloc.h>
#include <unistd.h>

int output_pipe(struct output *output, int *write_end)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    /* Of our end alone: the program gets an ordinary one. */
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    output->fd = ends[0];
    *write_end = ends[1];
    return 0;
}

int output_fifo(struct output *output, const char *path)
{
    output->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return output->fd < 0 ? errno : 0;
}

/* Makes room for `size` more bytes and the NUL. */
static int make_room(void *ctx, struct box_stream *kept, size_t size,
                     size_t most)
{
    size_t room = 2 * (kept->size + size) + 1;
    char *data;

    if (kept->size + size + 1 <= talloc_get_size(kept->data))
        return 0;
    if (most != 0 && room > most + 1)
        room = most + 1;
    data = talloc_realloc(ctx, kept->data, char, room);
    if (data == NULL)
        return -1;
    kept->data = data;
    return 0;
}

ssize_t output_read(void *ctx, struct output *output, char *chunk, size_t size,
                    size_t most)
{
    struct box_stream *kept = output->kept;
    size_t fits;
    ssize_t got;

    if (output->fd < 0)
        return 0;
    do
        got = read(output->fd, chunk, size);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got <= 0) {
        output_close(output);
        return 0;
    }
    fits = (size_t)got;
    output->total += fits;
    if (most != 0 && fits > most - kept->size) {
        fits = most - kept->size;
        kept->cut = true;
    }
    if (make_room(ctx, kept, fits, most) < 0)
        return -1;
    memcpy(kept->data + kept->size, chunk, fits);
    kept->size += fits;
    kept->data[kept->size] = '\0';
    return got;
}

/* A pipe is a ring of pages, and two that stand side by side hold more than
 * one page between them (pipe(7)): a full pipe is at least half full of bytes.
 * A quarter leaves room for those that are written just now. */
bool output_is_crowded(const struct output *output)
{
    int unread = 0, size;

    if (output->fd < 0 || ioctl(output->fd, FIONREAD, &unread) < 0)
        return false;
    size = fcntl(output->fd, F_GETPIPE_SZ);
    return unread > 0 && (unread >= size / 4 || size <= PIPE_BUF);
}

void output_close(struct output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    output->fd = -1;
}
