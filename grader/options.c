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

/* A number that goes on as a word, or NULL when it is none. */
static int check_number(void *ctx, const char *name, const char *text,
                        const char **why)
{
    uint64_t number;

    if (text == NULL || read_number(text, &number) == 0)
        return 0;
    *why = talloc_asprintf(ctx, "%s=%s: a number from 0 on", name,
                           say_printable(ctx, text));
    return -1;
}

/* "no" or "0" against "yes" or "1" */
static int read_switch(void *ctx, const char *name, bool usual, bool *on,
                       const char **why)
{
    const char *text = value(name);

    *on = usual;
    if (text == NULL)
        return 0;
    *on = strcmp(text, "yes") == 0 || strcmp(text, "1") == 0;
    if (*on || strcmp(text, "no") == 0 || strcmp(text, "0") == 0)
        return 0;
    *why = talloc_asprintf(ctx, "%s=%s: yes or no", name,
                           say_printable(ctx, text));
    return -1;
}

static int read_strategy(void *ctx, const char *text, const char **why)
{
    static const char *const all[] = {"search", "dfs", "pct", "random"};

    for (size_t i = 0; text != NULL && i < sizeof all / sizeof all[0]; i++)
        if (strcmp(text, all[i]) == 0)
            return 0;
    if (text == NULL)
        return 0;
    *why = talloc_asprintf(ctx,
                           "STRATEGY=%s: one of search, dfs, pct, random; "
                           "`make replay` runs one schedule again",
                           say_printable(ctx, text));
    return -1;
}

static int read_explore(void *ctx, struct explore_options *out,
                        const char **why)
{
    bool reduce, races;

    *out = (struct explore_options){
        .arguments = value("ARGS"),
        .cflags = value("CFLAGS"),
        .strategy = value("STRATEGY"),
        .schedules = value("SCHEDULES"),
        .seconds = value("SECONDS"),
        .bound = value("BOUND"),
        .schedule = value("SCHEDULE"),
    };
    if (check_number(ctx, "SCHEDULES", out->schedules, why) < 0 ||
        check_number(ctx, "SECONDS", out->seconds, why) < 0 ||
        check_number(ctx, "BOUND", out->bound, why) < 0 ||
        read_strategy(ctx, out->strategy, why) < 0 ||
        read_switch(ctx, "REDUCE", true, &reduce, why) < 0 ||
        read_switch(ctx, "RACES", true, &races, why) < 0 ||
        read_switch(ctx, "GDB", false, &out->debugger, why) < 0)
        return -1;
    out->no_reduction = !reduce;
    out->no_races = !races;
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
    if (read_jobs(ctx, &out->jobs, why) < 0)
        return -1;
    return read_explore(ctx, &out->explore, why);
}
