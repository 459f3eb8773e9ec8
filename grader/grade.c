/*
 * grade.c - `make grade`: the marks of a folder of answers.
 *
 * Everything goes into a new folder, OUT: a result file for each student
 * (results.md) and grades.csv. A folder that exists is never written to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"
#include "say.h"
#include "verbs.h"

static const char *own_program(void *ctx)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);

    return size < 0 ? NULL : talloc_strndup(ctx, path, (size_t)size);
}

/* build/grades/01-20250131-140501: named by the second, so mkdir() tells. */
static const char *default_out(void *ctx, const struct options *options,
                               const struct exercise *exercise)
{
    const char *build = talloc_asprintf(ctx, "%s/build", options->root);
    const char *grades = talloc_asprintf(ctx, "%s/grades", build);
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;

    localtime_r(&now, &local);
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &local);
    mkdir(build, 0777);
    mkdir(grades, 0777);
    return talloc_asprintf(ctx, "%s/%s-%s", grades, exercise->id, stamp);
}

static int make_out(void *ctx, const char *out)
{
    if (mkdir(out, 0777) == 0)
        return 0;
    if (errno == EEXIST)
        say_fault("OUT=%s exists, and nothing is ever overwritten: give "
                  "another name",
                  say_printable(ctx, out));
    else
        say_fault("OUT=%s cannot be made: %s", say_printable(ctx, out),
                  strerror(errno));
    return -1;
}

enum { NAMES_SHOWN = 8 };

static size_t count(const struct entries *entries, enum mark mark)
{
    size_t count = 0;

    for (size_t i = 0; i < entries->count; i++)
        count += entries->items[i].mark == mark;
    return count;
}

static void print_summary(void *ctx, const struct grade *grade)
{
    const struct entries *entries = &grade->entries;
    size_t none = count(entries, MARK_NONE),
           errors = count(entries, MARK_ERROR);

    printf("\n%zu answer%s to %s: %zu pass, %zu fall short", entries->count,
           entries->count == 1 ? "" : "s", grade->exercise->folder,
           count(entries, MARK_PASS), count(entries, MARK_FAIL));
    if (errors > 0)
        printf(", %zu cannot be graded", errors);
    if (none > 0)
        printf(", %zu not graded yet", none);
    printf(".\n");
    for (size_t i = 0; i < entries->passed_over_count && i < NAMES_SHOWN; i++)
        printf("%s %s", i == 0 ? "Passed over, no answer:" : ",",
               say_printable(ctx, entries->passed_over[i]));
    if (entries->passed_over_count > NAMES_SHOWN)
        printf(" and %zu more", entries->passed_over_count - NAMES_SHOWN);
    if (entries->passed_over_count > 0)
        printf("\n");
    printf("Marks: %s/grades.csv\n", say_printable(ctx, grade->out));
}

static int status_of(const struct grade *grade)
{
    const struct entries *entries = &grade->entries;

    if (grade->interrupted)
        return STATUS_NO_WORK;
    return count(entries, MARK_NONE) + count(entries, MARK_ERROR) > 0
               ? STATUS_FALLS_SHORT
               : STATUS_FULL_MARKS;
}

static int grade_all(void *ctx, const struct options *options)
{
    struct grade grade = {.jobs = options->jobs};
    const char *why;

    grade.exercise = exercise_find(ctx, options->root, options->exercise, &why);
    if (!grade.exercise)
        return say_fault("%s", why);
    grade.program = own_program(ctx);
    if (!grade.program)
        return say_fault("cannot find my own program: is /proc mounted?");
    if (grade_find(ctx, options->folder, grade.exercise, &grade.entries,
                   &why) != 0)
        return say_fault("%s", why);
    grade.out =
        options->out ? options->out : default_out(ctx, options, grade.exercise);
    if (make_out(ctx, grade.out) != 0)
        return STATUS_NO_WORK;
    grade_run(ctx, &grade);
    if (grade_csv(ctx, &grade, &why) != 0)
        return say_fault("%s", why);
    print_summary(ctx, &grade);
    return status_of(&grade);
}

int verb_grade(const struct options *options)
{
    void *ctx;
    int status;

    if (!options->folder)
        return say_fault("say which folder of answers: make grade DIR=folder "
                         "EX=01");
    if (!options->exercise)
        return say_fault("say which exercise: make grade DIR=folder EX=01");
    ctx = talloc_new(NULL);
    status = grade_all(ctx, options);
    talloc_free(ctx);
    return status;
}
