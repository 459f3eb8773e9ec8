/*
 * grade_find.c - whose answers are there.
 *
 * The folder is the instructor's, what lies in it the students'. So its own
 * path may be a link, and nothing below it: a link could name the solution,
 * or another student's file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "grade.h"
#include "say.h"

#define LONGEST_NAME 200 /* of a result file, without ".json" */

static bool ends_in_c(const char *name)
{
    size_t size = strlen(name);

    return size > 2 && strcmp(name + size - 2, ".c") == 0;
}

/* How a file may be handed in below a student's folder, %s filled in. */
static char *usual_path(void *ctx, const struct exercise *exercise, int which)
{
    switch (which) {
    case 0:
        return talloc_strdup(ctx, exercise->source);
    case 1: /* the exercise's folder */
        return talloc_asprintf(ctx, "%s/%s", exercise->folder,
                               exercise->source);
    case 2: /* the whole kit */
        return talloc_asprintf(ctx, "exercises/%s/%s", exercise->folder,
                               exercise->source);
    default:
        return NULL;
    }
}

/*
 * Looks at base/path one part after the other. Returns 1 when a regular file
 * is there, 0 when nothing is, -1 with `why` when something else is.
 */
static int look_at(void *ctx, const char *base, const char *path,
                   const char **why)
{
    struct stat status = {0};

    for (const char *end = path; *end; end += *end == '/') {
        char *part;
        end += strcspn(end, "/");
        part = talloc_asprintf(ctx, "%s/%.*s", base, (int)(end - path), path);
        if (lstat(part, &status) != 0) {
            if (errno == ENOENT || errno == ENOTDIR)
                return 0;
            *why = talloc_asprintf(ctx, "%s cannot be looked at: %s", part,
                                   strerror(errno));
            return -1;
        }
        if (S_ISLNK(status.st_mode)) {
            *why = talloc_asprintf(
                ctx, "%s is a link: only a file itself is graded", part);
            return -1;
        }
        if (*end == '/' && !S_ISDIR(status.st_mode))
            return 0;
    }
    if (S_ISREG(status.st_mode))
        return 1;
    *why = talloc_asprintf(ctx, "%s/%s is no regular file", base, path);
    return -1;
}

/* The one .c file in the folder, whatever its name; NULL when there are none
 * or several: `count` says. */
static const char *only_source(void *ctx, const char *folder, size_t *count)
{
    DIR *dir = opendir(folder);
    struct dirent *item;
    const char *found = NULL, *why;

    *count = 0;
    while (dir && (item = readdir(dir)))
        if (item->d_name[0] != '.' && ends_in_c(item->d_name) &&
            look_at(ctx, folder, item->d_name, &why) != 0) {
            found = talloc_strdup(ctx, item->d_name);
            ++*count;
        }
    if (dir)
        closedir(dir);
    return *count == 1 ? found : NULL;
}

/* The file that a student's folder holds; or the reason why there is none. */
static void look_into(void *ctx, const char *folder,
                      const struct exercise *exercise, struct entry *entry)
{
    const char *path;
    size_t count;

    for (int which = 0; (path = usual_path(ctx, exercise, which)); which++) {
        int there = look_at(ctx, folder, path, &entry->reason);
        if (there > 0)
            entry->source = talloc_asprintf(ctx, "%s/%s", folder, path);
        if (there != 0)
            return;
    }
    path = only_source(ctx, folder, &count);
    if (!path) {
        entry->reason = talloc_asprintf(
            ctx,
            count == 0 ? "there is no %s in %s"
                       : "there is no %s in %s, and several other .c files: "
                         "which one is the answer?",
            exercise->source, folder);
        return;
    }
    if (look_at(ctx, folder, path, &entry->reason) > 0)
        entry->source = talloc_asprintf(ctx, "%s/%s", folder, path);
}

static bool taken(const struct entries *entries, const char *student)
{
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->items[i].student, student) == 0)
            return true;
    return false;
}

/* The file name without ".c", unless somebody has that name already. */
static const char *student_name(void *ctx, const struct entries *entries,
                                const char *name)
{
    char *student = talloc_strdup(ctx, name);

    if (ends_in_c(name)) {
        student[strlen(name) - 2] = '\0';
        if (taken(entries, student))
            student = talloc_strdup(ctx, name);
    }
    return student;
}

static void add(void *ctx, const char *folder, const char *name,
                const struct exercise *exercise, struct entries *entries)
{
    const char *path = talloc_asprintf(ctx, "%s/%s", folder, name);
    struct entry entry = {0};
    struct stat status;

    if (lstat(path, &status) != 0) {
        entry.reason = talloc_asprintf(ctx, "%s cannot be looked at: %s", path,
                                       strerror(errno));
    } else if (S_ISLNK(status.st_mode)) {
        entry.reason = talloc_asprintf(
            ctx, "%s is a link: only a file itself is graded", path);
    } else if (S_ISDIR(status.st_mode)) {
        look_into(ctx, path, exercise, &entry);
    } else if (!ends_in_c(name)) {
        entries->passed_over =
            talloc_realloc(ctx, entries->passed_over, const char *,
                           entries->passed_over_count + 1);
        entries->passed_over[entries->passed_over_count++] =
            talloc_strdup(ctx, name);
        return;
    } else if (S_ISREG(status.st_mode)) {
        entry.source = path;
    } else {
        entry.reason = talloc_asprintf(ctx, "%s is no regular file", path);
    }
    entry.student = student_name(ctx, entries, name);
    entry.result = strlen(entry.student) <= LONGEST_NAME
                       ? talloc_asprintf(ctx, "%s.json", entry.student)
                       : talloc_asprintf(ctx, "%.*s-%zu.json", LONGEST_NAME,
                                         entry.student, entries->count + 1);
    entries->items =
        talloc_realloc(ctx, entries->items, struct entry, entries->count + 1);
    entries->items[entries->count++] = entry;
}

/* Folders come before the file of the same name, so that theirs is kept. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *item)
{
    return item->d_name[0] != '.';
}

int grade_find(void *ctx, const char *folder, const struct exercise *exercise,
               struct entries *out, const char **why)
{
    struct dirent **items;
    int count = scandir(folder, &items, not_hidden, by_name);

    *out = (struct entries){0};
    if (count < 0) {
        *why = talloc_asprintf(ctx, "DIR=%s: %s", say_printable(ctx, folder),
                               strerror(errno));
        return -1;
    }
    for (int i = 0; i < count; i++) {
        add(ctx, folder, items[i]->d_name, exercise, out);
        free(items[i]);
    }
    free(items);
    if (out->count == 0) {
        *why = talloc_asprintf(ctx,
                               "DIR=%s: nobody's answer is there; it holds a "
                               "folder or a .c file for each student",
                               say_printable(ctx, folder));
        return -1;
    }
    return 0;
}
