/*
 * test_read_diagnostics.c - gcc's and clang's messages.
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

TestSuite(read_diagnostics, .init = set_up, .fini = drop);

static struct diagnostics read_file(const char *name)
{
    size_t size;
    const char *text = recorded(ctx, name, &size);

    return read_diagnostics(ctx, text, size, "broken.c");
}

static struct diagnostics read_text(const char *text)
{
    return read_diagnostics(ctx, text, strlen(text), "broken.c");
}

static const struct diagnostic *at_line(const struct diagnostics *found,
                                        int line)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->items[i].line == line)
            return &found->items[i];
    cr_assert_fail("nothing is said of line %d", line);
    abort();
}

/* Both compilers say these of broken.c. */
static void check_broken(const struct diagnostics *found)
{
    const struct diagnostic *one = at_line(found, 7);

    cr_expect(one->error);
    cr_expect_str_eq(one->option, "-Wformat");
    cr_expect_null(strstr(one->text, "[-W"));
    one = at_line(found, 8);
    cr_expect(one->error);
    cr_expect_null(one->option);
    one = at_line(found, 0);
    cr_expect(one->error);
    cr_expect_not_null(strstr(one->text, "broken.h:2: "));
}

Test(read_diagnostics, gcc)
{
    struct diagnostics found = read_file("gcc.txt");

    const struct diagnostic *spare = at_line(&found, 5);

    check_broken(&found);
    cr_expect_eq(found.count, 6);
    cr_expect_not(spare->error);
    cr_expect_str_eq(spare->text, "unused variable 'spare'");
    cr_expect_str_eq(spare->option, "-Wunused-variable");
}

Test(read_diagnostics, clang)
{
    struct diagnostics found = read_file("clang.txt");

    cr_expect_eq(found.count, 3);
    check_broken(&found);
}

Test(read_diagnostics, forms)
{
    struct diagnostics found =
        read_text("broken.c:3: error: without a column\n"
                  "/a:1:2/broken.c:4:5: fatal error: x.h: No such file\n"
                  "broken.c: In function 'f':\n"
                  "broken.c:4:5: note: declared here\n"
                  "broken.c: error: no line\n"
                  "other.c:1:1: warning: not hers\n"
                  "xbroken.c:1:1: warning: not hers\n"
                  "clang: error: linker command failed\n"
                  "other.c:1: warning: odd [-W,]\n"
                  "broken.c:9:9: warning: cut");

    cr_assert_eq(found.count, 3);
    cr_expect_eq(found.items[0].line, 3);
    cr_expect_str_eq(found.items[0].text, "without a column");
    cr_expect_eq(found.items[1].line, 4);
    cr_expect_str_eq(found.items[1].text, "x.h: No such file");
    cr_expect_eq(found.items[2].line, 9);
}

static void any_text(void *scope, const char *text, size_t size)
{
    struct diagnostics found = read_diagnostics(scope, text, size, "broken.c");

    for (size_t i = 0; i < found.count; i++)
        cr_assert_not_null(found.items[i].text);
}

Test(read_diagnostics, damaged)
{
    static const char *const names[] = {"gcc.txt", "clang.txt"};

    for (size_t i = 0; i < 2; i++) {
        size_t size;
        const char *text = recorded(ctx, names[i], &size);

        read_damaged(any_text, text, size, 1);
    }
}
