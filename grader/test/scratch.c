/*
 * scratch.c - for tests: a folder of their own, and programs run in it.
 */
#define _GNU_SOURCE
#include "scratch.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "copy.h"

static int remove_one(const char *path, const struct stat *stat, int kind,
                      struct FTW *where)
{
    (void)stat;
    (void)kind;
    (void)where;
    return remove(path);
}

static int remove_folder(const char **folder)
{
    nftw(*folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

const char *scratch_folder(void *ctx)
{
    const char **held = talloc(ctx, const char *);
    char *here = get_current_dir_name();
    char *path = talloc_asprintf(held, "%s/build/test/scratch-XXXXXX", here);

    free(here);
    cr_assert_not_null(mkdtemp(path), "cannot make %s", path);
    *held = path;
    talloc_set_destructor(held, remove_folder);
    return path;
}

void scratch_write(const char *folder, const char *path, const char *text)
{
    char *full = talloc_asprintf(NULL, "%s/%s", folder, path);
    FILE *file;

    for (char *c = full + strlen(folder) + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        mkdir(full, 0777);
        *c = '/';
    }
    file = fopen(full, "we");
    cr_assert_not_null(file, "cannot write %s", full);
    fputs(text, file);
    fclose(file);
    talloc_free(full);
}

static const char *read_all(void *ctx, FILE *file)
{
    char *text = talloc_strdup(ctx, ""), chunk[4096];
    size_t got;

    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        text = talloc_strndup_append(text, chunk, got);
    return text;
}

const char *scratch_read(void *ctx, const char *folder, const char *path)
{
    FILE *file = fopen(talloc_asprintf(ctx, "%s/%s", folder, path), "re");
    const char *text;

    if (!file)
        return NULL;
    text = read_all(ctx, file);
    fclose(file);
    return text;
}

#define CONF(Title, Order)                                                     \
    "title = " Title "\nideas = counting\norder = " Order "\nminutes = 30\n"   \
    "[check right]\ntitle = it is right\nproperty = results\n"                 \
    "lenses = behaviour\npoints = 60\n"                                        \
    "[check no-data-race]\ntitle = no data race\nproperty = race\n"            \
    "lenses = tsan helgrind\npoints = 40\n"

const char *scratch_kit(void *ctx)
{
    const char *kit = scratch_folder(ctx);

    scratch_write(kit, "exercises/01-counter/exercise.conf",
                  CONF("Counter", "2"));
    scratch_write(kit, "exercises/01-counter/counter.c", "int stub;\n");
    scratch_write(kit, "exercises/01-counter/stub.c", "int stub;\n");
    scratch_write(kit, "exercises/08-ring/exercise.conf",
                  CONF("Ring of tasks", "1"));
    scratch_write(kit, "exercises/08-ring/ring.c", "int mine;\n");
    scratch_write(kit, "exercises/08-ring/stub.c", "int stub;\n");
    scratch_write(kit, "handouts/01-counter.md",
                  "# Counter\n\n## Hints\n\n### right\n\n1. Look.\n"
                  "2. Look at the `loop`.\n");
    scratch_write(kit, "build/state/08.json", "{not json");
    cr_assert_eq(copy_file("build/interleave",
                           talloc_asprintf(ctx, "%s/build/interleave", kit)),
                 0, "build/interleave is not built");
    return kit;
}

struct ran scratch_run(void *ctx, const char *const argv[],
                       const char *const values[])
{
    int ends[2], status;
    struct ran ran;
    FILE *file;
    pid_t pid;

    cr_assert_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        const char *path = getenv("PATH");
        int nothing = open("/dev/null", O_RDONLY);

        dup2(nothing, STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        clearenv();
        setenv("PATH", path ? path : "/usr/bin:/bin", 1);
        for (; *values; values++)
            putenv((char *)*values);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    file = fdopen(ends[0], "r");
    ran.out = read_all(ctx, file);
    fclose(file);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    ran.status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ran;
}

bool scratch_says(const struct ran *ran, const char *words)
{
    char *line = talloc_strdup(NULL, ran->out), *to = line;
    bool says;

    for (const char *at = line; *at != '\0'; at++)
        if (!isspace((unsigned char)*at))
            *to++ = *at;
        else if (to > line && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    says = strstr(line, words) != NULL || strstr(ran->out, words) != NULL;
    talloc_free(line);
    return says;
}
