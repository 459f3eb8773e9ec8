/*
 * record.c - what goes from inside to outside: one line, one write, on one
 * FIFO, behind the secret of this run.
 *
 *     SECRET start suite/name
 *     SECRET value suite/name key value
 *     SECRET end suite/name
 *     hint                          (no evidence: see record_hint)
 *
 * The writes are raw system calls: ThreadSanitizer takes two writes to one
 * descriptor for order between the threads that make them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "interleave.h"

#define LINE_MAX_BYTES 2048 /* below PIPE_BUF: a line arrives whole */

static int record_fd = -1;
static char secret[64] = "-";

__attribute__((constructor)) static void record_open(void)
{
    const char *path = getenv("INTERLEAVE_RECORD");
    const char *word = getenv("INTERLEAVE_SECRET");

    if (path != NULL)
        record_fd = open(path, O_WRONLY | O_CLOEXEC);
    if (word != NULL)
        snprintf(secret, sizeof secret, "%s", word);
}

QUIET void record_raw(const char *text, size_t size)
{
    while (record_fd >= 0 && size > 0) {
        long n = syscall(SYS_write, record_fd, text, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

QUIET void record_hint(void)
{
    int error = errno;

    if (atomic_exchange(&board->hinted, 1) != 0)
        return;
    record_raw("hint\n", 5);
    errno = error;
}

const char *record_secret(void)
{
    return secret;
}

void record_line(const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    int used = snprintf(line, sizeof line, "%s ", secret);
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(line + used, sizeof line - (size_t)used - 1, format,
                  arguments);
    va_end(arguments);
    if (n < 0)
        return;
    n += used;
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n++] = '\n';
    record_raw(line, (size_t)n);
}

/* A newline would end the record, so it is written as \n. */
static void escape(char *to, size_t size, const char *from)
{
    size_t n = 0;

    for (; *from != '\0' && n + 3 < size; from++) {
        if (*from == '\n' || *from == '\\')
            to[n++] = '\\';
        to[n++] = *from == '\n' ? 'n' : *from;
    }
    to[n] = '\0';
}

/* Only the test's own process observes, and not a child that has come back
 * into the test. */
static bool observes(void)
{
    return board->pid == getpid();
}

void observe_int(const char *key, long long value)
{
    if (observes())
        record_line("value %s %s %lld", board->test, key, value);
}

void observe_str(const char *key, const char *value)
{
    char text[1024];

    escape(text, sizeof text, value);
    if (observes())
        record_line("value %s %s %s", board->test, key, text);
}
