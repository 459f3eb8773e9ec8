/*
 * test_measure.c - an exercise may have a measure.c: a program around the
 * student's file that prints a table by the clock. No verdict comes of it, so
 * all that is asked is that it compiles and comes to its end.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <glob.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "scratch.h"

/* The reference, or the stub where there are no solutions. */
static const char *answer_of(void *ctx, const char *folder)
{
    const char *name = strrchr(folder, '/') + 1;
    const char *path = talloc_asprintf(ctx, "solutions/%s/reference.c", name);

    return access(path, R_OK) == 0 ? path
                                   : talloc_asprintf(ctx, "%s/stub.c", folder);
}

static void measure(void *ctx, const char *source, const char *compiler)
{
    const char *folder =
        talloc_strndup(ctx, source, strlen(source) - strlen("/measure.c"));
    const char *answer = answer_of(ctx, folder);
    const char *program =
        talloc_asprintf(ctx, "%s/measure", scratch_folder(ctx));
    const char *const none[] = {NULL};
    const char *const argv[] = {compiler,
                                "-O1",
                                "-Wall",
                                "-Wextra",
                                "-Werror",
                                "-pthread",
                                talloc_asprintf(ctx, "-I%s", folder),
                                source,
                                answer,
                                "-o",
                                program,
                                NULL};
    struct ran ran = scratch_run(ctx, argv, none);

    cr_assert(ran.status == 0, "%s %s: %s", compiler, source, ran.out);
    if (strstr(answer, "reference.c") == NULL)
        return;
    ran = scratch_run(ctx, (const char *const[]){program, NULL}, none);
    cr_expect(ran.status == 0 && *ran.out != '\0', "%s: %d, %s", source,
              ran.status, ran.out);
}

Test(measure, compiles_and_comes_to_its_end)
{
    void *ctx = talloc_new(NULL);
    glob_t found;

    if (glob("exercises/*/measure.c", 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) {
            measure(ctx, found.gl_pathv[i], "gcc");
            measure(ctx, found.gl_pathv[i], "clang");
        }
    globfree(&found);
    talloc_free(ctx);
}
