/*
 * drive.c - see drive.h.
 */
#define _GNU_SOURCE
#include "drive.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double drive_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

const char *drive_exercise(void)
{
    const char *word = getenv("EX");

    return word != NULL && *word != '\0' ? word : NULL;
}

static void bad_first_line(const char *path)
{
    fprintf(stderr,
            "%s: the first line must be `/* expect: pass */` or "
            "`/* expect: fail check-name ... */`\n",
            path);
    exit(2);
}

static void read_first_line(struct answer *answer, char *line)
{
    static const char pass[] = "/* expect: pass */";
    static const char fail[] = "/* expect: fail ";
    char *end = strstr(line, "*/"), *word, *rest;

    if (strncmp(line, pass, sizeof pass - 1) == 0) {
        answer->right = true;
        return;
    }
    if (strncmp(line, fail, sizeof fail - 1) != 0 || end == NULL)
        bad_first_line(answer->path);
    *end = '\0';
    for (word = strtok_r(line + sizeof fail - 1, " ", &rest);
         word != NULL && answer->fail_count < 16;
         word = strtok_r(NULL, " ", &rest))
        answer->fails[answer->fail_count++] = strdup(word);
    if (answer->fail_count == 0)
        bad_first_line(answer->path);
}

static void read_answer(struct answer *answer, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    int number = 0;

    answer->path = strdup(path);
    answer->name = strdup(strrchr(path, '/') + 1);
    answer->folder = strndup(path + strlen("solutions/"),
                             strcspn(path + strlen("solutions/"), "/"));
    answer->exercise = strndup(answer->folder, 2);
    if (file == NULL)
        bad_first_line(path);
    while (getline(&line, &room, file) > 0) {
        if (++number == 1)
            read_first_line(answer, line);
        else if ((strstr(line, "/* BUG") || strstr(line, "// BUG")) &&
                 answer->marked_count < 64)
            answer->marked[answer->marked_count++] = number;
    }
    if (number == 0)
        bad_first_line(path);
    free(line);
    fclose(file);
}

struct answers answers_load(const char *only)
{
    struct answers answers = {NULL, 0};
    char pattern[64];
    glob_t found;

    snprintf(pattern, sizeof pattern, "solutions/%s-*/*.c",
             only ? only : "[0-9][0-9]");
    if (glob(pattern, 0, NULL, &found) != 0)
        return answers;
    answers.items = calloc(found.gl_pathc, sizeof answers.items[0]);
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_answer(&answers.items[answers.count++], found.gl_pathv[i]);
    globfree(&found);
    return answers;
}

void answers_free(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++) {
        struct answer *answer = &answers->items[i];

        free(answer->exercise);
        free(answer->folder);
        free(answer->path);
        free(answer->name);
        for (size_t k = 0; k < answer->fail_count; k++)
            free(answer->fails[k]);
    }
    free(answers->items);
}

/* In the child: nothing of ours but the three descriptors. */
static void become_check(const char *exercise, const char *source,
                         const char *lenses, const char *result)
{
    int nowhere = open("/dev/null", O_WRONLY);

    dup2(nowhere, 1);
    setenv("EX", exercise, 1);
    if (source != NULL)
        setenv("SRC", source, 1);
    setenv("RESULT", result, 1);
    setenv("LENS", lenses != NULL ? lenses : "", 1);
    unsetenv("SEED");
    execl("build/interleave", "interleave", "check", (char *)NULL);
    _exit(2);
}

json_t *drive_check(const char *exercise, const char *source, const char *tag,
                    int *status)
{
    return drive_lenses(exercise, source, NULL, tag, status);
}

json_t *drive_lenses(const char *exercise, const char *source,
                     const char *lenses, const char *tag, int *status)
{
    char result[256];
    json_t *json;
    pid_t child;
    int word;

    mkdir("build/test", 0777);
    snprintf(result, sizeof result, "build/test/%s-%ld.json", tag,
             (long)getpid());
    child = fork();
    if (child == 0)
        become_check(exercise, source, lenses, result);
    while (waitpid(child, &word, 0) < 0 && errno == EINTR)
        continue;
    *status = WIFEXITED(word) ? WEXITSTATUS(word) : 128 + WTERMSIG(word);
    json = json_load_file(result, 0, NULL);
    unlink(result);
    return json;
}

json_t *drive_row(json_t *result, const char *check)
{
    json_t *rows = json_object_get(result, "checks"), *row;
    size_t i;

    json_array_foreach(rows, i, row) if (strcmp(drive_text(row, "name"),
                                                check) == 0) return row;
    return NULL;
}

const char *drive_text(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}
