/*
 * test_speedup.c - virtual time against theory: programs whose speedup is
 * known on paper (harness/test/speedup), built by the Makefile. Within 2 %; or
 * on the right side of a bound, where only experience tells.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "scratch.h"

#define TOLERANCE   0.02
#define PICOSECONDS 1e9 /* in a millisecond */

/* Virtual milliseconds of the program on so many cores. */
static double took(void *ctx, const char *folder, const char *program,
                   int cores)
{
    const char *record = talloc_asprintf(ctx, "%s/record", folder);
    const char *values[] = {
        talloc_asprintf(ctx, "CORES=%d", cores),
        talloc_asprintf(ctx, "INTERLEAVE_RECORD=%s", record), NULL};
    unsigned long long time = 0;
    char *at;

    scratch_write(folder, "record", "");
    scratch_run(ctx, (const char *const[]){program, NULL}, values);
    at = strstr(scratch_read(ctx, folder, "record"), " took main ");
    cr_assert(at != NULL && sscanf(at, " took main %*d %llu", &time) == 1,
              "%s on %d cores: %s", program, cores,
              scratch_read(ctx, folder, "record"));
    return (double)time / PICOSECONDS;
}

/* "2 cores 1.333", "2 cores below 1.35" */
static void compare(const char *name, const char *says, double speedup)
{
    double wanted;

    if (sscanf(says, "%*d cores below %lf", &wanted) == 1)
        cr_expect(speedup < wanted, "%s: %.3f is not below %.3f", name, speedup,
                  wanted);
    else if (sscanf(says, "%*d cores above %lf", &wanted) == 1)
        cr_expect(speedup > wanted, "%s: %.3f is not above %.3f", name, speedup,
                  wanted);
    else if (sscanf(says, "%*d cores %lf", &wanted) == 1)
        cr_expect(speedup > wanted * (1 - TOLERANCE) &&
                      speedup < wanted * (1 + TOLERANCE),
                  "%s: %.3f, by theory %.3f", name, speedup, wanted);
    else
        cr_assert_fail("%s: what is \"%s\"?", name, says);
}

static void check_program(void *ctx, const char *folder, const char *source)
{
    char *name = talloc_strdup(ctx, strrchr(source, '/') + 1);
    const char *program;
    char line[256], *says;
    double work = 0;
    FILE *file = fopen(source, "re");

    name[strlen(name) - 2] = '\0';
    program = talloc_asprintf(ctx, "build/test/speedup/%s", name);
    cr_assert(file != NULL && fgets(line, sizeof line, file) != NULL);
    fclose(file);
    if (sscanf(line, "/* work: %lf ms;", &work) != 1)
        work = took(ctx, folder, program, 1);
    says = strstr(line, "speedup: ");
    cr_assert(says != NULL, "%s says no speedup", source);
    for (says += strlen("speedup: "); *says != '\0' && *says != '*';
         says += strcspn(says, ",*") + (says[strcspn(says, ",*")] == ','))
        compare(name, says, work / took(ctx, folder, program, atoi(says)));
}

Test(virtual_time, agrees_with_theory)
{
    void *ctx = talloc_new(NULL);
    const char *folder = scratch_folder(ctx);
    glob_t found;

    cr_assert(glob("harness/test/speedup/*.c", 0, NULL, &found) == 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_program(ctx, folder, found.gl_pathv[i]);
    cr_expect(found.gl_pathc >= 20);
    globfree(&found);
    talloc_free(ctx);
}

/* The same number of picoseconds, whatever else the machine does. */
Test(virtual_time, is_the_same_in_every_run)
{
    void *ctx = talloc_new(NULL);
    const char *folder = scratch_folder(ctx);
    double first = took(ctx, folder, "build/test/speedup/pool", 4);

    for (int i = 0; i < 3; i++)
        cr_expect(took(ctx, folder, "build/test/speedup/pool", 4) == first);
    talloc_free(ctx);
}
