/*
 * conf.c - reads exercise.conf into a struct exercise.
 *
 * The syntax is inih's: [section], key = value, comments with ';' or '#', a
 * long value goes on in the next line, indented. inih tells its handler
 * neither the line nor that a section began, so the function that hands it
 * one line after the other keeps count of both. conf_keys.c knows the keys.
 */
#include "conf.h"

#include <errno.h>
#include <ini.h>
#include <string.h>
#include <talloc.h>

#include "conf_keys.h"

/* ---- sections ------------------------------------------------------------ */

/* What a section must hold is looked at where it ends. */
static int section_end(struct conf *conf)
{
    const struct section *section = conf->section;
    struct check *check = conf->check;

    for (size_t i = 0; section && i < section->count; i++)
        if (section->keys[i].needed && !(conf->seen & 1u << i))
            return conf_fault(conf, "before this line, '%s' is missing%s%s",
                              section->keys[i].name, check ? " in check " : "",
                              check ? check->name : "");
    if (!check)
        return 0;
    if (check->lenses == 0)
        return conf_fault(conf, "check %s has no lens", check->name);
    if (check->measured && check->property != PROPERTY_SPEED)
        return conf_fault(conf, "check %s: only speed is measured",
                          check->name);
    if (check->tests.count == 0)
        conf_add_words(conf, "*", &check->tests);
    return 0;
}

static struct check *add_check(struct conf *conf, const char *name)
{
    struct exercise *exercise = conf->exercise;
    size_t count = exercise->check_count;

    exercise->checks =
        talloc_realloc(conf->ctx, exercise->checks, struct check, count + 1);
    exercise->checks[count] =
        (struct check){.name = talloc_strdup(conf->ctx, name)};
    exercise->check_count++;
    return &exercise->checks[count];
}

static int check_begin(struct conf *conf, const char *name)
{
    struct exercise *exercise = conf->exercise;

    if (!exercise_is_name(name))
        return conf_fault(conf,
                          "[check %s]: a check's name is of small letters, "
                          "digits and single hyphens",
                          name);
    for (size_t i = 0; i < exercise->check_count; i++)
        if (strcmp(exercise->checks[i].name, name) == 0)
            return conf_fault(conf, "there is a check %s already", name);
    conf->check = add_check(conf, name);
    conf->section = &conf_sections[SECTION_CHECK];
    return 0;
}

static int section_begin(struct conf *conf, const char *name)
{
    if (section_end(conf) < 0)
        return -1;
    conf->seen = 0;
    conf->check = NULL;
    conf->section = NULL;
    if (strncmp(name, "check ", 6) == 0)
        return check_begin(conf, name + 6);
    for (int i = SECTION_LIMITS; i < SECTION_CHECK; i++)
        if (strcmp(name, conf_sections[i].name) == 0)
            conf->section = &conf_sections[i];
    if (!conf->section)
        return conf_fault(conf,
                          "unknown section [%s]; there are [limits], [speed] "
                          "and [check NAME]",
                          name);
    conf->has_speed |= strcmp(name, "speed") == 0;
    return 0;
}

/* ---- reading ------------------------------------------------------------- */

/* inih's way to a line, like fgets(). */
static char *next_line(char *text, int size, void *state)
{
    struct conf *conf = state;
    char *end;

    if (conf->why || !fgets(text, size, conf->file))
        return NULL;
    conf->line++;
    conf->continued = text[0] == ' ' || text[0] == '\t';
    if (!strchr(text, '\n') && !feof(conf->file)) {
        conf_fault(conf,
                   "a line has at most %d characters; go on in the next one, "
                   "indented",
                   size - 2);
        return NULL;
    }
    if (conf->continued && text[strspn(text, " \t")] == '[') {
        conf_fault(conf, "a section begins at the start of a line");
        return NULL;
    }
    if (text[0] == '[' && (end = strchr(text, ']'))) {
        char *name =
            talloc_strndup(conf->ctx, text + 1, (size_t)(end - text - 1));
        if (section_begin(conf, name) < 0)
            return NULL;
    }
    return text;
}

