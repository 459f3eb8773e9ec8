/*
 * report_text.c - text that a stranger may have written, made fit to print.
 */
#include <string.h>
#include <talloc.h>

#include "report.h"

#define COLUMNS 79

/*
 * Length of the UTF-8 character at `text` and its code point, or 0 when the
 * bytes are not one: too long a form, a surrogate, beyond Unicode.
 */
static size_t decode(const unsigned char *text, unsigned *code)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0x80   ? 1
                  : text[0] < 0xc0 ? 0
                  : text[0] < 0xe0 ? 2
                  : text[0] < 0xf0 ? 3
                  : text[0] < 0xf8 ? 4
                                   : 0;

    if (size <= 1) {
        *code = text[0];
        return size;
    }
    *code = text[0] & (0x7f >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3f);
    }
    if (*code < least[size] || *code > 0x10ffff ||
        (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return size;
}

/* Characters that move the cursor, or turn the direction of the text. */
static bool hidden(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ||
           (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xfff9 && code <= 0xfffb);
}

char *report_clean(void *ctx, const char *text)
{
    const unsigned char *in = (const unsigned char *)text;
    /* the longest that one byte can become is "\xff" */
    char *out = talloc_array(ctx, char, 4 * strlen(text) + 1);
    size_t n = 0;

    while (*in) {
        unsigned code;
        size_t size = decode(in, &code);
        if (*in == '\t') {
            memcpy(out + n, "    ", 4);
            n += 4;
            in++;
        } else if (*in == '\n') {
            memcpy(out + n, "\\n", 2);
            n += 2;
            in++;
        } else if (size == 0 || hidden(code)) {
            size = size ? size : 1;
            for (size_t i = 0; i < size; i++)
                n += (size_t)sprintf(out + n, "\\x%02x", *in++);
        } else {
            memcpy(out + n, in, size);
            n += size;
            in += size;
        }
    }
    out[n] = '\0';
    return out;
}

size_t report_width(const char *text)
{
    size_t columns = 0;

    for (; *text; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* Columns of the first `size` bytes. */
static size_t width(const char *text, size_t size)
{
    size_t columns = 0;

    for (size_t i = 0; i < size; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

void report_wrap(FILE *out, const char *text, size_t first, size_t indent)
{
    size_t column = first;
    bool fresh = true; /* no word on this line yet */

    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t size = strcspn(text, " ");
        size_t columns = width(text, size);
        if (!fresh && column + 1 + columns > COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            fresh = true;
        }
        if (!fresh) {
            putc(' ', out);
            column++;
        }
        fwrite(text, 1, size, out);
        column += columns;
        fresh = false;
        text += size;
    }
    putc('\n', out);
}
