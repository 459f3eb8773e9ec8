/*
 * test_hint.c - hints out of a handout.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "hint.h"

static const char handout[] =
    "# Title\n\n### right\n\n1. Not a hint: above Hints.\n\n"
    "## Hints\n\nSome words.\n\n"
    "### right\n\n"
    "1. Look at *the* `loop`: what is `x * y`\n   when <two> run & both?\n"
    "2. Write:\n\n   ```c\n   int a;\n\n     a_b *= 2;\n   ```\n\n"
    "   Then think.\n"
    "3. A very long sentence that must be broken because it has more than "
    "seventy-six columns in one line.\n\n"
    "### `no-data-race`\n\nNo list, but words.\n\n1. Only one.\n\n"
    "### empty\n\n"
    "## Further reading\n\n### late\n\n1. Not a hint: below.\n";

static void *ctx;

static void begin(void)
{
    ctx = talloc_new(NULL);
}

static void end(void)
{
    talloc_free(ctx);
}

TestSuite(hint, .init = begin, .fini = end);

static struct hints read_hints(const char *check)
{
    return hint_read(ctx, handout, strlen(handout), check);
}

Test(hint, text_is_plain)
{
    struct hints hints = read_hints("right");

    cr_assert_eq(hints.count, 3);
    cr_expect_str_eq(hints.items[0],
                     "  Look at the `loop`: what is `x * y` when <two> run & "
                     "both?\n");
    cr_expect_str_eq(hints.items[1],
                     "  Write:\n\n      int a;\n\n        a_b *= 2;\n\n"
                     "  Then think.\n");
    cr_expect_str_eq(hints.items[2],
                     "  A very long sentence that must be broken because it "
                     "has more than\n  seventy-six columns in one line.\n");
}

Test(hint, headings)
{
    cr_expect_eq(read_hints("no-data-race").count, 1);
    cr_expect_eq(read_hints("empty").count, 0);
    cr_expect_eq(read_hints("late").count, 0);
    cr_expect_eq(read_hints("Further reading").count, 0);
    cr_expect_eq(hint_read(ctx, "", 0, "right").count, 0);
}
