/*
 * say.c - words to a person: what the kit could not do, and colour.
 */
#include "say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

/* A path that is longer than this is not read to its end by anybody. */
enum { PRINTABLE_MAX = 200 };

int say_fault(const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    va_start(arguments, format);
    fprintf(stderr, "%sinterleave:%s ", say_ink(stderr, INK_RED),
            say_ink(stderr, INK_PLAIN));
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return STATUS_NO_WORK;
}

const char *say_ink(FILE *stream, enum ink ink)
{
    static const char *const codes[] = {
        [INK_PLAIN] = "\033[0m",  [INK_BOLD] = "\033[1m",
        [INK_DIM] = "\033[2m",    [INK_RED] = "\033[31m",
        [INK_GREEN] = "\033[32m", [INK_YELLOW] = "\033[33m",
    };
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no_color && *no_color)
        return "";
    if (!term || !*term || strcmp(term, "dumb") == 0)
        return "";
    return isatty(fileno(stream)) ? codes[ink] : "";
}

const char *say_printable(void *ctx, const char *text)
{
    size_t size = strnlen(text, PRINTABLE_MAX + 1);
    bool cut = size > PRINTABLE_MAX;
    char *out;

    if (cut) {
        size = PRINTABLE_MAX;
        /* not in the middle of a character of several bytes */
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
            size--;
    }
    out = talloc_strndup(ctx, text, size);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return cut ? talloc_strdup_append(out, "...") : out;
}
