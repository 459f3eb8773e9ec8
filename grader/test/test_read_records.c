/*
 * test_read_records.c - the record pipe and the oracle's output.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read.h"
#include "test_read.h"

static void *ctx;

static void set_up(void)
{
    ctx = talloc_new(NULL);
}

static void drop(void)
{
    talloc_free(ctx);
}

TestSuite(read_records, .init = set_up, .fini = drop);

static struct records records_of(const char *text)
{
    return read_records(ctx, text, strlen(text), "k3y");
}

Test(read_records, known_lines)
{
    struct records records =
        records_of("k3y start count/two\n"
                   "k3y value count/two total 200\n"
                   "k3y value count/two name a b\\nc\\\\n\n"
                   "k3y value count/two empty \n"
                   "k3y value count/two crash SEGV@1f,2a\n"
                   "k3y end count/two\n");

    cr_assert_eq(records.count, 6);
    cr_expect_eq(records.items[0].kind, RECORD_START);
    cr_expect_str_eq(records.items[0].test, "count/two");
    cr_expect_eq(records.items[1].kind, RECORD_VALUE);
    cr_expect_str_eq(records.items[1].key, "total");
    cr_expect_str_eq(records.items[1].value, "200");
    cr_expect_str_eq(records.items[2].value, "a b\nc\\n");
    cr_expect_str_eq(records.items[3].value, "");
    cr_expect_str_eq(records.items[4].value, "SEGV@1f,2a");
    cr_expect_eq(records.items[5].kind, RECORD_END);
}

Test(read_records, unknown_lines)
{
    struct records records = records_of("k3 start a/b\n"
                                        "k3yy start a/b\n"
                                        " k3y start a/b\n"
                                        "k3y begin a/b\n"
                                        "k3y start ab\n"
                                        "k3y start /b\n"
                                        "k3y start a/\n"
                                        "k3y start a/b more\n"
                                        "k3y value a/b\n"
                                        "k3y value a/b key\n"
                                        "k3y value a/b  7\n"
                                        "k3y end\n"
                                        "k3y\n"
                                        "\n"
                                        "k3y value a/b total 12");

    cr_expect_eq(records.count, 0);
}

Test(read_records, invalid_utf8)
{
    struct records records = records_of("k3y value a/b c \xff\x01\n");

    cr_assert_eq(records.count, 1);
    cr_expect_str_eq(records.items[0].value, "\xef\xbf\xbd\xef\xbf\xbd");
}

static void any_records(void *scope, const char *text, size_t size)
{
    struct records records = read_records(scope, text, size, "k3y");
    size_t sum = 0;

    for (size_t i = 0; i < records.count; i++)
        sum += strlen(records.items[i].test) +
               (records.items[i].value ? strlen(records.items[i].value) : 0);
    cr_assert(sum > 0 || records.count == 0);
}

static void any_oracle(void *scope, const char *text, size_t size)
{
    struct expectations expectations;
    const char *why = NULL;

    if (read_expectations(scope, text, size, &expectations, &why) != 0)
        cr_assert_not_null(why);
}

Test(read_records, damaged)
{
    static const char text[] = "k3y start count/two\n"
                               "k3y value count/two total 2\\n\\\\00\n"
                               "k3y end count/two\n";
    static const char oracle[] = "test a/b\nexpect a/b c str \\p | why\n"
                                 "expect a/b d le -7 | why not\n";

    read_damaged(any_records, text, sizeof text - 1, 1);
    read_damaged(any_oracle, oracle, sizeof oracle - 1, 1);
}

/* ---- the oracle
 * ---------------------------------------------------------------- */

static struct expectations expectations;
static const char *why;

static int oracle(const char *text)
{
    why = NULL;
    return read_expectations(ctx, text, strlen(text), &expectations, &why);
}

Test(read_records, expectations)
{
    int result =
        oracle("test count/two\n"
               "test count/none\n"
               "expect count/two total eq 200 | every byte is counted\n"
               "expect count/two most le -3 | no more | no less\n"
               "expect count/two name str a\\pb\\n | as given\n"
               "expect count/two empty str  | nothing\n");

    cr_assert_eq(result, 0, "%s", why);
    cr_assert_eq(expectations.test_count, 2);
    cr_expect_str_eq(expectations.tests[1], "count/none");
    cr_assert_eq(expectations.count, 4);
    cr_expect_eq(expectations.items[0].relation, REL_EQ);
    cr_expect_str_eq(expectations.items[0].value, "200");
    cr_expect_str_eq(expectations.items[0].why, "every byte is counted");
    cr_expect_eq(expectations.items[1].relation, REL_LE);
    cr_expect_str_eq(expectations.items[1].value, "-3");
    cr_expect_str_eq(expectations.items[1].why, "no more | no less");
    cr_expect_eq(expectations.items[2].relation, REL_STR);
    cr_expect_str_eq(expectations.items[2].value, "a | b\n");
    cr_expect_str_eq(expectations.items[3].value, "");
    cr_assert_eq(oracle(""), 0);
    cr_expect_eq(expectations.test_count, 0);
}

Test(read_records, wrong_expectations)
{
    static const char *const wrong[] = {
        "tset a/b\n",
        "test ab\n",
        "test a/b c\n",
        "test a/b",
        "\n",
        "expect a/b\n",
        "expect a/b key\n",
        "expect a/b key eq\n",
        "expect a/b key is 7 | why\n",
        "expect a/b key eq 7\n",
        "expect a/b key eq seven | why\n",
        "expect a/b key eq  | why\n",
        "expect a/b key eq 99999999999999999999 | why\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(oracle(wrong[i]), -1, "taken: %s", wrong[i]);
        cr_expect(why && strstr(why, "line 1:"), "%s", wrong[i]);
    }
    cr_expect_eq(oracle("test a/b\nodd\n"), -1);
    cr_expect_not_null(strstr(why, "line 2:"));
}
