/*
 * explorercheck.c - the explorer is tried on the programs of harness/test: the
 * bug that the first line names is found in each of them, with reduction and
 * without, and shown again with real threads; the corrected twin (-DFIXED) is
 * not accused.
 *
 * NAME=lost_update looks at one program; with TIMES=20 each is explored so
 * often, and must come to the same schedule each time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

enum { WORKERS = 2, SCHEDULES = 10000 };

struct program {
    char path[256];
    char kind[32]; /* that must be found; "none" */
};

static bool read_program(const char *path, struct program *program)
{
    FILE *file = fopen(path, "re");
    char line[512];

    memset(program, 0, sizeof *program);
    snprintf(program->path, sizeof program->path, "%s", path);
    if (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "/* expect: %31[a-z-] */", program->kind);
    if (file != NULL)
        fclose(file);
    return program->kind[0] != '\0';
}

/* In the child: nothing of ours but what is said here. */
static void become_explore(const struct program *program, bool fixed,
                           bool reduce, const char *result)
{
    int nowhere = open("/dev/null", O_WRONLY);

    dup2(nowhere, 1);
    dup2(nowhere, 2);
    clearenv();
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    setenv("SRC", program->path, 1);
    setenv("RESULT", result, 1);
    setenv("CFLAGS", fixed ? "-DFIXED -UNDEBUG" : "-UNDEBUG", 1);
    setenv("SCHEDULES", "10000", 1);
    if (!reduce)
        setenv("REDUCE", "no", 1);
    execl("build/interleave", "interleave", "explore", (char *)NULL);
    _exit(2);
}

static json_t *explore(const struct program *program, bool fixed, bool reduce,
                       int *status)
{
    char result[64];
    json_t *json;
    pid_t child;

    snprintf(result, sizeof result, "build/test/explore-%ld.json",
             (long)getpid());
    child = fork();
    if (child == 0)
        become_explore(program, fixed, reduce, result);
    waitpid(child, status, 0);
    *status = WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
    json = json_load_file(result, 0, NULL);
    unlink(result);
    return json;
}

static long number(json_t *json, const char *key)
{
    return (long)json_integer_value(json_object_get(json, key));
}

struct figures {
    long reduced, whole; /* schedules to the first bug */
};

static bool check_wrong(const struct program *program, bool reduce,
                        long *schedules)
{
    bool none = strcmp(program->kind, "none") == 0, good;
    int status;
    json_t *json = explore(program, false, reduce, &status);
    const char *kind =
        none ? drive_text(json, "verdict") : drive_text(json, "kind");

    *schedules = number(json, "schedules");
    good = none ? status == 0 : status == 1 && !strcmp(kind, program->kind);
    if (!good)
        printf("FAILED %s%s: %s, not %s: %s\n", program->path,
               reduce ? "" : " without reduction", kind, program->kind,
               drive_text(json, "message"));
    else if (!none && (!json_is_string(json_object_get(json, "sentence")) ||
                       json_array_size(json_object_get(json, "events")) == 0)) {
        printf("FAILED %s: it is not told how\n", program->path);
        good = false;
    }
    if (*schedules > SCHEDULES) {
        printf("FAILED %s: %ld schedules\n", program->path, *schedules);
        good = false;
    }
    json_decref(json);
    return good;
}

static bool check_twin(const struct program *program)
{
    int status;
    json_t *json = explore(program, true, true, &status);
    bool good = status == 0;

    if (!good)
        printf("FAILED %s: the twin is accused of %s: %s %s\n", program->path,
               drive_text(json, "kind"), drive_text(json, "sentence"),
               drive_text(json, "message"));
    json_decref(json);
    return good;
}

/* The same program gives the same first bug by the same schedule. */
static bool check_again(const struct program *program, int times)
{
    char *first = NULL;
    bool good = true;

    for (int i = 0; i < times && good; i++) {
        int status;
        json_t *json = explore(program, false, true, &status);
        char line[512];

        snprintf(line, sizeof line, "%s %s %ld", drive_text(json, "verdict"),
                 drive_text(json, "schedule"), number(json, "schedules"));
        if (first == NULL)
            first = strdup(line);
        good = strcmp(first, line) == 0;
        if (!good)
            printf("FAILED %s: once %s, and once %s\n", program->path, first,
                   line);
        json_decref(json);
    }
    free(first);
    return good;
}

static int times_asked(void)
{
    const char *word = getenv("TIMES");

    return word != NULL ? atoi(word) : 0;
}

/* One line for each program: "p REDUCED WHOLE PATH", or "f ...". */
static void work(char **paths, size_t count, int worker, int pipe)
{
    for (size_t i = (size_t)worker; i < count; i += WORKERS) {
        struct program program;
        struct figures figures = {0, 0};
        bool good = read_program(paths[i], &program);

        if (!good)
            printf("FAILED %s: its first line must say what to expect\n",
                   paths[i]);
        good = good && check_wrong(&program, true, &figures.reduced);
        good = good && check_wrong(&program, false, &figures.whole);
        good = good && check_twin(&program);
        good = good && check_again(&program, times_asked());
        fflush(stdout);
        dprintf(pipe, "%c %ld %ld %s\n", good ? 'p' : 'f', figures.reduced,
                figures.whole, paths[i]);
    }
    _exit(0);
}

static int sum_up(FILE *from, size_t count)
{
    unsigned long good = 0;
    long reduced, whole, all_reduced = 0, all_whole = 0, most = 0;
    char path[256], worst[256] = "", word;

    while (fscanf(from, "%c %ld %ld %255s\n", &word, &reduced, &whole, path) ==
           4) {
        good += word == 'p';
        all_reduced += reduced;
        all_whole += whole;
        if (reduced > most && reduced < SCHEDULES) {
            most = reduced;
            snprintf(worst, sizeof worst, "%s", path);
        }
    }
    printf("explorer: %lu of %zu programs; the hardest bug took %ld schedules "
           "(%s); all together %ld, without reduction %ld\n",
           good, count, most, worst, all_reduced, all_whole);
    return good == count ? 0 : 1;
}

int main(void)
{
    const char *name = getenv("NAME");
    char pattern[300];
    glob_t found;
    int ends[2], status;

    snprintf(pattern, sizeof pattern, "harness/test/%s.c",
             name != NULL && *name ? name : "*");
    if (glob(pattern, 0, NULL, &found) != 0 || pipe(ends) != 0) {
        fprintf(stderr, "explorercheck: no program: %s\n", pattern);
        return 2;
    }
    fflush(stdout);
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0) {
            close(ends[0]);
            work(found.gl_pathv, found.gl_pathc, i, ends[1]);
        }
    close(ends[1]);
    status = sum_up(fdopen(ends[0], "r"), found.gl_pathc);
    while (wait(NULL) > 0)
        continue;
    return status;
}
