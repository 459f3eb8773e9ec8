/*
 * conf_keys.c - the keys of exercise.conf and how their values are read.
 */
#include "conf_keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

int conf_fault(struct conf *conf, const char *format, ...)
{
    va_list arguments;
    char *what;

    if (conf->why)
        return -1;
    va_start(arguments, format);
    what = talloc_vasprintf(conf->ctx, format, arguments);
    va_end(arguments);
    conf->why =
        talloc_asprintf(conf->ctx, "%s:%d: %s", conf->name, conf->line, what);
    return -1;
}

/* ---- values ------------------------------------------------------------- */

static int read_text(struct conf *conf, const char *key, const char *value,
                     void *place)
{
    const char **text = place;

    (void)key;
    *text = *text ? talloc_asprintf(conf->ctx, "%s %s", *text, value)
                  : talloc_strdup(conf->ctx, value);
    return 0;
}

static int read_real(struct conf *conf, const char *key, const char *value,
                     void *place)
{
    double *number = place;
    char *end;

    errno = 0;
    *number = strtod(value, &end);
    if (errno || end == value || *end || !(*number > 0 && *number <= 1000))
        return conf_fault(conf, "%s = %s: a number above 0, at most 1000", key,
                          value);
    return 0;
}

static int read_whole(struct conf *conf, const char *key, const char *value,
                      void *place)
{
    int *number = place;
    char *end;
    long read = strtol(value, &end, 10);

    if (!isdigit((unsigned char)*value) || *end || read < 1 || read > 100000)
        return conf_fault(conf, "%s = %s: a whole number above 0", key, value);
    *number = (int)read;
    return 0;
}

static int read_megabytes(struct conf *conf, const char *key, const char *value,
                          void *place)
{
    size_t *bytes = place;
    int megabytes;

    if (read_whole(conf, key, value, &megabytes) < 0)
        return -1;
    *bytes = (size_t)megabytes << 20;
    return 0;
}

static int read_yes(struct conf *conf, const char *key, const char *value,
                    void *place)
{
    bool *yes = place;

    *yes = strcmp(value, "yes") == 0;
    if (!*yes && strcmp(value, "no") != 0)
        return conf_fault(conf, "%s = %s: yes or no", key, value);
    return 0;
}

static int read_property(struct conf *conf, const char *key, const char *value,
                         void *place)
{
    enum property *property = place;

    for (int p = PROPERTY_RESULTS; p <= PROPERTY_SPEED; p++) {
        *property = (enum property)p;
        if (strcmp(value, property_name(*property)) == 0)
            return 0;
    }
    return conf_fault(conf,
                      "%s = %s: one of results, race, deadlock, memory, "
                      "faults, schedules, speed",
                      key, value);
}

static int read_lens_set(struct conf *conf, const char *key, const char *value,
                         void *place)
{
    unsigned *lenses = place;
    char *copy = talloc_strdup(conf->ctx, value), *rest = NULL;

    for (char *word = strtok_r(copy, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest)) {
        int lens = lens_by_name(word);
        if (lens <= LENS_BUILD)
            return conf_fault(conf,
                              "%s: there is no lens '%s'; there are "
                              "behaviour, tsan, helgrind, memory, faults, "
                              "interleavings, speed",
                              key, word);
        *lenses |= 1u << lens;
    }
    return 0;
}

void conf_add_words(struct conf *conf, const char *value, struct words *words)
{
    char *copy = talloc_strdup(conf->ctx, value), *rest = NULL;

    for (char *word = strtok_r(copy, " \t", &rest); word;
         word = strtok_r(NULL, " \t", &rest)) {
        words->items = talloc_realloc(conf->ctx, words->items, const char *,
                                      words->count + 1);
        words->items[words->count++] = word;
    }
}

static int read_words(struct conf *conf, const char *key, const char *value,
                      void *place)
{
    (void)key;
    conf_add_words(conf, value, place);
    return 0;
}

static int read_libraries(struct conf *conf, const char *key, const char *value,
                          void *place)
{
    struct words *libraries = place;
    size_t i = libraries->count;

    conf_add_words(conf, value, libraries);
    for (; i < libraries->count; i++)
        if (exercise_library(libraries->items[i]) == NULL)
            return conf_fault(conf,
                              "%s: '%s' is not known; there are curl, expat",
                              key, libraries->items[i]);
    return 0;
}

static int read_server(struct conf *conf, const char *key, const char *value,
                       void *place)
{
    (void)place;
    if (strcmp(value, "origin") != 0)
        return conf_fault(conf, "%s = %s: there is only origin", key, value);
    conf->exercise->server = true;
    return 0;
}

/* ---- the keys there are -------------------------------------------------- */

#define IN_EXERCISE(member) offsetof(struct exercise, member)
#define IN_CHECK(member)    offsetof(struct check, member)
#define COUNT(array)        (sizeof(array) / sizeof(array)[0])

static const struct key top_keys[] = {
    {"title", read_text, IN_EXERCISE(title), true},
    {"ideas", read_text, IN_EXERCISE(ideas), true},
    {"order", read_whole, IN_EXERCISE(order), true},
    {"minutes", read_whole, IN_EXERCISE(minutes), true},
    {"allow", read_words, IN_EXERCISE(allow), false},
    {"libraries", read_libraries, IN_EXERCISE(libraries), false},
    {"server", read_server, 0, false},
};

static const struct key limits_keys[] = {
    {"test_cpu_seconds", read_real, IN_EXERCISE(test_cpu_seconds), false},
    {"heavy_tests", read_words, IN_EXERCISE(heavy_tests), false},
    {"heavy_cpu_seconds", read_real, IN_EXERCISE(heavy_cpu_seconds), false},
    {"memory_mb", read_megabytes, IN_EXERCISE(memory_bytes), false},
};

static const struct key speed_keys[] = {
    {"threads", read_whole, IN_EXERCISE(speed_threads), true},
    {"threshold", read_real, IN_EXERCISE(speed_threshold), true},
    {"at_most", read_real, IN_EXERCISE(speed_at_most), false},
    {"why", read_text, IN_EXERCISE(speed_why), false},
};

static const struct key check_keys[] = {
    {"title", read_text, IN_CHECK(title), true},
    {"property", read_property, IN_CHECK(property), true},
    {"lenses", read_lens_set, IN_CHECK(lenses), true},
    {"tests", read_words, IN_CHECK(tests), false},
    {"points", read_whole, IN_CHECK(points), true},
    {"measured", read_yes, IN_CHECK(measured), false},
    {"needs", read_words, IN_CHECK(needs), false},
    {"chance", read_yes, IN_CHECK(chance), false},
};

const struct section conf_sections[SECTIONS] = {
    [SECTION_TOP] = {"", top_keys, COUNT(top_keys)},
    [SECTION_LIMITS] = {"limits", limits_keys, COUNT(limits_keys)},
    [SECTION_SPEED] = {"speed", speed_keys, COUNT(speed_keys)},
    [SECTION_CHECK] = {"check", check_keys, COUNT(check_keys)},
};
