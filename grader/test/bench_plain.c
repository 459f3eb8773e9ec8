/*
 * bench_plain.c - the same lenses as a course's Makefile would have them:
 * compile, link with bfd, run, one after the other, nothing made beforehand,
 * Criterion under both tools of Valgrind.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <talloc.h>
#include <unistd.h>

#include "bench_plain.h"
#include "drive.h"
#include "lab.h"
#include "run.h"
#include "work.h"

/*
 * The plain way's programs: every object anew, one after the other, of the
 * same files of the harness as the kit's (INSIDE in the Makefile).
 */
static int plain_build(const char *folder, const char *source, const char *work)
{
    char command[4096];

    snprintf(
        command, sizeof command,
        "set -e; C='-std=gnu11 -g -gdwarf-4 -pthread -Wall -Wextra "
        "-fno-omit-frame-pointer -c'; "
        "I='-isystem harness/c11 -Iharness -Iexercises/%1$s'; w=%3$s; "
        "one() { d=$w/$1; mkdir -p $d; shift; "
        " for f in exercises/%1$s/tests.c %2$s $(ls harness/*.c | "
        "   grep -v -e oracle -e speed -e faults -e clocked $skip); do "
        "   \"$@\" $C $I $f -o $d/$(basename $f .c).o 2>/dev/null; done; "
        " for f in tests $(basename %2$s .c); do "
        "   objcopy --redefine-syms=harness/calls.syms $d/$f.o; done; }; "
        "skip='-e runner'; one gcc gcc -O1; one clang clang -O2; "
        "skip='-e assertions'; "
        "one tsan clang -fsanitize=thread -Iharness/standin; "
        "gcc -fuse-ld=bfd -pthread $w/gcc/*.o -lcriterion -o $w/p-gcc; "
        "gcc -fuse-ld=bfd -pthread $w/clang/*.o -lcriterion -o $w/p-clang; "
        "clang -fsanitize=thread -fuse-ld=bfd $w/tsan/*.o -o $w/p-tsan",
        folder, source, work);
    return system(command) == 0 ? 0 : -1;
}

int plain_builds(const char *folder, const char *source)
{
    void *ctx = talloc_new(NULL);
    char *root = getcwd(NULL, 0);
    const char *why = "it does not compile or link";
    const char *work = work_open(ctx, root, &why);
    int failed = work == NULL ? -1 : plain_build(folder, source, work);

    if (failed)
        fprintf(stderr, "bench: the plain way cannot be built: %s\n", why);
    else
        printf("bench: the plain way can be built\n");
    if (work != NULL)
        work_remove(work);
    talloc_free(ctx);
    free(root);
    return failed ? 2 : 0;
}

/* One run of the plain way; everything goes through the same boxes. */
static void plain_run(void *ctx, struct lab *lab, const char *program,
                      const char *const *before, bool criterion,
                      const struct expectations *all)
{
    static const char *const after[] = {"-j1", "-q", NULL};
    struct run_spec spec = {
        .lens = LENS_BEHAVIOUR,
        .way = "plain",
        .program = talloc_asprintf(ctx, "%s/%s", lab->work, program),
        .before = before,
        .after = criterion ? after : NULL,
        .processes = criterion,
        .strangers = !criterion,
        .slowness = before ? 60 : 15,
        .seed = 1,
        .tests = all->tests,
        .test_count = all->test_count};
    struct run run;
    const char *dir;

    if (run_once(ctx, lab, &spec, &run, &dir) != 0)
        fprintf(stderr, "bench: %s: %s\n", program, run.box.why);
}

double plain_way(const char *folder, const char *source)
{
    static const char *const helgrind[] = {
        "valgrind",         "-q", "--tool=helgrind", "--trace-children=yes",
        "--fair-sched=try", NULL};
    static const char *const memcheck[] = {
        "valgrind",         "-q", "--leak-check=full", "--trace-children=yes",
        "--fair-sched=try", NULL};
    void *ctx = talloc_new(NULL);
    char *root = getcwd(NULL, 0);
    const char *why = NULL;
    struct slots slots;
    struct lab lab = {.root = root, .source = source, .slots = &slots};
    struct expectations *all;
    double began = drive_seconds(), seconds;

    slots_init(&slots, 1);
    lab.exercise = exercise_find(ctx, root, folder, &why);
    lab.work = work_open(ctx, root, &why);
    all = run_oracle(ctx, &lab, 1, &why);
    if (all == NULL || plain_build(folder, source, lab.work) != 0) {
        fprintf(stderr, "bench: the plain way does not build: %s\n", why);
        exit(2);
    }
    plain_run(ctx, &lab, "p-gcc", NULL, true, all);
    plain_run(ctx, &lab, "p-clang", NULL, true, all);
    for (int i = 0; i < 4; i++)
        plain_run(ctx, &lab, "p-tsan", NULL, false, all);
    plain_run(ctx, &lab, "p-gcc", helgrind, true, all);
    plain_run(ctx, &lab, "p-gcc", memcheck, true, all);
    seconds = drive_seconds() - began;
    work_remove(lab.work);
    slots_destroy(&slots);
    talloc_free(ctx);
    free(root);
    return seconds;
}
