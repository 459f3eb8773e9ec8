/*
 * witnesses.c - who sees the mistakes that only an interleaving shows? Each
 * wrong answer whose first line names every-interleaving first is run PLAIN
 * times as a course without tools would run it, all tests, those of the
 * scenarios too; and checked CHECKS times by ThreadSanitizer and Helgrind
 * alone, and by the explorer alone. Prints a table; it judges nothing. For one
 * exercise: EX=04.
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

/* A program of all tests, compiled as a course without tools would. */
struct plain {
    void *ctx;
    char *root;
    struct slots slots;
    struct lab lab;
    struct examination what;
    struct expectations *all; /* NULL: it cannot be built; said */
    const char *program;
};

static void plain_open(struct plain *plain, const char *folder,
                       const char *source)
{
    struct examination *what = &plain->what;
    struct diagnostics unused = {0};
    const char *why = "";
    struct place place;
    void *ctx;

    memset(plain, 0, sizeof *plain);
    plain->ctx = ctx = talloc_new(NULL);
    plain->root = getcwd(NULL, 0);
    *what = (struct examination){
        .root = plain->root, .source = source, .seed = 1, .jobs = 1};
    what->exercise = exercise_find(ctx, plain->root, folder, &why);
    what->work = work_open(ctx, plain->root, &why);
    lab_open(&plain->lab, &plain->slots, what);
    if (what->exercise != NULL && what->work != NULL &&
        collect(
            ctx, source,
            talloc_asprintf(ctx, "%s/%s", what->work, what->exercise->source),
            &why) == COLLECT_OK &&
        build_object(ctx, &plain->lab, OBJECT_GCC, &unused, &why) == 0)
        plain->program =
            build_program(ctx, &plain->lab, PROGRAM_PLAIN, &why, &place);
    if (plain->program != NULL)
        plain->all = run_oracle(ctx, &plain->lab, 1, &why);
    if (plain->all == NULL)
        fprintf(stderr, "witnesses: %s: %s\n", source, why);
}

static void plain_close(struct plain *plain)
{
    lab_close(&plain->lab);
    if (plain->what.work != NULL)
        work_remove(plain->what.work);
    free(plain->root);
    talloc_free(plain->ctx);
}

/* Does the test end, and come out as it must? */
static bool looks_right(const struct run *run, const struct expectations *all,
                        const char *test)
{
    const char *seen;

    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].test, test) == 0 &&
            !tally_held(run, &all->items[i], &seen))
            return false;
    return tally_ended(run, test);
}

static int run_plain(void *ctx, struct plain *plain,
                     const struct expectations *all, struct run *run)
{
    struct run_spec spec = {.lens = LENS_BEHAVIOUR,
                            .way = "plain",
                            .program = plain->program,
                            .slowness = 15,
                            .seed = 1,
                            .expected = all,
                            .tests = all->tests,
                            .test_count = all->test_count};
    const char *dir;

    return run_once(ctx, &plain->lab, &spec, run, &dir);
}

/*
 * A scenario may want the explorer's clock, and show nothing in a plain run:
 * tests that do not come out right with the reference are left out, and named.
 */
static int leave_out(struct plain *reference)
{
    struct expectations *all = reference->all;
    struct run run;
    size_t kept = 0;

    if (run_plain(reference->ctx, reference, all, &run) != 0)
        return -1;
    for (size_t i = 0; i < all->test_count; i++) {
        if (looks_right(&run, all, all->tests[i]))
            all->tests[kept++] = all->tests[i];
        else
            printf("  not in plain runs of %s: %s\n",
                   reference->what.exercise->name, all->tests[i]);
    }
    all->test_count = kept;
    return 0;
}

/* How many of PLAIN runs show that something is wrong; -1: it cannot run. */
static int count_plain(struct plain *plain, const struct expectations *all)
{
    int seen = 0;

    for (int i = 0; i < PLAIN; i++) {
        void *ctx = talloc_new(plain->ctx);
        struct run run;
        bool right = true;

        if (run_plain(ctx, plain, all, &run) != 0)
            return -1;
        for (size_t k = 0; k < all->test_count && right; k++)
            right = looks_right(&run, all, all->tests[k]);
        seen += !right;
        talloc_free(ctx);
    }
    return seen;
}

static int plain_seen(const struct answer *answer,
                      const struct expectations *all)
{
    struct plain plain;
    int seen = -1;

    plain_open(&plain, answer->folder, answer->path);
    if (plain.all != NULL)
        seen = count_plain(&plain, all);
    plain_close(&plain);
    return seen;
}

/* ---- checks ------------------------------------------------------------- */

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
        json_t *result = drive_lenses(answer->exercise, answer->path,
                                      "tsan,helgrind", "witnesses", &status);

        seen.detectors +=
            fails(result, "no-data-race") || fails(result, "no-deadlock");
        json_decref(result);
        result = drive_lenses(answer->exercise, answer->path, "interleavings",
                              "witnesses", &status);
        seen.explorer += fails(result, "every-interleaving");
        json_decref(result);
    }
    return seen;
}

/* ---- the table ---------------------------------------------------------- */

/* The first row of an exercise: what plain runs say of the right answer. */
static bool open_reference(struct plain *reference, const char *folder)
{
    char path[256];
    int seen = -1;

    snprintf(path, sizeof path, "solutions/%s/reference.c", folder);
    plain_open(reference, folder, path);
    if (reference->all != NULL && leave_out(reference) == 0)
        seen = count_plain(reference, reference->all);
    printf("%-52s %3d of %3d\n", path + strlen("solutions/"), seen, PLAIN);
    return seen >= 0;
}

static bool row(const struct answer *answer, const struct expectations *all)
{
    int plain = plain_seen(answer, all);
    struct seen seen = checks_seen(answer);

    printf("%-52s %3d of %3d  %4d of %d  %3d of %d\n",
           answer->path + strlen("solutions/"), plain, PLAIN, seen.detectors,
           CHECKS, seen.explorer, CHECKS);
    fflush(stdout);
    return plain >= 0 && seen.explorer == CHECKS;
}

int main(void)
{
    struct answers answers = answers_load(drive_exercise());
    const char *folder = "";
    struct plain reference;
    bool good = true, usable = false;

    leash_keeper(realpath("build/keeper", NULL));
    printf("%-52s %10s  %9s  %8s\n", "seen in so many runs", "plain runs",
           "detectors", "explorer");
    for (size_t i = 0; i < answers.count; i++) {
        const struct answer *answer = &answers.items[i];

        if (!only_interleavings(answer))
            continue;
        if (strcmp(answer->folder, folder) != 0) {
            if (*folder != '\0')
                plain_close(&reference);
            folder = answer->folder;
            usable = open_reference(&reference, folder);
        }
        good &= usable && row(answer, reference.all);
    }
    if (*folder != '\0')
        plain_close(&reference);
    answers_free(&answers);
    return good ? 0 : 1;
}
