/*
 * test_options.c - the environment, read and refused.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "evidence.h"
#include "options.h"

static struct options options;
static const char *why;
static void *ctx;

static void forget(void)
{
    static const char *const names[] = {"EX",   "SRC", "RESULT", "LENS",
                                        "SEED", "DIR", "OUT",    "JOBS"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    ctx = talloc_new(NULL);
}

static void drop(void)
{
    talloc_free(ctx);
}

TestSuite(options, .init = forget, .fini = drop);

static int read_with(const char *name, const char *value)
{
    setenv(name, value, 1);
    why = NULL;
    return options_read(ctx, &options, &why);
}

static void refused(const char *name, const char *value, const char *with)
{
    cr_expect_eq(read_with(name, value), -1, "%s=%s", name, value);
    cr_expect(why && strstr(why, with), "%s=%s: %s", name, value, why);
    unsetenv(name);
}

Test(options, nothing_given)
{
    cr_assert_eq(options_read(ctx, &options, &why), 0);
    cr_expect_eq(options.root[0], '/');
    cr_expect_null(options.exercise);
    cr_expect_null(options.source);
    cr_expect_eq(options.lenses, (1u << LENS_COUNT) - 1);
    cr_expect(!options.partial);
    cr_expect(!options.seeded);
    cr_expect_geq(options.jobs, 1);
}

Test(options, empty_is_not_given)
{
    cr_assert_eq(read_with("LENS", ""), 0);
    cr_expect(!options.partial);
    cr_assert_eq(read_with("SEED", ""), 0);
    cr_expect(!options.seeded);
    cr_assert_eq(read_with("SRC", ""), 0);
    cr_expect_null(options.source);
}

Test(options, values_are_taken_as_they_are)
{
    cr_assert_eq(read_with("SRC", " $(id) `id` ; \\ \n"), 0);
    cr_expect_str_eq(options.source, " $(id) `id` ; \\ \n");
}

Test(options, lenses)
{
    cr_assert_eq(read_with("LENS", "tsan, helgrind"), 0);
    cr_expect(options.partial);
    cr_expect_eq(options.lenses, 1u << LENS_TSAN | 1u << LENS_HELGRIND);
    refused("LENS", "tsan,drd", "no lens 'drd'; there are build, behaviour");
    refused("LENS", ",", "names no lens");
    refused("LENS", "\033[2J", "no lens '?[2J'");
}

Test(options, seed)
{
    cr_assert_eq(read_with("SEED", "18446744073709551615"), 0);
    cr_expect_eq(options.seed, UINT64_MAX);
    cr_assert_eq(read_with("SEED", "010"), 0);
    cr_expect_eq(options.seed, 10);
    cr_assert_eq(read_with("SEED", "0xff"), 0);
    cr_expect_eq(options.seed, 255);
    cr_expect(options.seeded);
    refused("SEED", "18446744073709551616", "a number from 0");
    refused("SEED", "-1", "a number from 0");
    refused("SEED", " 1", "a number from 0");
    refused("SEED", "1x", "a number from 0");
    refused("SEED", "0x", "a number from 0");
    refused("SEED", "0x-1", "a number from 0");
}

Test(options, jobs)
{
    cr_assert_eq(read_with("JOBS", "3"), 0);
    cr_expect_eq(options.jobs, 3);
    refused("JOBS", "0", "from 1 to");
    refused("JOBS", "257", "from 1 to");
    refused("JOBS", "many", "from 1 to");
}