/* inih's handler for one value. Returns 0 on a fault, as inih wants it. */
static int take_value(void *state, const char *section_name, const char *name,
                      const char *value)
{
    struct conf *conf = state;
    const struct section *section = conf->section;
    char *place;

    (void)section_name;
    for (size_t i = 0; section && i < section->count; i++) {
        const struct key *key = &section->keys[i];
        if (strcmp(key->name, name) != 0)
            continue;
        if ((conf->seen & 1u << i) && !conf->continued)
            return conf_fault(conf, "'%s' is given twice", name) == 0;
        if (!*value)
            return conf_fault(conf, "'%s' has no value", name) == 0;
        conf->seen |= 1u << i;
        place = conf->check ? (char *)conf->check : (char *)conf->exercise;
        return key->read(conf, name, value, place + key->offset) == 0;
    }
    return conf_fault(conf, "unknown key '%s'", name) == 0;
}

static bool has_check(const struct exercise *exercise, const char *name)
{
    for (size_t i = 0; i < exercise->check_count; i++)
        if (strcmp(exercise->checks[i].name, name) == 0)
            return true;
    return false;
}

/* What can only be said of the whole file. */
static int check_whole(struct conf *conf)
{
    const struct exercise *exercise = conf->exercise;
    int sum = 0;

    for (size_t i = 0; i < exercise->check_count; i++) {
        const struct check *check = &exercise->checks[i];

        sum += check->points;
        for (size_t k = 0; k < check->needs.count; k++)
            if (strcmp(check->needs.items[k], check->name) == 0 ||
                !has_check(exercise, check->needs.items[k]))
                return conf_fault(conf, "check %s needs '%s', no other check",
                                  check->name, check->needs.items[k]);
        if (check->chance && check->needs.count == 0)
            return conf_fault(conf,
                              "chance decides in check %s: it must say which "
                              "other it needs",
                              check->name);
        if (check->measured && !conf->has_speed)
            return conf_fault(conf,
                              "check %s is measured: a section [speed] "
                              "must say threads and threshold",
                              check->name);
    }
    if (exercise->speed_at_most > 0 &&
        exercise->speed_at_most <= exercise->speed_threshold)
        return conf_fault(conf, "at_most must be more than threshold");
    if ((exercise->heavy_tests.count > 0) !=
        (exercise->heavy_cpu_seconds > exercise->test_cpu_seconds))
        return conf_fault(conf, "heavy_tests and heavy_cpu_seconds come "
                                "together, and allow more than "
                                "test_cpu_seconds does");
    if (sum != EXERCISE_POINTS)
        return conf_fault(conf, "points sum to %d, not to %d", sum,
                          EXERCISE_POINTS);
    return 0;
}

static void add_builds(struct conf *conf)
{
    struct check *check = add_check(conf, "builds");

    check->title = "compiles and links";
    check->property = PROPERTY_BUILD;
    check->lenses = 1u << LENS_BUILD;
    conf_add_words(conf, "*", &check->tests);
}

int conf_read(void *ctx, const char *path, const char *name,
              struct exercise *exercise, const char **why)
{
    struct conf conf = {
        .ctx = ctx,
        .exercise = exercise,
        .name = name,
        .section = &conf_sections[SECTION_TOP],
        .file = fopen(path, "re"),
    };
    int line;

    if (!conf.file) {
        *why = talloc_asprintf(ctx, "%s: %s", name, strerror(errno));
        return -1;
    }
    exercise->test_cpu_seconds = 0.5;
    exercise->memory_bytes = (size_t)256 << 20;
    add_builds(&conf);
    line = ini_parse_stream(next_line, &conf, take_value, &conf);
    fclose(conf.file);
    if (line > 0 && !conf.why) {
        conf.line = line;
        conf_fault(&conf, "neither [section] nor key = value");
    }
    if (!conf.why && section_end(&conf) == 0)
        check_whole(&conf);
    *why = conf.why;
    return conf.why ? -1 : 0;
}
