/*
 * main.c - build/interleave: one verb, and values from the environment.
 *
 * The grader stands outside the student's process and trusts nothing that
 * comes from inside. For one answer it goes through these steps, a file each:
 *
 *   collect   the one file that is the student's, and the kit's own rest
 *   build     the same tests with it, once for each lens
 *   run       each build in a box, which watches it and leaves nothing behind
 *   read      what each tool wrote: reports and records, still no opinion
 *   judge     evidence to verdict, a pure function
 *   report    the verdict, in words and as JSON
 *
 * Exit status: 0 full marks (or done), 1 the answer falls short, 2 the kit
 * could not do its work or was asked for something that is not there.
 */
#include <string.h>
#include <talloc.h>

#include "say.h"
#include "verbs.h"

static const struct {
    const char *name;
    int (*run)(const struct options *options);
    const char *does;
} verbs[] = {
    {"check", verb_check, "judge one answer: EX SRC RESULT LENS SEED"},
    {"grade", verb_grade, "judge a folder of answers: DIR EX OUT JOBS"},
    {"list", verb_list, "the exercises; with EX, the checks of one"},
    {"hint", verb_hint, "the next hint for the check that failed: EX"},
    {"reset", verb_reset, "the stub again, the old file kept: EX"},
    {"kit", verb_kit, "what a student gets, in a new folder: OUT"},
    {"explore", verb_explore, "every interleaving of a program: SRC ..."},
    {"replay", verb_replay, "one of them again: SRC SCHEDULE"},
    {"curve", verb_curve, "its speed on 1 to 64 cores: EX or SRC, OUT"},
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

static void usage(FILE *stream)
{
    fputs("usage: [NAME=value ...] interleave VERB\n\n", stream);
    for (int i = 0; i < VERBS; i++)
        fprintf(stream, "  %-7s  %s\n", verbs[i].name, verbs[i].does);
    fputs("\nValues are read from the environment. Exit status: 0 full marks,"
          "\n1 the answer falls short, 2 the kit could not do its work.\n",
          stream);
}

static int run(const char *name)
{
    void *ctx = talloc_new(NULL);
    struct options options;
    const char *why;
    int status;

    for (int i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        if (options_read(ctx, &options, &why) < 0)
            status = say_fault("%s", why);
        else
            status = verbs[i].run(&options);
        talloc_free(ctx);
        return status;
    }
    say_fault("there is no verb '%s'", say_printable(ctx, name));
    usage(stderr);
    talloc_free(ctx);
    return STATUS_NO_WORK;
}

/* Output that did not arrive (a full disk) is not success. */
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return say_fault("could not write the output");
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        usage(stderr);
        return STATUS_NO_WORK;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return finish(STATUS_FULL_MARKS);
    }
    return finish(run(argv[1]));
}
