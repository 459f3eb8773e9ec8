/*
 * soak.c - the same verdict every time: every right answer RIGHT (50) times,
 * every wrong one WRONG (20) times, on the machine as it is and beside two
 * busy neighbours; and a fifth as often on one core, and beside eight. No
 * check may ever be pass in one run and fail in another.
 *
 * It takes hours, so each run is a line in build/soak.jsonl, and the next
 * call goes on where this one ended; `make clean` forgets. EX=04 soaks one
 * exercise, CONDITION=busy one condition. On a machine that is busy anyhow,
 * several checks run at one time: each is one more neighbour to the others.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drive.h"

#define KEPT "build/soak.jsonl"

/* `part`: one in so many of the runs; `jobs`: checks at one time. */
static const struct condition {
    const char *name;
    int neighbours, part, jobs;
    bool one_core;
} conditions[] = {
    {"idle", 0, 1, 1, false},
    {"busy", 2, 1, 3, false},
    {"one core", 0, 5, 1, true},
    {"crowd", 8, 5, 3, false},
};
enum { CONDITIONS = sizeof conditions / sizeof conditions[0], NEIGHBOURS = 8 };

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
    (void)signal;
    stopped = 1;
}

static pid_t neighbours[NEIGHBOURS];

static void neighbours_start(int count)
{
    for (int i = 0; i < count; i++) {
        neighbours[i] = fork();
        if (neighbours[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            signal(SIGINT, SIG_DFL);
            for (unsigned long n = 0;; n++)
                __asm__ volatile("" : : "r"(n));
        }
    }
}

static void neighbours_stop(void)
{
    for (int i = 0; i < NEIGHBOURS; i++) {
        if (neighbours[i] > 0) {
            kill(neighbours[i], SIGKILL);
            waitpid(neighbours[i], NULL, 0);
        }
        neighbours[i] = 0;
    }
}

/* runs -> "path condition" -> list of runs, each check -> status */
static json_t *load_runs(void)
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
        json_array_append(list, json_object_get(one, "checks"));
        json_decref(one);
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return runs;
}

static json_t *runs_of(json_t *runs, const struct answer *answer,
                       const char *condition)
{
    char key[512];

    snprintf(key, sizeof key, "%s %s", answer->path, condition);
    return json_object_get(runs, key);
}

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

/* What was said of a right answer that did not pass may never come again. */
static void keep_accusation(const struct answer *answer, json_t *result,
                            json_t *checks)
{
    const char *check;
    char path[64];
    json_t *status;

    json_object_foreach(checks, check, status)
    {
        const char *word = json_string_value(status);

        if (!answer->right || strcmp(word, "pass") == 0 ||
            strcmp(word, "inconclusive") == 0)
            continue;
        snprintf(path, sizeof path, "build/soak-accused-%d.json", getpid());
        json_dump_file(result, path, JSON_INDENT(2));
    }
}

/* One check in a process of its own; its line is one write at the end of the
 * file, so lines of several do not mix. */
static void run_once(const struct answer *answer, const char *condition)
{
    int status;
    json_t *result =
        drive_check(answer->exercise, answer->path, "soak", &status);
    json_t *line =
        json_pack("{s:s, s:s, s:o}", "answer", answer->path, "condition",
                  condition, "checks", statuses(result, status));
    char *text = json_dumps(line, JSON_COMPACT);
    int file;

    keep_accusation(answer, result, json_object_get(line, "checks"));
    file = open(KEPT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    if (!stopped && (file < 0 || dprintf(file, "%s\n", text) < 0))
        perror(KEPT);
    free(text);
    json_decref(line);
    json_decref(result);
}

static pid_t jobs[8];

static void job_wait(void)
{
    int status;
    pid_t ended = wait(&status);

    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
        if (jobs[i] == ended)
            jobs[i] = 0;
}

/* Waits until one of `count` places is free, and starts the check there. */
static void job_start(const struct answer *answer,
                      const struct condition *condition)
{
    int place = 0;

    for (;;) {
        for (place = 0; place < condition->jobs; place++)
            if (jobs[place] == 0)
                break;
        if (place < condition->jobs || stopped)
            break;
        job_wait();
    }
    if (stopped)
        return;
    jobs[place] = fork();
    if (jobs[place] == 0) {
        run_once(answer, condition->name);
        _exit(0);
    }
    if (jobs[place] < 0) {
        perror("soak: fork");
        jobs[place] = 0;
        stopped = 1;
    }
}

static void jobs_end(void)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++)
        while (jobs[i] > 0) {
            if (stopped)
                kill(jobs[i], SIGTERM);
            job_wait();
        }
}

static int wanted(const struct answer *answer,
                  const struct condition *condition)
{
    const char *word = getenv(answer->right ? "RIGHT" : "WRONG");
    int all = word != NULL && *word != '\0' ? atoi(word)
              : answer->right               ? 50
                                            : 20;

    return (all + condition->part - 1) / condition->part;
}

/* This process, and all that it starts from now on, on the first core; or
 * where they were. */
static void use_one_core(bool one)
{
    static cpu_set_t before;
    cpu_set_t first;

    if (!one) {
        sched_setaffinity(0, sizeof before, &before);
        return;
    }
    sched_getaffinity(0, sizeof before, &before);
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    sched_setaffinity(0, sizeof first, &first);
}

