/*
 * expression.c - the name that the student gave it: what the line of a write
 * assigns to, as it stands there. `counter->total++` says more than "a block
 * of 88 bytes". By pattern (regex(3)), not by parsing: where the line is not
 * of a plain form there is no name, and the tool's own words serve.
 */
#include <ctype.h>
#include <regex.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"

#define NAME     "[A-Za-z_][A-Za-z0-9_]*"
#define VARIABLE "(" NAME "((->|\\.)" NAME "|\\[[^][]*\\])*)"

/* x++  x += 1  x = y, but not x == y */
static const char after[] =
    VARIABLE "[ \t]*(\\+\\+|--|(<<|>>|[-+*/%&|^])?=([^=]|$))";
static const char before[] = "(\\+\\+|--)[ \t]*" VARIABLE;

/* `long x = ...` makes a variable; nobody else can use it yet. */
static bool declares(const char *line, size_t start)
{
    while (start > 0 && (line[start - 1] == ' ' || line[start - 1] == '\t'))
        start--;
    return start > 0 && (isalnum((unsigned char)line[start - 1]) ||
                         line[start - 1] == '_' || line[start - 1] == '*');
}

static const char *match(void *ctx, const char *line, const char *pattern,
                         size_t group)
{
    regmatch_t groups[8];
    const char *found = NULL;
    regex_t regex;

    if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
        return NULL;
    if (regexec(&regex, line, 8, groups, 0) == 0 &&
        !declares(line, (size_t)groups[group].rm_so))
        found =
            talloc_strndup(ctx, line + groups[group].rm_so,
                           (size_t)(groups[group].rm_eo - groups[group].rm_so));
    regfree(&regex);
    return found;
}

const char *expression_assigned(void *ctx, const char *source, int number)
{
    const char *start = source, *name;
    char *line;

    while (start != NULL && --number > 0) {
        start = strchr(start, '\n');
        start = start ? start + 1 : NULL;
    }
    if (start == NULL)
        return NULL;
    line = talloc_strndup(ctx, start, strcspn(start, "\n"));
    name = match(ctx, line, after, 1);
    if (name == NULL)
        name = match(ctx, line, before, 2);
    talloc_free(line);
    return name;
}
