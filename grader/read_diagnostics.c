/*
 * read_diagnostics.c - gcc's and clang's messages.
 *
 * "counter.c:12:5: warning: unused variable 'x' [-Wunused-variable]"
 *
 * An error that a compiler finds in another file, a header of the exercise
 * say, is kept with line 0 and the place in its text: without it nobody would
 * know why nothing was built. Warnings there are the kit's own business.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read.h"
#include "read_parts.h"

static const struct {
    const char *words;
    bool error;
} kinds[] = {
    {": warning: ", false},
    {": error: ", true},
    {": fatal error: ", true},
};

/*
 * Splits "file:12:5" or "file:12" at its end; the file's name may hold
 * colons. Returns false when there is no line number.
 */
static bool split_place(const char *place, size_t size, size_t *name_size,
                        int *line)
{
    size_t numbers[2] = {0, 0}; /* where the last two numbers begin */
    size_t found = 0;
    size_t end = size;

    while (found < 2) {
        size_t start = end;

        while (start > 0 && strchr("0123456789", place[start - 1]))
            start--;
        if (start == end || start < 2 || place[start - 1] != ':')
            break;
        numbers[found++] = start;
        end = start - 1;
    }
    if (found == 0)
        return false;
    *name_size = end;
    *line = (int)strtol(place + numbers[found - 1], NULL, 10);
    return true;
}

/*
 * Cuts "[-Wname]" off the text and returns "-Wname": what stands last in
 * "[-Werror,-Wname]" and after "-Werror="; gcc also writes "-Wformat=".
 */
static const char *cut_option(void *ctx, char *text)
{
    size_t size = strlen(text);
    char *open = strrchr(text, '[');
    const char *option;

    if (open == NULL || size == 0 || text[size - 1] != ']' ||
        strncmp(open, "[-W", 3) != 0)
        return NULL;
    text[size - 1] = '\0';
    option = strrchr(open, ',') ? strrchr(open, ',') + 1 : open + 1;
    if (strncmp(option, "-Werror=", 8) == 0)
        option = talloc_asprintf(ctx, "-W%s", option + 8);
    else
        option = talloc_strdup(ctx, option);
    if (*option && option[strlen(option) - 1] == '=')
        option = talloc_strndup(ctx, option, strlen(option) - 1);
    while (open > text && open[-1] == ' ')
        open--;
    *open = '\0';
    return option;
}

static bool is_student(const char *name, const char *student)
{
    return strcmp(path_base(name), path_base(student)) == 0;
}

/* true when the line is a diagnostic to keep */
static bool read_diagnostic(void *ctx, const struct line *line,
                            const char *student, struct diagnostic *out)
{
    const char *at = NULL;
    size_t kind, name_size;
    char *place, *text;
    bool theirs;

    for (kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        if ((at = line_find(line, kinds[kind].words)) != NULL)
            break;
    if (at == NULL)
        return false;
    place = clean_text(ctx, line->text, (size_t)(at - line->text), 4096);
    if (!split_place(place, strlen(place), &name_size, &out->line))
        return false;
    place[name_size] = '\0';
    at += strlen(kinds[kind].words);
    text = clean_text(ctx, at, line->size - (size_t)(at - line->text),
                      READ_TEXT_MAX);
    out->error = kinds[kind].error;
    out->option = cut_option(ctx, text);
    theirs = is_student(place, student);
    if (!theirs && !out->error)
        return false;
    out->text = theirs ? text
                       : talloc_asprintf(ctx, "%s:%d: %s", path_base(place),
                                         out->line, text);
    if (!theirs)
        out->line = 0;
    return true;
}

struct diagnostics read_diagnostics(void *ctx, const char *text, size_t size,
                                    const char *student)
{
    struct cursor cursor = {text, text + size};
    struct diagnostics diagnostics = {0};
    struct diagnostic one;
    struct line line;

    while (read_line(&cursor, &line)) {
        if (!read_diagnostic(ctx, &line, student, &one))
            continue;
        diagnostics.items =
            talloc_realloc(ctx, diagnostics.items, struct diagnostic,
                           (unsigned)diagnostics.count + 1);
        diagnostics.items[diagnostics.count++] = one;
    }
    return diagnostics;
}
