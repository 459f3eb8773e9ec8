/*
 * selfcheck.c - the kit checks itself, with answers and not with its own
 * parts: every stub falls short and helps, every right answer gets full
 * marks, every wrong answer is caught by the property that its first line
 * names, at the line that is marked. And no answer's speedup lies within a
 * tenth of what is asked for: the nearest is printed.
 *
 * EX=04 looks at one exercise. Two answers are judged at one time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

enum { WORKERS = 2 };

/* Of speedup, as a part of what is asked for: too near to it; and further than
 * any can be. */
#define NEAR 0.1
#define FAR  1e3

/* What a worker answers for one file. */
enum outcome { OUTCOME_PASS, OUTCOME_FAIL };

/* The complaint about one file. */
struct remark {
    char text[3500]; /* with the rest of its line below PIPE_BUF */
    enum outcome outcome;
    double margin; /* of its speedup; FAR: none was judged */
};

__attribute__((format(printf, 2, 3))) static void
complain(struct remark *remark, const char *format, ...)
{
    size_t used = strlen(remark->text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(remark->text + used, sizeof remark->text - used, format,
              arguments);
    va_end(arguments);
    remark->outcome = OUTCOME_FAIL;
}

/* All that the result says of a row that should not be there: it may never
 * come again. */
static void tell_whole(struct remark *remark, json_t *row)
{
    char *text = json_dumps(row, JSON_COMPACT);

    complain(remark, " %.2500s;", text ? text : "");
    free(text);
}

static void judge_right(json_t *result, struct remark *remark)
{
    json_t *rows = json_object_get(result, "checks"), *row;
    size_t i;

    if (strcmp(drive_text(result, "verdict"), "pass") != 0)
        complain(remark, " verdict %s;", drive_text(result, "verdict"));
    if (json_integer_value(json_object_get(result, "score")) !=
        json_integer_value(json_object_get(result, "max_score")))
        complain(remark, " not full marks;");
    json_array_foreach(rows, i, row)
    {
        if (strcmp(drive_text(row, "status"), "pass") != 0)
            tell_whole(remark, row);
    }
}

static bool points_to_mark(const struct answer *answer, json_t *row)
{
    json_t *places = json_object_get(row, "locations"), *place;
    size_t i;

    json_array_foreach(places, i, place)
    {
        int line = (int)json_integer_value(json_object_get(place, "line"));

        for (size_t k = 0; k < answer->marked_count; k++)
            if (answer->marked[k] == line)
                return true;
    }
    return false;
}

/* Properties that a tool shows have a line; a wrong result need not, nor what
 * the harness has counted: a descriptor left open, a thread. */
static bool must_point(json_t *row)
{
    const char *property = drive_text(row, "property");

    if (strcmp(property, "memory") == 0 &&
        json_array_size(json_object_get(row, "locations")) == 0)
        return false;

    return strcmp(property, "race") == 0 || strcmp(property, "deadlock") == 0 ||
           strcmp(property, "memory") == 0 || strcmp(property, "faults") == 0;
}

static void judge_wrong(const struct answer *answer, json_t *result,
                        struct remark *remark)
{
    for (size_t i = 0; i < answer->fail_count; i++) {
        json_t *row = drive_row(result, answer->fails[i]);

        if (row == NULL)
            complain(remark, " there is no check %s;", answer->fails[i]);
        else if (strcmp(drive_text(row, "status"), "fail") != 0)
            complain(remark, " %s is %s, not fail: %.200s;", answer->fails[i],
                     drive_text(row, "status"), drive_text(row, "message"));
        else if (*drive_text(row, "message") == '\0')
            complain(remark, " %s fails without a message;", answer->fails[i]);
        else if (i == 0 && must_point(row) && !points_to_mark(answer, row))
            complain(remark, " %s does not point to a line marked BUG: %.200s;",
                     answer->fails[i], drive_text(row, "message"));
    }
    if (answer->marked_count == 0)
        complain(remark, " no line is marked BUG;");
}

/* A stub falls short; each check that fails says what to do. */
static void judge_stub(json_t *result, struct remark *remark)
{
    json_t *rows = json_object_get(result, "checks"), *row;
    size_t i;

    if (strcmp(drive_text(result, "verdict"), "fail") != 0)
        complain(remark, " verdict %s, not fail;",
                 drive_text(result, "verdict"));
    row = drive_row(result, "builds");
    if (strcmp(drive_text(row, "status"), "pass") != 0)
        complain(remark, " the stub does not build;");
    if (*drive_text(row, "message") != '\0')
        complain(remark, " the stub has a warning;");
    json_array_foreach(rows, i, row)
    {
        if (strcmp(drive_text(row, "status"), "fail") != 0)
            continue;
        if (*drive_text(row, "message") == '\0' ||
            *drive_text(row, "help") == '\0' ||
            *drive_text(row, "handout") == '\0')
            complain(remark, " %s fails without help;",
                     drive_text(row, "name"));
    }
}

/*
 * How far the answer's speedup is from what is asked for, as a part of that:
 * above it or below. Far, where no speedup was judged.
 */
static double margin_of(json_t *result, struct remark *remark)
{
    json_t *rows = json_object_get(result, "checks"), *row;
    double nearest = FAR;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        double speedup, asked, margin;

        if (sscanf(drive_text(row, "message"),
                   "In virtual time: %lfx on %*d cores; asked for: %lfx",
                   &speedup, &asked) != 2)
            continue;
        margin = fabs(speedup / asked - 1);
        nearest = margin < nearest ? margin : nearest;
        if (margin < NEAR)
            complain(remark, " %s: %.2fx is too near to %.1fx;",
                     drive_text(row, "name"), speedup, asked);
    }
    return nearest;
}

