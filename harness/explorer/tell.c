/*
 * tell.c - see tell.h. To standard error when there is no grader.
 */
#define _GNU_SOURCE
#include "tell.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int out = 2;
static const char *secret = "";

__attribute__((constructor)) static void tell_open(void)
{
    const char *path = getenv("INTERLEAVE_RECORD");
    const char *word = getenv("INTERLEAVE_SECRET");

    if (path != NULL)
        out = open(path, O_WRONLY | O_CLOEXEC);
    if (word != NULL)
        secret = word;
}

void tell(const char *format, ...)
{
    char line[4096];
    int used = snprintf(line, sizeof line, "%s%s", secret, *secret ? " " : "");
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
    while (write(out, line, (size_t)n) < 0)
        if (out != 2)
            return;
}
