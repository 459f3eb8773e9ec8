/*
 * test_commands.c - the commands from outside: what they say, what they
 * refuse, and their exit status.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "scratch.h"
#include "state.h"

static const char *kit;
static void *ctx;

static void begin(void)
{
    ctx = talloc_new(NULL);
    kit = scratch_kit(ctx);
}

static void end(void)
{
    talloc_free(ctx);
}

TestSuite(commands, .init = begin, .fini = end);

#define VALUES(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void says(const char *verb, const char *const values[], int status,
                 const char *with)
{
    const char *program = talloc_asprintf(ctx, "%s/build/interleave", kit);
    struct ran ran =
        scratch_run(ctx, (const char *const[]){program, verb, NULL}, values);

    cr_expect_eq(ran.status, status, "%s: status %d\n%s", verb, ran.status,
                 ran.out);
    cr_expect(scratch_says(&ran, with), "%s said:\n%s\nnot:\n%s", verb, ran.out,
              with);
}

static const char *text_of(const char *path)
{
    const char *text = scratch_read(ctx, kit, path);

    return text ? text : "(no file)";
}

Test(commands, verbs)
{
    says(NULL, VALUES(), 2, "usage:");
    says("help", VALUES(), 0, "usage:");
    says("judge", VALUES(), 2, "there is no verb 'judge'");
    says("\033c", VALUES(), 2, "there is no verb '?c'");
}

Test(commands, bad_values_are_refused_by_every_verb)
{
    says("list", VALUES("LENS=drd"), 2, "there is no lens 'drd'");
    says("check", VALUES("SEED=x"), 2, "SEED=x: a number");
    says("grade", VALUES("JOBS=0"), 2, "JOBS=0: how many");
    says("check", VALUES("EX=77"), 2,
         "there is no exercise '77'; there are 01 counter, 08 ring");
    says("hint", VALUES("EX=77"), 2, "there is no exercise '77'");
    says("reset", VALUES("EX=77"), 2, "there is no exercise '77'");
    says("hint", VALUES(), 2, "which exercise?");
    says("reset", VALUES(), 2, "which exercise?");
    says("kit", VALUES(), 2, "into which folder?");
}

static const char *const none[] = {NULL}, *const right[] = {"right", NULL};

Test(commands, list)
{
    state_record(kit, "01", 60, 100, "no-data-race", none);
    says("list", VALUES(), 0,
         "  no  exercise       minutes  points\n"
         "  08  Ring of tasks       30    -\n"
         "  01  Counter             30   60 of 100\n");
    says("list", VALUES("EX=1"), 0,
         "  points  check\n"
         "       0  builds        compiles and links\n"
         "      60  right         it is right\n"
         "      40  no-data-race  no data race\n");
    says("list", VALUES("EX=1"), 0, "So far:    60 of 100");
    scratch_write(kit, "exercises/08-ring/exercise.conf", "x = 1\n");
    says("list", VALUES(), 2, "exercises/08-ring/exercise.conf:1: unknown");
    says("list", VALUES("EX=1"), 0, "Counter");
}

Test(commands, hints_grow_and_the_strongest_is_repeated)
{
    says("hint", VALUES("EX=1"), 0, "Nothing was checked yet");
    state_record(kit, "01", 40, 100, "right", none);
    says("hint", VALUES("EX=1"), 0, "hint 1 of 2\n\n  Look.\n");
    says("hint", VALUES("EX=1"), 0, "hint 2 of 2\n\n  Look at the `loop`.");
    state_record(kit, "01", 40, 100, "right", none);
    says("hint", VALUES("EX=1"), 0, "hint 2 of 2");
    state_record(kit, "01", 60, 100, "no-data-race", right);
    state_record(kit, "01", 40, 100, "right", none);
    says("hint", VALUES("EX=1"), 0, "hint 1 of 2");
    state_record(kit, "01", 60, 100, "no-data-race", none);
    says("hint", VALUES("EX=1"), 2, "has no hints for no-data-race");
    state_record(kit, "01", 0, 100, "builds", none);
    says("hint", VALUES("EX=1"), 0, "first message only");
    state_record(kit, "01", 100, 100, NULL, none);
    says("hint", VALUES("EX=1"), 0, "Nothing failed");
    state_record(kit, "08", 0, 100, "right", none);
    says("hint", VALUES("EX=8"), 2, "handouts/08-ring.md: No such file");
}

Test(commands, reset_keeps_every_file)
{
    says("reset", VALUES("EX=8"), 0, "kept as exercises/08-ring/ring.c.1\n");
    cr_expect_str_eq(text_of("exercises/08-ring/ring.c"), "int stub;\n");
    cr_expect_str_eq(text_of("exercises/08-ring/ring.c.1"), "int mine;\n");
    says("reset", VALUES("EX=ring"), 0, "is the stub already");
    scratch_write(kit, "exercises/08-ring/ring.c", "int again;\n");
    says("reset", VALUES("EX=8"), 0, "kept as exercises/08-ring/ring.c.2\n");
    cr_expect_str_eq(text_of("exercises/08-ring/ring.c.1"), "int mine;\n");
    cr_expect_str_eq(text_of("exercises/08-ring/ring.c.2"), "int again;\n");
    unlink(talloc_asprintf(ctx, "%s/exercises/08-ring/ring.c", kit));
    says("reset", VALUES("EX=8"), 0, "ring.c is the stub again.\n");
    unlink(talloc_asprintf(ctx, "%s/exercises/08-ring/stub.c", kit));
    scratch_write(kit, "exercises/08-ring/ring.c", "int third;\n");
    says("reset", VALUES("EX=8"), 2, "nothing was changed");
    cr_expect_str_eq(text_of("exercises/08-ring/ring.c"), "int third;\n");
}

static const char *out_value(const char *name)
{
    return talloc_asprintf(ctx, "OUT=%s/%s", kit, name);
}

/* The rooms that a kit must have and scratch_kit() does not make. */
static void furnish(void)
{
    static const char *const files[] = {
        "Makefile",      "README.md",  "LICENSE",      "Containerfile",
        ".clang-format", ".gitignore", "harness/in.c", "grader/out.c",
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scratch_write(kit, files[i], files[i]);
    scratch_write(kit, "solutions/08-ring/reference.c", "int secret;\n");
    scratch_write(kit, "grader/test/selfcheck.c", "int secret;\n");
    scratch_write(kit, "marks.csv", "ann,3\n");
}

Test(commands, kit_has_what_a_student_gets)
{
    furnish();
    scratch_write(kit, "exercises/08-ring/ring.c.1", "int old;\n");
    says("kit", VALUES(out_value("out//")), 0, "kit is in ");
    cr_expect_str_eq(text_of("out/Makefile"), "Makefile");
    cr_expect_str_eq(text_of("out/harness/in.c"), "harness/in.c");
    cr_expect_str_eq(text_of("out/exercises/08-ring/ring.c"), "int stub;\n");
    cr_expect_str_eq(text_of("out/exercises/08-ring/ring.c.1"), "(no file)");
    cr_expect_str_eq(text_of("out/grader/test/selfcheck.c"), "(no file)");
    cr_expect_str_eq(text_of("out/solutions/08-ring/reference.c"), "(no file)");
    cr_expect_str_eq(text_of("out/marks.csv"), "(no file)");
    cr_expect_str_eq(text_of("out/build/state/08.json"), "(no file)");
}

Test(commands, kit_never_overwrites)
{
    furnish();
    scratch_write(kit, "taken/file", "mine");
    says("kit", VALUES(out_value("taken")), 2, "is there already");
    says("kit", VALUES(out_value("marks.csv")), 2, "is there already");
    says("kit", VALUES(out_value("no/such/folder")), 2, "No such file");
    says("kit", VALUES(out_value("exercises/out")), 2, "lies inside");
    cr_expect_str_eq(text_of("taken/file"), "mine");
    cr_expect_str_eq(text_of("taken/Makefile"), "(no file)");
    unlink(talloc_asprintf(ctx, "%s/LICENSE", kit));
    says("kit", VALUES(out_value("half")), 2, "LICENSE: No such file");
    cr_expect_eq(access(talloc_asprintf(ctx, "%s/half", kit), F_OK), -1);
}

/* make must hand a value on as it is: no shell reads it, nor make itself. */
static void through_make(const char *value)
{
    const char *given = talloc_asprintf(ctx, "EX=%s", value);
    struct ran ran =
        scratch_run(ctx, (const char *const[]){"make", "list", given, NULL},
                    VALUES("INSTALL=no"));

    cr_expect_eq(ran.status, 2);
    cr_expect(strstr(ran.out, talloc_asprintf(ctx, "no exercise '%s'", value)),
              "%s became:\n%s", given, ran.out);
    cr_expect_eq(access("build/test/run", F_OK), -1, "%s was run", given);
    unlink("build/test/run");
}

Test(commands, make_expands_no_value)
{
    through_make("$(shell touch build/test/run)");
    through_make("$(eval $(shell touch build/test/run))");
    through_make("$(error stop)");
    through_make("`touch build/test/run`;touch build/test/run");
    through_make("a b' \" \\ $$ $ # * ; & | < > ( ) { } ~ ! %");
    through_make("$(EX)");
    through_make("$EX");
}

/* ---- explore and replay -------------------------------------------------- */

static const char *write_program(const char *name, const char *text)
{
    const char *path = talloc_asprintf(ctx, "%s/%s", kit, name);
    FILE *file = fopen(path, "w");

    cr_assert(file != NULL);
    fputs(text, file);
    fclose(file);
    return talloc_asprintf(ctx, "SRC=%s", path);
}

Test(commands, explore_refuses_what_is_no_program)
{
    says("explore", VALUES(), 2, "which program?");
    says("explore", VALUES("SRC=/nowhere/prog.c"), 2, "No such file");
    says("explore", VALUES("SRC=/dev/null"), 2, "neither a file nor a folder");
    says("explore", VALUES("SRC=/proc/self/fd"), 2, "no file in it ends in .c");
    says("explore", VALUES("SRC=a.c", "STRATEGY=best"), 2,
         "STRATEGY=best: one of search, dfs, pct, random");
    says("explore", VALUES("SRC=a.c", "SCHEDULES=many"), 2,
         "SCHEDULES=many: a number");
    says("explore", VALUES("SRC=a.c", "RACES=maybe"), 2,
         "RACES=maybe: yes or no");
    says("replay", VALUES(), 2, "which schedule?");
    says("replay", VALUES("EX=77"), 2, "there is no exercise '77'");
}

Test(commands, replay_refuses_a_token_of_another_source)
{
    const char *source = write_program("p.c", "int main(void){return 0;}\n");

    says("replay", VALUES(source, "SCHEDULE=what"), 2, "is no token");
    says("replay", VALUES(source, "SCHEDULE=000000-0x0"), 2,
         "have changed since this token was made");
    says("replay", VALUES("EX=01"), 2, "has told no schedule");
}
