/*
 * options.c - reads and checks what was asked for in the environment.
 */
#define _GNU_SOURCE
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "evidence.h"
#include "say.h"

enum { JOBS_MAX = 256 };

static const char *value(const char *name)
{
    const char *text = getenv(name);

    return text && *text ? text : NULL;
}

/* The kit is the folder above the one this program is in. */
static const char *find_root(void *ctx)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash;

    if (size < 0)
        return NULL;
    path[size] = '\0';
    for (int up = 0; up < 2; up++) {
        slash = strrchr(path, '/');
        if (!slash || slash == path)
            return NULL;
        *slash = '\0';
    }
    return talloc_strdup(ctx, path);
}

static const char *lens_names(void *ctx)
{
    char *names = talloc_strdup(ctx, "");

    for (int lens = 0; lens < LENS_COUNT; lens++)
        names = talloc_asprintf_append(names, "%s%s", lens ? ", " : "",
                                       lens_name((enum lens)lens));
    return names;
}

static int read_lenses(void *ctx, const char *text, unsigned *lenses,
                       const char **why)
{
    char *copy = talloc_strdup(ctx, text), *rest = NULL;

    *lenses = 0;
    for (char *word = strtok_r(copy, ", \t", &rest); word;
         word = strtok_r(NULL, ", \t", &rest)) {
        int lens = lens_by_name(word);
        if (lens < 0) {
            *why = talloc_asprintf(
                ctx, "LENS=%s: there is no lens '%s'; there are %s",
                say_printable(ctx, text), say_printable(ctx, word),
                lens_names(ctx));
            return -1;
        }
        *lenses |= 1u << lens;
    }
    if (*lenses == 0) {
        *why = talloc_asprintf(ctx, "LENS=%s names no lens; there are %s",
                               say_printable(ctx, text), lens_names(ctx));
        return -1;
    }
    return 0;
}

/* A whole number and nothing else: no sign, no blank. Leading zeros are
 * decimal; 0x is allowed. */
static int read_number(const char *text, uint64_t *number)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    char *end;

    if (hex ? !isxdigit((unsigned char)text[2])
            : !isdigit((unsigned char)text[0]))
        return -1;
    errno = 0;
    *number = strtoull(text, &end, hex ? 16 : 10);
    return errno || *end ? -1 : 0;
}

static unsigned cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return 1;
}

static int read_jobs(void *ctx, unsigned *jobs, const char **why)
{
    const char *text = value("JOBS");
    uint64_t number;

    *jobs = cores();
    if (!text)
        return 0;
    if (read_number(text, &number) < 0 || number < 1 || number > JOBS_MAX) {
        *why = talloc_asprintf(
            ctx, "JOBS=%s: how many at one time, a number from 1 to %d",
            say_printable(ctx, text), JOBS_MAX);
        return -1;
    }
    *jobs = (unsigned)number;
    return 0;
}

int options_read(void *ctx, struct options *out, const char **why)
{
    const char *lens = value("LENS"), *seed = value("SEED");

    *out = (struct options){
        .root = find_root(ctx),
        .exercise = value("EX"),
        .source = value("SRC"),
        .result = value("RESULT"),
        .folder = value("DIR"),
        .out = value("OUT"),
        .lenses = (1u << LENS_COUNT) - 1,
        .partial = lens != NULL,
        .seeded = seed != NULL,
    };
    if (!out->root) {
        *why = "cannot find my own folder: is /proc mounted?";
        return -1;
    }
    if (lens && read_lenses(ctx, lens, &out->lenses, why) < 0)
        return -1;
    if (seed && read_number(seed, &out->seed) < 0) {
        *why = talloc_asprintf(
            ctx, "SEED=%s: a number from 0 to 18446744073709551615",
            say_printable(ctx, seed));
        return -1;
    }
    return read_jobs(ctx, &out->jobs, why);
}
