/*
 * kit.c - `make kit`: what a student gets, in a new folder.
 *
 * Only what is named here is copied: whatever else lies in a teacher's clone
 * (solutions, submissions, marks) stays there. Each exercise's file is the
 * stub, also when the teacher has worked on hers. The folder is made under
 * another name beside its place and renamed, so there is never half a kit.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "copy.h"
#include "exercise.h"
#include "say.h"
#include "verbs.h"

static const char *const rooms[] = {
    "Makefile",   "README.md", "LICENSE",  "Containerfile", ".clang-format",
    ".gitignore", "exercises", "handouts", "harness",       "grader",
};

/* Not for students: what needs solutions/, and litter. */
static const char *const left_out[] = {
    "grader/test/selfcheck*",
    "grader/test/explorercheck*",
    "grader/test/soak*",
    "grader/test/bench*",
    "grader/test/drive*",
    "exercises/*.c.[0-9]*",
    "exercises/*.c.new-*",
    "*/.*",
    "*~",
};

enum {
    ROOMS = sizeof rooms / sizeof rooms[0],
    LEFT_OUT = sizeof left_out / sizeof left_out[0],
    OPEN_FOLDERS = 16
};

static bool is_left_out(const char *path)
{
    for (int i = 0; i < LEFT_OUT; i++)
        if (fnmatch(left_out[i], path, 0) == 0)
            return true;
    return false;
}

static int trouble(const char *path)
{
    say_fault("%s: %s", path, strerror(errno));
    return -1;
}

static int copy_tree(void *ctx, const char *from, const char *to,
                     const char *path);

static int copy_folder(void *ctx, const char *from, const char *to,
                       const char *path)
{
    const char *source = talloc_asprintf(ctx, "%s/%s", from, path);
    const char *target = talloc_asprintf(ctx, "%s/%s", to, path);
    DIR *dir = opendir(source);
    struct dirent *entry;
    int status = 0;

    if (!dir)
        return trouble(source);
    if (mkdir(target, 0777) < 0)
        status = trouble(target);
    while (status == 0 && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status =
                copy_tree(ctx, from, to,
                          talloc_asprintf(ctx, "%s/%s", path, entry->d_name));
    closedir(dir);
    return status;
}

/* Copies from/path to to/path. Links and devices are passed over. */
static int copy_tree(void *ctx, const char *from, const char *to,
                     const char *path)
{
    const char *source = talloc_asprintf(ctx, "%s/%s", from, path);
    const char *target = talloc_asprintf(ctx, "%s/%s", to, path);
    struct stat stat;

    if (is_left_out(path))
        return 0;
    if (lstat(source, &stat) < 0)
        return trouble(source);
    if (S_ISDIR(stat.st_mode))
        return copy_folder(ctx, from, to, path);
    if (S_ISREG(stat.st_mode) && copy_file(source, target) < 0)
        return trouble(target);
    return 0;
}

/* The stub in place of each exercise's file. */
static int put_stubs(void *ctx, const char *kit)
{
    struct exercise_list list;
    const char *why;

    if (exercise_load_all(ctx, kit, &list, &why) < 0) {
        say_fault("%s", why);
        return -1;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct exercise *exercise = list.items[i];
        const char *file =
            talloc_asprintf(ctx, "%s/%s", exercise->path, exercise->source);
        const char *stub = talloc_asprintf(ctx, "%s/stub.c", exercise->path);

        if ((unlink(file) < 0 && errno != ENOENT) ||
            copy_file(stub, file) < 0) {
            say_fault("exercises/%s/stub.c: %s", exercise->folder,
                      strerror(errno));
            return -1;
        }
    }
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int kind,
                      struct FTW *where)
{
    (void)stat;
    (void)kind;
    (void)where;
    return remove(path);
}

/* true when `out` would lie in a room that is being copied */
static bool is_inside(void *ctx, const char *root, const char *out)
{
    char *parent = talloc_strdup(ctx, out), *slash = strrchr(parent, '/');
    char *real;
    bool inside = false;

    if (slash)
        slash[slash == parent] = '\0';
    real = realpath(slash ? parent : ".", NULL);
    for (int i = 0; real && i < ROOMS; i++) {
        const char *room = talloc_asprintf(ctx, "%s/%s", root, rooms[i]);
        size_t size = strlen(room);
        inside |= strncmp(real, room, size) == 0 &&
                  (real[size] == '/' || real[size] == '\0');
    }
    free(real);
    return inside;
}

static int make_kit(void *ctx, const char *root, const char *out)
{
    const char *new = talloc_asprintf(ctx, "%s.new-%ld", out, (long)getpid());
    int status = 0;

    if (mkdir(new, 0777) < 0)
        return say_fault("%s: %s", say_printable(ctx, out), strerror(errno));
    for (int i = 0; i < ROOMS && status == 0; i++)
        status = copy_tree(ctx, root, new, rooms[i]);
    if (status == 0)
        status = put_stubs(ctx, new);
    if (status == 0 && rename(new, out) < 0) {
        status = -1;
        if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
            say_fault("OUT=%s is there already; nothing was changed",
                      say_printable(ctx, out));
        else
            say_fault("%s: %s", say_printable(ctx, out), strerror(errno));
    }
    if (status == 0)
        return STATUS_FULL_MARKS;
    nftw(new, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return STATUS_NO_WORK;
}

int verb_kit(const struct options *options)
{
    void *ctx = talloc_new(NULL);
    char *out = talloc_strdup(ctx, options->out ? options->out : "");
    int status;

    while (strlen(out) > 1 && out[strlen(out) - 1] == '/')
        out[strlen(out) - 1] = '\0';
    if (!*out)
        status = say_fault("kit: into which folder? make kit OUT=folder");
    else if (is_inside(ctx, options->root, out))
        status = say_fault("OUT=%s lies inside what is to be copied",
                           say_printable(ctx, out));
    else
        status = make_kit(ctx, options->root, out);
    if (status == STATUS_FULL_MARKS)
        printf("The students' kit is in %s\n", say_printable(ctx, out));
    talloc_free(ctx);
    return status;
}