static struct remark look_at(const struct answer *answer, int worker)
{
    struct remark remark = {.text = "", .outcome = OUTCOME_PASS};
    bool stub = strncmp(answer->path, "exercises/", 10) == 0;
    char tag[32];
    int status;
    json_t *result;

    snprintf(tag, sizeof tag, "selfcheck-%d", worker);
    result = drive_check(answer->exercise, answer->path, tag, &status);
    if (result == NULL || status == 2)
        complain(&remark, " exit status %d: %.300s;", status,
                 drive_text(result, "message"));
    else if (stub)
        judge_stub(result, &remark);
    else if (answer->right)
        judge_right(result, &remark);
    else
        judge_wrong(answer, result, &remark);
    remark.margin = margin_of(result, &remark);
    if (result != NULL && status != 2 &&
        (status == 0) != (strcmp(drive_text(result, "verdict"), "pass") == 0))
        complain(&remark, " exit status %d does not go with the verdict;",
                 status);
    json_decref(result);
    return remark;
}

static void add_stubs(struct answers *answers, const char *only)
{
    char pattern[64];
    glob_t found;

    snprintf(pattern, sizeof pattern, "exercises/%s-*/exercise.conf",
             only ? only : "[0-9][0-9]");
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    answers->items = realloc(answers->items, (answers->count + found.gl_pathc) *
                                                 sizeof answers->items[0]);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct answer *stub = &answers->items[answers->count++];
        const char *folder = found.gl_pathv[i] + strlen("exercises/");

        memset(stub, 0, sizeof *stub);
        stub->folder = strndup(folder, strcspn(folder, "/"));
        stub->exercise = strndup(folder, 2);
        stub->name = strdup("stub");
        if (asprintf(&stub->path, "exercises/%s/stub.c", stub->folder) < 0)
            exit(2);
    }
    globfree(&found);
}

/* Each worker takes every WORKERS-th answer and writes a line for each. */
static void work(const struct answers *answers, int worker, int pipe)
{
    for (size_t i = (size_t)worker; i < answers->count; i += WORKERS) {
        const struct answer *answer = &answers->items[i];
        struct remark remark = look_at(answer, worker);
        char line[4000];
        int n = snprintf(line, sizeof line, "%c%6.0f %s%s%s\n",
                         "pf"[remark.outcome], remark.margin * 1000,
                         answer->path, remark.text[0] ? ":" : "", remark.text);

        for (int k = 0; k < n - 1 && k < (int)sizeof line; k++)
            if (line[k] == '\n')
                line[k] = ' ';
        if (write(pipe, line, strlen(line)) < 0)
            _exit(2);
    }
    _exit(0);
}

/* true when a program of ours or of an answer still runs */
static bool process_left(void)
{
    char *root = realpath("build", NULL), target[512];
    bool left = false;
    glob_t found;

    if (root == NULL || glob("/proc/[0-9]*/exe", 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        ssize_t n = readlink(found.gl_pathv[i], target, sizeof target - 1);

        target[n > 0 ? n : 0] = '\0';
        if (strncmp(target, root, strlen(root)) != 0 ||
            atoi(found.gl_pathv[i] + strlen("/proc/")) == getpid())
            continue;
        printf("FAILED %s is still there: %s\n", found.gl_pathv[i], target);
        left = true;
    }
    globfree(&found);
    free(root);
    return left;
}

/* true when a check has left its folder */
static bool folder_left(void)
{
    glob_t found;
    bool left = glob("build/work/*-*", 0, NULL, &found) == 0;

    for (size_t i = 0; left && i < found.gl_pathc; i++)
        printf("FAILED %s is still there\n", found.gl_pathv[i]);
    if (left)
        globfree(&found);
    return left;
}

int main(void)
{
    struct answers answers = answers_load(drive_exercise());
    unsigned long passed = 0, failed;
    char *line = NULL, name[512] = "";
    double nearest = FAR;
    size_t room = 0;
    FILE *from;
    int ends[2];

    add_stubs(&answers, drive_exercise());
    if (answers.count == 0 || pipe(ends) != 0) {
        fprintf(stderr, "selfcheck: no answers found below solutions/\n");
        return 2;
    }
    for (int i = 0; i < WORKERS; i++)
        if (fork() == 0) {
            close(ends[0]);
            work(&answers, i, ends[1]);
        }
    close(ends[1]);
    from = fdopen(ends[0], "r");
    while (from != NULL && getline(&line, &room, from) > 0) {
        passed += line[0] == 'p';
        if (line[0] == 'f')
            printf("FAILED %s", line + 8);
        if (atof(line + 1) / 1000 < nearest) {
            nearest = atof(line + 1) / 1000;
            snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 8, ":\n"),
                     line + 8);
        }
        fflush(stdout);
    }
    while (wait(NULL) > 0)
        continue;
    failed = answers.count - passed;
    failed += process_left() || folder_left();
    if (nearest < FAR)
        printf("selfcheck: speedup nearest to what is asked for: %.0f %% off, "
               "%s\n",
               nearest * 100, name);
    printf("selfcheck: %lu passed, %lu failed\n", passed, failed);
    free(line);
    if (failed > 0)
        return 1;
    answers_free(&answers);
    return 0;
}
