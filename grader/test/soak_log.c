/*
 * soak_log.c - see soak_log.h. A line is
 *
 *     {"answer": PATH, "condition": NAME, "checks": {CHECK: STATUS},
 *      "speedups": {CHECK: "1.9012"}, "score": 75, "seconds": 1.2}
 */
#define _GNU_SOURCE
#include "soak_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT "build/soak.jsonl"

/* ---- the file ----------------------------------------------------------- */

json_t *log_load(void)
{
    json_t *runs = json_object();
    FILE *file = fopen(KEPT, "re");
    char *line = NULL;
    size_t room = 0;

    while (file != NULL && getline(&line, &room, file) > 0) {
        json_t *one = json_loads(line, 0, NULL), *list;
        char key[512];

        if (one == NULL)
            continue; /* the line that was being written */
        snprintf(key, sizeof key, "%s %s", drive_text(one, "answer"),
                 drive_text(one, "condition"));
        list = json_object_get(runs, key);
        if (list == NULL) {
            list = json_array();
            json_object_set_new(runs, key, list);
        }
        json_array_append_new(list, one);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return runs;
}

json_t *log_of(json_t *runs, const struct answer *answer, const char *condition)
{
    char key[512];

    snprintf(key, sizeof key, "%s %s", answer->path, condition);
    return json_object_get(runs, key);
}

/* ---- one run ------------------------------------------------------------ */

static json_t *statuses(json_t *result, int status)
{
    json_t *rows = json_object_get(result, "checks"), *row;
    json_t *map = json_object();
    size_t i;

    json_array_foreach(rows, i, row) json_object_set_new(
        map, drive_text(row, "name"),
        json_string(strcmp(drive_text(row, "reason"), "machine") == 0
                        ? "inconclusive" /* one core cannot show it */
                        : drive_text(row, "status")));
    if (result == NULL || status == 2)
        json_object_set_new(map, "verdict", json_string("error"));
    return map;
}

static json_t *speedups(json_t *result)
{
    json_t *rows = json_object_get(result, "checks"), *row;
    json_t *map = json_object();
    size_t i;

    json_array_foreach(rows, i, row)
    {
        json_t *value = json_object_get(row, "virtual_speedup");
        char text[32];

        if (value == NULL)
            continue;
        snprintf(text, sizeof text, "%.4f", json_number_value(value));
        json_object_set_new(map, drive_text(row, "name"), json_string(text));
    }
    return map;
}

static bool is_good(const char *status)
{
    return strcmp(status, "pass") == 0 || strcmp(status, "inconclusive") == 0;
}

static void keep_accusation(const struct answer *answer, json_t *result,
                            json_t *checks)
{
    const char *check;
    char path[64];
    json_t *status;

    json_object_foreach(checks, check, status)
    {
        if (!answer->right || is_good(json_string_value(status)))
            continue;
        snprintf(path, sizeof path, "build/soak-accused-%d.json", getpid());
        json_dump_file(result, path, JSON_INDENT(2));
    }
}

void log_run(const struct answer *answer, const char *condition,
             const volatile sig_atomic_t *stopped)
{
    int status;
    json_t *result =
        drive_check(answer->exercise, answer->path, "soak", &status);
    json_t *line = json_pack(
        "{s:s, s:s, s:o, s:o, s:I, s:f}", "answer", answer->path, "condition",
        condition, "checks", statuses(result, status), "speedups",
        speedups(result), "score",
        json_integer_value(json_object_get(result, "score")), "seconds",
        json_number_value(json_object_get(result, "seconds")));
    char *text = json_dumps(line, JSON_COMPACT);
    int file;

    keep_accusation(answer, result, json_object_get(line, "checks"));
    file = open(KEPT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (!*stopped && (file < 0 || dprintf(file, "%s\n", text) < 0))
        perror(KEPT);
    free(text);
    json_decref(line);
    json_decref(result);
}

/* ---- the table ---------------------------------------------------------- */

struct tally {
    unsigned runs, flips, accused, missed, moved, marks, open;
};

static const char *status_in(json_t *run, const char *check)
{
    return drive_text(json_object_get(run, "checks"), check);
}

static bool has(json_t *list, const char *check, const char *status)
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one) if (strcmp(status_in(one, check),
                                                status) == 0) return true;
    return false;
}

static void tally_flips(json_t *all, const struct answer *answer,
                        struct tally *tally)
{
    json_t *first = json_object_get(json_array_get(all, 0), "checks"), *status;
    const char *check;

    json_object_foreach(first, check, status)
    {
        if (has(all, check, "pass") && has(all, check, "fail")) {
            printf("FLIP  %s: %s\n", answer->path, check);
            tally->flips++;
        }
        tally->open += has(all, check, "inconclusive");
    }
}

static void tally_run(json_t *run, const struct answer *answer,
                      struct tally *tally)
{
    const char *check;
    json_t *status;

