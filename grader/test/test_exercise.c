/*
 * test_exercise.c - exercises are found, and a wrong exercise.conf is told.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "copy.h"
#include "exercise.h"
#include "scratch.h"

#define TOP "title = T\nideas = i\norder = 1\nminutes = 30\n"
#define CHECK                                                                  \
    "[check a-b]\ntitle = t\nproperty = race\nlenses = tsan helgrind\n"        \
    "points = 100\n"
#define TIMED                                                                  \
    "[check fast]\ntitle = t\nproperty = speed\nlenses = speed\n"              \
    "points = 100\nmeasured = yes\n"

static const char *why;
static void *ctx;

static void begin(void)
{
    ctx = talloc_new(NULL);
}

static void end(void)
{
    talloc_free(ctx);
}

TestSuite(exercise, .init = begin, .fini = end);

static struct exercise *load(const char *conf)
{
    const char *root = scratch_folder(ctx);

    scratch_write(root, "exercises/07-name/exercise.conf", conf);
    why = NULL;
    return exercise_load(ctx, root, "07-name", &why);
}

static void refused(const char *conf, const char *with)
{
    cr_expect_null(load(conf), "%s", conf);
    cr_expect(why && strstr(why, with), "%s\nsaid: %s\nnot:  %s", conf, why,
              with);
}

Test(exercise, smallest)
{
    struct exercise *exercise = load(TOP CHECK);

    cr_assert_not_null(exercise, "%s", why);
    cr_expect_str_eq(exercise->id, "07");
    cr_expect_str_eq(exercise->name, "name");
    cr_expect_str_eq(exercise->source, "name.c");
    cr_expect_eq(exercise->test_cpu_seconds, 0.5);
    cr_expect_eq(exercise_cpu_seconds(exercise, NULL), 0.5);
    cr_expect_eq(exercise->memory_bytes, 256u << 20);
    cr_assert_eq(exercise->check_count, 2);
    cr_expect_str_eq(exercise->checks[0].name, "builds");
    cr_expect_eq(exercise->checks[0].points, 0);
    cr_expect_str_eq(exercise->checks[1].name, "a-b");
    cr_expect_eq(exercise->checks[1].lenses,
                 1u << LENS_TSAN | 1u << LENS_HELGRIND);
    cr_assert_eq(exercise->checks[1].tests.count, 1);
    cr_expect_str_eq(exercise->checks[1].tests.items[0], "*");
}

Test(exercise, everything)
{
    struct exercise *exercise =
        load("; a comment\n" TOP "allow = fork waitpid\n"
             "[limits]\ntest_cpu_seconds = 0.4\nmemory_mb = 64 ; small\n"
             "heavy_tests = crowd/* two/x\nheavy_cpu_seconds = 2\n"
             "[speed]\nthreads = 4\nthreshold = 2.5\nat_most = 3.5\n"
             "why = one waits\n" TIMED "tests = one/*\n  two/*  two/x\n");

    cr_assert_not_null(exercise, "%s", why);
    cr_expect_eq(exercise_cpu_seconds(exercise, "one/a"), 0.4);
    cr_expect_eq(exercise_cpu_seconds(exercise, "crowd/a"), 2);
    cr_expect_eq(exercise_cpu_seconds(exercise, "two/x"), 2);
    cr_expect_eq(exercise_cpu_seconds(exercise, "two/a"), 0.4);
    cr_expect_eq(exercise_cpu_seconds(exercise, NULL), 2);
    cr_expect_eq(exercise->memory_bytes, 64u << 20);
    cr_expect_eq(exercise->speed_threads, 4);
    cr_expect_eq(exercise->speed_threshold, 2.5);
    cr_expect_eq(exercise->speed_at_most, 3.5);
    cr_expect_str_eq(exercise->speed_why, "one waits");
    cr_assert_eq(exercise->allow.count, 2);
    cr_expect_str_eq(exercise->allow.items[1], "waitpid");
    cr_expect(exercise->checks[1].measured);
    cr_assert_eq(exercise->checks[1].tests.count, 3);
    cr_expect_str_eq(exercise->checks[1].tests.items[2], "two/x");
}

Test(exercise, library_and_server)
{
    struct exercise *exercise =
        load(TOP "libraries = curl\nserver = origin\n" CHECK);

    cr_assert_not_null(exercise, "%s", why);
    cr_assert_eq(exercise->libraries.count, 1);
    cr_expect_str_eq(exercise_library(exercise->libraries.items[0]), "-lcurl");
    cr_expect_str_eq(exercise_library("expat"), "-lexpat");
    cr_expect(exercise->server);
    exercise = load(TOP CHECK);
    cr_assert_not_null(exercise, "%s", why);
    cr_expect_eq(exercise->libraries.count, 0);
    cr_expect_not(exercise->server);
    refused(TOP "libraries = curl -Wl,x\n" CHECK, "'-Wl,x' is not known");
    refused(TOP "server = apache\n" CHECK, "there is only origin");
}

Test(exercise, faults_are_told_with_their_line)
{
    refused(TOP "[speed]\nthreads = 2\nthreshold = 2\nat_most = 2\n" TIMED,
            "at_most must be more than threshold");
    refused(TOP "color = red\n" CHECK,
            "exercises/07-name/exercise.conf:5: unknown key 'color'");
    refused(TOP CHECK "[weights]\n", ":10: unknown section [weights]");
    refused(TOP CHECK "[limits]\n[limits]\nmemory_mb = 9\nmemory_mb = 9\n",
            ":13: 'memory_mb' is given twice");
    refused(TOP "what is this\n" CHECK, ":5: neither [section]");
    refused(TOP "order = 2\n" CHECK, ":5: 'order' is given twice");
    refused("title =\n" CHECK, ":1: 'title' has no value");
    refused("title = T\n" CHECK, ":2: before this line, 'ideas' is missing");
    refused(TOP CHECK "[check a-b]\n", "there is a check a-b already");
    refused(TOP CHECK "[check builds]\n", "there is a check builds already");
    refused(TOP "[check A]\n", "[check A]: a check's name is of small");
    refused(TOP "[check a--b]\n", "a check's name is of small");
    refused(TOP "[check x]\ntitle = t\n", "'property' is missing in check x");
    refused(TOP, "points sum to 0, not to 100");
    refused(TOP CHECK "[check c]\ntitle = t\nproperty = race\n"
                      "lenses = tsan\npoints = 1\n",
            "points sum to 101, not to 100");
    refused(TOP TIMED, "check fast is measured: a section [speed]");
    refused(TOP "    [limits]\n" CHECK, ":5: a section begins at the start");
}

Test(exercise, values_are_checked)
{
    refused(TOP "[limits]\nmemory_mb = -1\n", "memory_mb = -1: a whole");
    refused(TOP "[limits]\nmemory_mb = 1.5\n", "memory_mb = 1.5: a whole");
    refused(TOP "[limits]\ntest_cpu_seconds = nan\n", "a number above 0");
    refused(TOP "[limits]\nheavy_tests = a/*\n" CHECK, "come together");
    refused(TOP "[limits]\nheavy_cpu_seconds = 3\n" CHECK, "come together");
    refused(TOP "[limits]\nheavy_tests = a/*\nheavy_cpu_seconds = 0.1\n" CHECK,
            "more than test_cpu_seconds");
    refused(TOP "[check x]\nproperty = beauty\n", "one of results, race");
    refused(TOP "[check x]\nlenses = tsan build\n", "no lens 'build'");
    refused(TOP "[check x]\nmeasured = maybe\n", "yes or no");
    refused(TOP CHECK "measured = yes\n", "only speed is measured");
    refused(TOP CHECK "needs = other\n", "needs 'other', no other check");
    refused(TOP CHECK "chance = yes\n", "chance decides in check a-b");
}

Test(exercise, long_line)
{
    char *conf = talloc_strdup(ctx, "title = ");

    for (int i = 0; i < 300; i++)
        conf = talloc_strdup_append(conf, "x");
    refused(talloc_asprintf(ctx, "%s\n", conf), ":1: a line has at most");
}

Test(exercise, is_found_by_number_and_name)
{
    static const char *const words[] = {"8", "08", "008", "ring", "08-ring"};
    const char *root = scratch_kit(ctx);
    struct exercise_list list;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct exercise *found = exercise_find(ctx, root, words[i], &why);
        cr_assert_not_null(found, "%s: %s", words[i], why);
        cr_expect_str_eq(found->id, "08");
    }
    cr_expect_null(exercise_find(ctx, root, "10", &why));
    cr_expect_str_eq(why, "there is no exercise '10'; there are 01 counter, 08 "
                          "ring");
    cr_expect_null(exercise_find(ctx, root, "../08-ring", &why));
    cr_expect_null(exercise_find(ctx, root, "-8", &why));
    cr_expect_null(exercise_find(ctx, root, "8 ", &why));
    cr_expect_null(exercise_find(ctx, root, "", &why));
    scratch_write(root, "exercises/08-ring.old/exercise.conf", "what");
    scratch_write(root, "exercises/notes", "");
    cr_assert_eq(exercise_load_all(ctx, root, &list, &why), 0, "%s", why);
    cr_expect_eq(list.count, 2);
    scratch_write(root, "exercises/08-zebra/exercise.conf", "");
    cr_expect_eq(exercise_load_all(ctx, root, &list, &why), -1);
    cr_expect(strstr(why, "have the same number"), "%s", why);
}

Test(exercise, patterns)
{
    cr_expect(exercise_pattern("*", "count/one"));
    cr_expect(exercise_pattern("count/*", "count/one"));
    cr_expect(exercise_pattern("count/one", "count/one"));
    cr_expect(!exercise_pattern("count/*", "counter/one"));
    cr_expect(!exercise_pattern("count/one", "count/one_more"));
}

/* The exercises of this kit. */
Test(exercise, ours_are_whole)
{
    struct exercise_list list;

    cr_assert_eq(exercise_load_all(ctx, ".", &list, &why), 0, "%s", why);
    cr_expect_gt(list.count, 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct exercise *exercise = list.items[i];
        const char *file =
            talloc_asprintf(ctx, "%s/%s", exercise->path, exercise->source);
        const char *stub = talloc_asprintf(ctx, "%s/stub.c", exercise->path);

        cr_expect(copy_same(stub, file), "%s is not as it was given (%s)", file,
                  stub);
    }
}
