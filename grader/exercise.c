/*
 * exercise.c - finds the exercises there are.
 *
 * A folder below exercises/ is one when its name is two digits, a hyphen and
 * a name ("04-thread-pool"). Anything else that lies there is passed over, so
 * that a student's own copy of a folder harms nothing.
 */
#include "exercise.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "conf.h"
#include "say.h"

enum { NAME_AT = 3 }; /* "04-" */

struct names {
    const char **items; /* folders, by number; talloc array */
    size_t count;
};

const char *exercise_library(const char *name)
{
    static const char *const libraries[][2] = {{"curl", "-lcurl"},
                                               {"expat", "-lexpat"}};

    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        if (strcmp(libraries[i][0], name) == 0)
            return libraries[i][1];
    return NULL;
}

const char *property_name(enum property property)
{
    static const char *const names[] = {
        [PROPERTY_BUILD] = "build",         [PROPERTY_RESULTS] = "results",
        [PROPERTY_RACE] = "race",           [PROPERTY_DEADLOCK] = "deadlock",
        [PROPERTY_MEMORY] = "memory",       [PROPERTY_FAULTS] = "faults",
        [PROPERTY_SCHEDULES] = "schedules", [PROPERTY_SPEED] = "speed",
    };

    return names[property];
}

bool exercise_pattern(const char *pattern, const char *test)
{
    bool explored =
        strncmp(test, EXERCISE_EXPLORED, strlen(EXERCISE_EXPLORED)) == 0;

    if (explored && strcmp(pattern, "*") == 0)
        return false;
    return fnmatch(pattern, test, 0) == 0;
}

bool exercise_covers(const struct words *patterns, const char *test)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (exercise_pattern(patterns->items[i], test))
            return true;
    return false;
}

double exercise_cpu_seconds(const struct exercise *exercise, const char *test)
{
    bool heavy = test == NULL ? exercise->heavy_tests.count > 0
                              : exercise_covers(&exercise->heavy_tests, test);

    return heavy ? exercise->heavy_cpu_seconds : exercise->test_cpu_seconds;
}

bool exercise_is_name(const char *word)
{
    if (!islower((unsigned char)*word))
        return false;
    for (const char *c = word; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) &&
            !(*c == '-' && isalnum((unsigned char)c[1])))
            return false;
    return true;
}

static bool is_folder_name(const char *name)
{
    return isdigit((unsigned char)name[0]) && isdigit((unsigned char)name[1]) &&
           name[2] == '-' && exercise_is_name(name + NAME_AT);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list_folders(void *ctx, const char *root, struct names *out,
                        const char **why)
{
    const char *path = talloc_asprintf(ctx, "%s/exercises", root);
    DIR *dir = opendir(path);
    struct dirent *entry;

    *out = (struct names){0};
    if (!dir) {
        *why = talloc_asprintf(ctx, "%s: %s", path, strerror(errno));
        return -1;
    }
    while ((entry = readdir(dir))) {
        if (!is_folder_name(entry->d_name))
            continue;
        out->items =
            talloc_realloc(ctx, out->items, const char *, out->count + 1);
        out->items[out->count++] = talloc_strdup(ctx, entry->d_name);
    }
    closedir(dir);
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, by_text);
    return 0;
}

struct exercise *exercise_load(void *ctx, const char *root, const char *folder,
                               const char **why)
{
    struct exercise *exercise;

    if (!is_folder_name(folder)) {
        *why = talloc_asprintf(
            ctx, "%s: an exercise's folder is named like 04-thread-pool",
            say_printable(ctx, folder));
        return NULL;
    }
    exercise = talloc_zero(ctx, struct exercise);
    exercise->folder = talloc_strdup(exercise, folder);
    exercise->id = talloc_strndup(exercise, folder, NAME_AT - 1);
    exercise->name = talloc_strdup(exercise, folder + NAME_AT);
    exercise->source = talloc_asprintf(exercise, "%s.c", exercise->name);
    exercise->path = talloc_asprintf(exercise, "%s/exercises/%s", root, folder);
    if (conf_read(
            exercise,
            talloc_asprintf(exercise, "%s/exercise.conf", exercise->path),
            talloc_asprintf(exercise, "exercises/%s/exercise.conf", folder),
            exercise, why) < 0) {
        *why = talloc_strdup(ctx, *why);
        talloc_free(exercise);
        return NULL;
    }
    return exercise;
}

int exercise_load_all(void *ctx, const char *root, struct exercise_list *out,
                      const char **why)
{
    struct names names;

    *out = (struct exercise_list){0};
    if (list_folders(ctx, root, &names, why) < 0)
        return -1;
    out->items = talloc_array(ctx, struct exercise *, (unsigned)names.count);
    for (size_t i = 0; i < names.count; i++) {
        struct exercise *exercise;

        if (i > 0 && strncmp(names.items[i - 1], names.items[i], 2) == 0) {
            *why = talloc_asprintf(ctx,
                                   "exercises/%s and exercises/%s have the "
                                   "same number",
                                   names.items[i - 1], names.items[i]);
            return -1;
        }
        exercise = exercise_load(ctx, root, names.items[i], why);
        if (!exercise)
            return -1;
        out->items[out->count++] = exercise;
    }
    return 0;
}

/* "4", "04" and "004" are the number four; -1 for what is no number. */
static int number_of(const char *word)
{
    char *end;
    long number = strtol(word, &end, 10);

    if (!isdigit((unsigned char)*word) || *end || number > 99)
        return -1;
    return (int)number;
}

static bool is_meant(const char *folder, const char *word)
{
    int number = number_of(word);

    if (number >= 0)
        return number == (folder[0] - '0') * 10 + (folder[1] - '0');
    return strcmp(word, folder) == 0 || strcmp(word, folder + NAME_AT) == 0;
}

struct exercise *exercise_find(void *ctx, const char *root, const char *word,
                               const char **why)
{
    struct names names;
    char *there = talloc_strdup(ctx, "");

    if (list_folders(ctx, root, &names, why) < 0)
        return NULL;
    for (size_t i = 0; i < names.count; i++) {
        if (is_meant(names.items[i], word))
            return exercise_load(ctx, root, names.items[i], why);
        there =
            talloc_asprintf_append(there, "%s%.2s %s", i ? ", " : "",
                                   names.items[i], names.items[i] + NAME_AT);
    }
    *why = talloc_asprintf(ctx, "there is no exercise '%s'; there %s %s",
                           say_printable(ctx, word), names.count ? "are" : "is",
                           names.count ? there : "none");
    return NULL;
}