    if (answer->right)
        json_object_foreach(json_object_get(run, "checks"), check, status)
        {
            const char *word = json_string_value(status);

            if (!is_good(word)) {
                printf("ACCUSED  %s: %s %s\n", answer->path, check, word);
                tally->accused++;
            }
        }
    for (size_t k = 0; k < answer->fail_count; k++) {
        const char *word = status_in(run, answer->fails[k]);

        if (strcmp(word, "fail") != 0 && strcmp(word, "inconclusive") != 0) {
            printf("MISSED  %s: %s %s\n", answer->path, answer->fails[k], word);
            tally->missed++;
        }
    }
}

/* Virtual time is the same whatever else the machine does. */
static void tally_speedups(json_t *all, const struct answer *answer,
                           struct tally *tally)
{
    json_t *seen = json_object(), *run, *value;
    const char *check;
    size_t i;

    json_array_foreach(all, i, run)
        json_object_foreach(json_object_get(run, "speedups"), check, value)
    {
        json_t *before = json_object_get(seen, check);

        if (before == NULL) {
            json_object_set(seen, check, value);
        } else if (!json_equal(before, value)) {
            printf("MOVED  %s: %s %s, then %s\n", answer->path, check,
                   json_string_value(before), json_string_value(value));
            tally->moved++;
        }
    }
    json_decref(seen);
}

/* Where a machine can judge less (one core), there are fewer points to have. */
static bool is_whole(json_t *run)
{
    json_t *status;
    const char *check;

    json_object_foreach(json_object_get(run, "checks"), check, status)
    {
        if (strcmp(json_string_value(status), "inconclusive") == 0)
            return false;
    }
    return true;
}

/* A pass that is blocked in another run is no flip, but another mark. */
static void tally_marks(json_t *all, const struct answer *answer,
                        struct tally *tally)
{
    json_int_t least = -1, most = -1;
    json_t *run;
    size_t i;

    json_array_foreach(all, i, run)
    {
        json_int_t score = json_integer_value(json_object_get(run, "score"));

        if (!is_whole(run))
            continue;
        least = least < 0 || score < least ? score : least;
        most = score > most ? score : most;
    }
    if (least == most)
        return;
    printf("MARKS  %s: %d to %d points\n", answer->path, (int)least, (int)most);
    tally->marks++;
}

/* Every run of one answer, under all conditions. */
static json_t *all_of(json_t *runs, const struct answer *answer)
{
    json_t *all = json_array(), *list;
    const char *key;
    size_t length = strlen(answer->path);

    json_object_foreach(runs, key, list)
    {
        if (strncmp(key, answer->path, length) == 0 && key[length] == ' ')
            json_array_extend(all, list);
    }
    return all;
}

static void tally_answer(json_t *runs, const struct answer *answer,
                         struct tally *tally)
{
    json_t *all = all_of(runs, answer), *run;
    size_t i;

    tally->runs += (unsigned)json_array_size(all);
    tally_flips(all, answer, tally);
    json_array_foreach(all, i, run) tally_run(run, answer, tally);
    tally_speedups(all, answer, tally);
    tally_marks(all, answer, tally);
    json_decref(all);
}

static double longest_of(json_t *all, double longest)
{
    json_t *run;
    size_t i;

    json_array_foreach(all, i, run)
    {
        double seconds = json_number_value(json_object_get(run, "seconds"));

        if (seconds > longest)
            longest = seconds;
    }
    return longest;
}

static void print_exercises(json_t *runs, const struct answers *answers)
{
    printf("\nexercise  answers  right   runs  wrong   runs  longest/s\n");
    for (size_t i = 0; i < answers->count;) {
        const char *exercise = answers->items[i].exercise;
        unsigned count[2] = {0}, made[2] = {0}; /* wrong, right */
        double longest = 0;

        for (; i < answers->count &&
               strcmp(answers->items[i].exercise, exercise) == 0;
             i++) {
            json_t *all = all_of(runs, &answers->items[i]);
            bool right = answers->items[i].right;

            count[right]++;
            made[right] += (unsigned)json_array_size(all);
            longest = longest_of(all, longest);
            json_decref(all);
        }
        printf("%8s  %7u  %5u  %5u  %5u  %5u  %9.1f\n", exercise,
               count[0] + count[1], count[1], made[1], count[0], made[0],
               longest);
    }
}

int log_table(const struct answers *answers)
{
    json_t *runs = log_load();
    struct tally sum = {0};

    for (size_t i = 0; i < answers->count; i++)
        tally_answer(runs, &answers->items[i], &sum);
    print_exercises(runs, answers);
    printf("\nin all %u runs: %u flips, %u right answers accused, %u wrong "
           "ones missed, %u speedups moved, %u answers with more than one "
           "mark; %u checks were inconclusive at some time\n",
           sum.runs, sum.flips, sum.accused, sum.missed, sum.moved, sum.marks,
           sum.open);
    json_decref(runs);
    return sum.flips + sum.accused + sum.missed + sum.moved + sum.marks > 0;
}
