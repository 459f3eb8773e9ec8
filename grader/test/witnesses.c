/*
 * witnesses.c - who sees the mistakes that only an interleaving shows? Each
 * wrong answer whose first line names every-interleaving first is run PLAIN
 * times as a course without tools would run it, all tests, those of the
 * scenarios too; and checked whole CHECKS times, in which ThreadSanitizer and
 * Helgrind look as they always do, and the explorer. Prints a table; it
 * judges nothing. For one exercise: EX=04.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "collect.h"
#include "drive.h"
#include "examine.h"
#include "judging.h"
#include "lab.h"
#include "leash.h"
#include "run.h"
#include "work.h"

enum { PLAIN = 300, CHECKS = 5 };

static bool only_interleavings(const struct answer *answer)
{
    return answer->fail_count > 0 &&
           strcmp(answer->fails[0], "every-interleaving") == 0;
}

/* ---- plain runs --------------------------------------------------------- */

/* Does everything end, and come out as it must? */
static bool looks_right(const struct run *run, const struct expectations *all)
{
    const char *seen;

    for (size_t i = 0; i < all->test_count; i++)
        if (!tally_ended(run, all->tests[i]))
            return false;
    for (size_t i = 0; i < all->count; i++)
        if (!tally_held(run, &all->items[i], &seen))
            return false;
    return true;
}

static int run_plain(void *ctx, struct lab *lab, const char *program,
                     const struct expectations *all, bool *right)
{
    struct run_spec spec = {.lens = LENS_BEHAVIOUR,
                            .way = "plain",
                            .program = program,
                            .slowness = 15,
                            .seed = 1,
                            .expected = all,
                            .tests = all->tests,
                            .test_count = all->test_count};
    void *own = talloc_new(ctx);
    const char *dir;
    struct run run;
    int status = run_once(own, lab, &spec, &run, &dir);

    *right = status == 0 && looks_right(&run, all);
    talloc_free(own);
    return status;
}

/* How many of PLAIN runs show that something is wrong; -1: it cannot run. */
static int plain_seen(const struct answer *answer)
{
    void *ctx = talloc_new(NULL);
    char *root = getcwd(NULL, 0);
    const char *why = "", *program = NULL;
    struct slots slots;
    struct lab lab;
    struct diagnostics unused = {0};
    struct place place;
    struct examination what = {
        .root = root, .source = answer->path, .seed = 1, .jobs = 1};
    struct expectations *all = NULL;
    int seen = 0;
    bool right;

    what.exercise = exercise_find(ctx, root, answer->folder, &why);
    what.work = work_open(ctx, root, &why);
    lab_open(&lab, &slots, &what);
    if (what.exercise != NULL && what.work != NULL &&
        collect(ctx, what.source,
                talloc_asprintf(ctx, "%s/%s", what.work, what.exercise->source),
                &why) == COLLECT_OK)
        all = run_oracle(ctx, &lab, 1, &why);
    if (all != NULL && build_object(ctx, &lab, OBJECT_GCC, &unused, &why) == 0)
        program = build_program(ctx, &lab, PROGRAM_PLAIN, &why, &place);
    if (program == NULL) {
        fprintf(stderr, "witnesses: %s: %s\n", answer->path, why);
        seen = -1;
    }
    for (int i = 0; i < PLAIN && seen >= 0; i++) {
        if (run_plain(ctx, &lab, program, all, &right) != 0)
            seen = -1;
        else
            seen += !right;
    }
    lab_close(&lab);
    if (what.work != NULL)
        work_remove(what.work);
    talloc_free(ctx);
    free(root);
    return seen;
}

/* ---- whole checks ------------------------------------------------------- */

struct seen {
    int detectors, explorer; /* of CHECKS */
};

static bool fails(json_t *result, const char *check)
{
    return strcmp(drive_text(drive_row(result, check), "status"), "fail") == 0;
}

static struct seen checks_seen(const struct answer *answer)
{
    struct seen seen = {0};

    for (int i = 0; i < CHECKS; i++) {
        int status;
        json_t *result =
            drive_check(answer->exercise, answer->path, "witnesses", &status);

        seen.detectors +=
            fails(result, "no-data-race") || fails(result, "no-deadlock");
        seen.explorer += fails(result, "every-interleaving");
        json_decref(result);
    }
    return seen;
}

int main(void)
{
    struct answers answers = answers_load(drive_exercise());
    int status = 0;

    leash_keeper(realpath("build/keeper", NULL));
    printf("%-52s %10s  %9s  %8s\n", "seen in so many runs", "plain runs",
           "detectors", "explorer");
    for (size_t i = 0; i < answers.count; i++) {
        const struct answer *answer = &answers.items[i];
        struct seen seen;
        int plain;

        if (!only_interleavings(answer))
            continue;
        plain = plain_seen(answer);
        seen = checks_seen(answer);
        printf("%-52s %3d of %3d  %4d of %d  %3d of %d\n",
               answer->path + strlen("solutions/"), plain, PLAIN,
               seen.detectors, CHECKS, seen.explorer, CHECKS);
        fflush(stdout);
        status |= plain < 0 || seen.explorer < CHECKS;
    }
    answers_free(&answers);
    return status;
}
