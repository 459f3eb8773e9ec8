/*
 * soak.c - the same verdict every time: every right answer RIGHT (50) times,
 * every wrong one WRONG (20) times, on the machine as it is and beside two
 * busy neighbours; and a fifth as often on one core, and beside eight. No
 * check may ever be pass in one run and fail in another, and no speedup in
 * virtual time may be another in the fourth decimal (soak_log.c).
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

#include "soak_log.h"

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
        log_run(answer, condition->name, &stopped);
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
    json_t *runs = log_load();
    bool more = true;

    for (int round = 0; more && !stopped; round++) {
        more = false;
        for (size_t i = 0; i < answers->count && !stopped; i++) {
            const struct answer *answer = &answers->items[i];
            json_t *done = log_of(runs, answer, condition->name);

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
    status |= log_table(&answers);
    if (stopped)
        printf("stopped; `make soak` goes on from here\n");
    answers_free(&answers);
    return status;
}
