/*
 * collect.c - see collect.h.
 */
#define _GNU_SOURCE
#include "collect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "work.h"

static int write_whole(const char *path, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return -1;
    while (size > 0) {
        ssize_t n = write(fd, text, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            return -1;
        }
        text += n;
        size -= (size_t)n;
    }
    return close(fd);
}

/* What kind of thing it is, in words; NULL for a regular file. */
static const char *not_a_file(mode_t mode)
{
    if (S_ISREG(mode))
        return NULL;
    if (S_ISDIR(mode))
        return "a folder";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISSOCK(mode))
        return "a socket";
    return "a device";
}

static const char *wrong_content(void *ctx, const char *text, size_t size)
{
    const char *zero;

    if (size > COLLECT_MAX_BYTES)
        return talloc_asprintf(ctx,
                               "the file is larger than %d KiB; an answer is "
                               "one C source file",
                               COLLECT_MAX_BYTES / 1024);
    zero = memchr(text, '\0', size);
    if (zero != NULL)
        return talloc_asprintf(ctx,
                               "the file is not text: byte %zu is zero; hand "
                               "in the C source, not a program or an archive",
                               (size_t)(zero - text) + 1);
    if (strspn(text, " \t\r\n\f\v") == size)
        return "the file is empty; `make reset` gives the stub again";
    return NULL;
}

enum collected collect(void *ctx, const char *source, const char *target,
                       const char **why)
{
    struct stat status;
    const char *kind;
    size_t size;
    char *text;

    *why = NULL;
    if (stat(source, &status) != 0) {
        *why =
            talloc_asprintf(ctx, "cannot find %s: %s", source, strerror(errno));
        return COLLECT_OURS;
    }
    kind = not_a_file(status.st_mode);
    if (kind != NULL) {
        *why = talloc_asprintf(ctx, "%s is %s; SRC names one C file", source,
                               kind);
        return COLLECT_OURS;
    }
    text = work_read(ctx, source, COLLECT_MAX_BYTES + 1, &size);
    if (text == NULL) {
        *why =
            talloc_asprintf(ctx, "cannot read %s: %s", source, strerror(errno));
        return COLLECT_OURS;
    }
    *why = wrong_content(ctx, text, size);
    if (*why != NULL)
        return COLLECT_THEIRS;
    if (write_whole(target, text, size) != 0) {
        *why = talloc_asprintf(ctx, "cannot write %s: %s", target,
                               strerror(errno));
        return COLLECT_OURS;
    }
    return COLLECT_OK;
}