/* Round by round, so that an early end has looked at every answer. */
static void soak(const struct answers *answers,
                 const struct condition *condition)
{
    json_t *runs = load_runs();
    bool more = true;

    for (int round = 0; more && !stopped; round++) {
        more = false;
        for (size_t i = 0; i < answers->count && !stopped; i++) {
            const struct answer *answer = &answers->items[i];
            json_t *done = runs_of(runs, answer, condition->name);

            if (wanted(answer, condition) <= round)
                continue;
            more = true;
            if (json_array_size(done) > (size_t)round)
                continue;
            job_start(answer, condition);
            if (isatty(1)) {
                printf("\r\033[K%s, round %d: %s", condition->name, round + 1,
                       answer->path);
                fflush(stdout);
            }
        }
    }
    jobs_end();
    json_decref(runs);
}

/* The same first bug, by the same schedule, each time. Not resumed. */
static int soak_explorer(const struct condition *condition)
{
    char times[16];

    snprintf(times, sizeof times, "%d", 10 / condition->part);
    setenv("TIMES", times, 1);
    printf("%s: ", condition->name);
    fflush(stdout);
    return system("build/test/explorercheck") != 0;
}

struct tally {
    unsigned runs, flips, accused, missed, open;
};

static bool has(json_t *list, const char *check, const char *status)
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one) if (strcmp(drive_text(one, check),
                                                status) == 0) return true;
    return false;
}

/* Every run of one answer, under all conditions. */
static void tally_answer(json_t *runs, const struct answer *answer,
                         struct tally *tally)
{
    json_t *all = json_array(), *one, *status;
    const char *check;
    size_t i;

    for (size_t c = 0; c < CONDITIONS; c++)
        json_array_extend(all, runs_of(runs, answer, conditions[c].name));
    tally->runs += (unsigned)json_array_size(all);
    json_object_foreach(json_array_get(all, 0), check, status)
    {
        if (has(all, check, "pass") && has(all, check, "fail")) {
            printf("FLIP  %s: %s\n", answer->path, check);
            tally->flips++;
        }
        tally->open += has(all, check, "inconclusive");
    }
    json_array_foreach(all, i, one)
    {
        if (answer->right)
            json_object_foreach(one, check, status)
            {
                const char *word = json_string_value(status);

                if (strcmp(word, "pass") != 0 &&
                    strcmp(word, "inconclusive") != 0) {
                    printf("ACCUSED  %s: %s %s\n", answer->path, check, word);
                    tally->accused++;
                }
            }
        for (size_t k = 0; k < answer->fail_count; k++)
            if (strcmp(drive_text(one, answer->fails[k]), "fail") != 0 &&
                strcmp(drive_text(one, answer->fails[k]), "inconclusive") !=
                    0) {
                printf("MISSED  %s: %s %s\n", answer->path, answer->fails[k],
                       drive_text(one, answer->fails[k]));
                tally->missed++;
            }
    }
    json_decref(all);
}

static int print_table(const struct answers *answers)
{
    json_t *runs = load_runs();
    struct tally sum = {0};

    for (size_t i = 0; i < answers->count; i++)
        tally_answer(runs, &answers->items[i], &sum);
    printf("\nexercise  answers  right   runs  wrong   runs\n");
    for (size_t i = 0; i < answers->count;) {
        const char *exercise = answers->items[i].exercise;
        struct tally right = {0}, wrong = {0};
        unsigned n = 0, rights = 0;

        for (; i < answers->count &&
               strcmp(answers->items[i].exercise, exercise) == 0;
             i++, n++) {
            rights += answers->items[i].right;
            for (size_t c = 0; c < CONDITIONS; c++)
                (answers->items[i].right ? &right : &wrong)->runs +=
                    (unsigned)json_array_size(
                        runs_of(runs, &answers->items[i], conditions[c].name));
        }
        printf("%8s  %7u  %5u  %5u  %5u  %5u\n", exercise, n, rights,
               right.runs, n - rights, wrong.runs);
    }
    printf("\nin all %u runs: %u flips, %u right answers accused, %u wrong "
           "ones missed; %u checks were inconclusive at some time\n",
           sum.runs, sum.flips, sum.accused, sum.missed, sum.open);
    json_decref(runs);
    return sum.flips + sum.accused + sum.missed > 0;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct answers answers = answers_load(drive_exercise());
    const char *only = getenv("CONDITION");
    int status = 0;

    if (answers.count == 0) {
        fprintf(stderr, "soak: no answers found below solutions/\n");
        return 2;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    for (size_t c = 0; c < CONDITIONS && !stopped; c++) {
        if (only != NULL && strcmp(only, conditions[c].name) != 0)
            continue;
        neighbours_start(conditions[c].neighbours);
        if (conditions[c].one_core)
            use_one_core(true);
        soak(&answers, &conditions[c]);
        if (drive_exercise() == NULL && !stopped)
            status |= soak_explorer(&conditions[c]);
        if (conditions[c].one_core)
            use_one_core(false);
        neighbours_stop();
    }
    status |= print_table(&answers);
    if (stopped)
        printf("stopped; `make soak` goes on from here\n");
    answers_free(&answers);
    return status;
}
