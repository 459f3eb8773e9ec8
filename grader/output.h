/*
 * output.h - one stream of a program's output: a pipe or a FIFO, read without
 * blocking, kept up to a ceiling.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "box.h"

struct output {
    int fd;       /* our end, or -1 */
    size_t total; /* bytes that came */
    struct box_stream *kept;
};

/* Both return 0 or an errno value. The first gives back the end to write to.
 * A FIFO is opened for writing too: so it never comes to an end, and the
 * program's own open() never waits for a reader. */
int output_pipe(struct output *output, int *write_end);
int output_fifo(struct output *output, const char *path);

/*
 * Reads at most `size` bytes into `chunk` and keeps of them what fits into
 * `most` (0: all), as a talloc string below ctx. Returns how many came, 0
 * when there are none now, or -1 when memory ran out. At the end of the
 * stream its fd is closed.
 */
ssize_t output_read(void *ctx, struct output *output, char *chunk, size_t size,
                    size_t most);

/* true when there is so much to read that a write may have to wait */
bool output_is_crowded(const struct output *output);

void output_close(struct output *output);

#endif
