/*
 * test_read_parts.c - lines, clean text and names; and what the tests of the
 * readers share.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read_parts.h"
#include "test_read.h"

/* ---- shared
 * ------------------------------------------------------------------ */

static const char *reports_path(void *ctx, const char *name)
{
    return talloc_asprintf(ctx, "%.*sreports/%s",
                           (int)(path_base(__FILE__) - __FILE__), __FILE__,
                           name);
}

const char *recorded(void *ctx, const char *name, size_t *size)
{
    const char *path = reports_path(ctx, name);
    FILE *file = fopen(path, "r");
    char *text;
    long end;

    cr_assert_not_null(file, "%s is not there", path);
    fseek(file, 0, SEEK_END);
    end = ftell(file);
    rewind(file);
    text = talloc_zero_array(ctx, char, (size_t)end + 1);
    *size = fread(text, 1, (size_t)end, file);
    fclose(file);
    return text;
}

int marked_line(const char *comment)
{
    void *ctx = talloc_new(NULL);
    size_t size;
    const char *text = recorded(ctx, "program/answer.c", &size);
    const char *word = talloc_asprintf(ctx, "/* %s */", comment);
    const char *at = strstr(text, word);
    int line = 1;

    cr_assert_not_null(at, "no line is marked %s", comment);
    for (const char *p = text; p < at; p++)
        line += *p == '\n';
    talloc_free(ctx);
    return line;
}

void points_to(const struct side *side, const char *comment)
{
    for (size_t i = 0; i < side->depth; i++)
        if (side->stack[i].student) {
            cr_expect_str_eq(side->stack[i].file, "answer.c");
            cr_expect_eq(side->stack[i].line, marked_line(comment),
                         "%s: line %d, not %d", comment, side->stack[i].line,
                         marked_line(comment));
            return;
        }
    cr_assert_fail("%s: no frame is the student's", comment);
}

const struct report *find_report(const struct reports *reports, enum bug kind,
                                 const char *test)
{
    for (size_t i = 0; i < reports->count; i++) {
        const char *its = reports->items[i].test;

        if (reports->items[i].kind == kind && its && strcmp(its, test) == 0)
            return &reports->items[i];
    }
    cr_assert_fail("no report of kind %d in %s", (int)kind, test);
    abort();
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

void walk_reports(const struct reports *reports)
{
    size_t sum = 0;

    for (size_t i = 0; i < reports->count; i++) {
        const struct report *report = &reports->items[i];

        cr_assert_not_null(report->title);
        cr_assert(report->kind == BUG_OTHER || report->count > 0);
        cr_assert(
            (report->kind != BUG_RACE && report->kind != BUG_LOCK_ORDER) ||
            report->count >= 2);
        sum += length(report->title) + length(report->object) +
               length(report->test) + length(report->raw);
        for (size_t s = 0; s < report->count; s++) {
            const struct side *side = &report->sides[s];

            cr_assert_not_null(side->what);
            sum += length(side->thread) + length(side->locks);
            for (size_t f = 0; f < side->depth; f++)
                sum += length(side->stack[f].file) +
                       length(side->stack[f].function);
        }
    }
    cr_assert(sum > 0 || reports->count == 0);
}

static void read_once(read_any *read, const char *text, size_t size)
{
    void *ctx = talloc_new(NULL);
    /* Exactly as large as the text, so that a checker sees what is read
     * beyond its end. */
    char *copy = malloc(size ? size : 1);
    size_t before = talloc_total_blocks(NULL);

    memcpy(copy, text, size);
    read(ctx, copy, size);
    free(copy);
    talloc_free_children(ctx);
    cr_assert_eq(talloc_total_blocks(NULL), before, "memory is left");
    talloc_free(ctx);
}

void read_damaged(read_any *read, const char *text, size_t size, size_t stride)
{
    static const char odd[] = {'\0', '\xff', '<', '\n', '(', '\x1b', '9'};
    char *damaged = malloc(size + 1);

    talloc_enable_null_tracking();
    for (size_t cut = 0; cut <= size; cut += stride)
        read_once(read, text, cut);
    for (size_t i = 0; i < sizeof odd; i++) {
        memcpy(damaged, text, size);
        for (size_t at = i * 7; at < size; at += 97 + i * 13)
            damaged[at] = odd[i];
        read_once(read, damaged, size);
    }
    memset(damaged, '#', size);
    read_once(read, damaged, size);
    free(damaged);
    talloc_disable_null_tracking();
}

/* ---- tests
 * ------------------------------------------------------------------- */

static void *ctx;

static void set_up(void)
{
    ctx = talloc_new(NULL);
}

static void drop(void)
{
    talloc_free(ctx);
}

TestSuite(read_parts, .init = set_up, .fini = drop);

Test(read_parts, lines)
{
    static const char text[] = "one\n\ntwo";
    struct cursor cursor = {text, text + sizeof text - 1};
    struct line line;

    cr_assert(read_line(&cursor, &line));
    cr_assert(line.size == 3 && line.whole);
    cr_assert(read_line(&cursor, &line));
    cr_assert(line.size == 0 && line.whole);
    cr_assert(read_line(&cursor, &line));
    cr_assert(line.size == 3 && !line.whole);
    cr_assert_not(read_line(&cursor, &line));
}

static void cleans(const char *dirty, size_t size, const char *clean)
{
    cr_expect_str_eq(clean_text(ctx, dirty, size, READ_TEXT_MAX), clean);
}

Test(read_parts, clean_text)
{
#define BAD "\xef\xbf\xbd"
    cleans("plain\n\ttext", 11, "plain\n\ttext");
    cleans("", 0, "");
    cleans("a\0b", 3, "a" BAD "b");
    cleans("\x1b[31m", 5, BAD "[31m");
    cleans("gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f");
    cleans("\xf0\x9f\x94\x92", 4, "\xf0\x9f\x94\x92");
    cleans("cut \xf0\x9f\x94", 7, "cut " BAD BAD BAD);
    cleans("\xc0\x80", 2, BAD BAD);
    cleans("\xed\xa0\x80", 3, BAD BAD BAD);
    cleans("\xf4\x90\x80\x80", 4, BAD BAD BAD BAD);
    cr_expect_str_eq(clean_text(ctx, "abcdef", 6, 3), "abc");
}

Test(read_parts, names)
{
    cr_expect_str_eq(test_of_function(ctx, "test_body_pool__drains"),
                     "pool/drains");
    cr_expect_str_eq(test_of_function(ctx, "test_body_a_b__c_d"), "a_b/c_d");
    cr_expect_null(test_of_function(ctx, "test_body_pool"));
    cr_expect_null(test_of_function(ctx, "test_body___x"));
    cr_expect_null(test_of_function(ctx, "main"));
    cr_expect_null(test_of_function(ctx, NULL));
    cr_expect_str_eq(call_plain(ctx, "il_pthread_mutex_lock"),
                     "pthread_mutex_lock");
    cr_expect_str_eq(call_plain(ctx, "__interceptor_free"), "free");
    cr_expect_str_eq(call_plain(ctx, "memcpy@@GLIBC_2.14"), "memcpy");
    cr_expect_str_eq(variable_plain(ctx, "calls.0"), "calls");
    cr_expect_str_eq(variable_plain(ctx, "tick.calls"), "calls");
    cr_expect_str_eq(variable_plain(ctx, "tick.calls.12"), "calls");
    cr_expect_str_eq(variable_plain(ctx, "x2"), "x2");
    cr_expect_str_eq(variable_plain(ctx, "7"), "7");
    cr_expect(kit_path("/a/exercises/01-x/tests.c"));
    cr_expect(kit_path("harness/calls.c"));
    cr_expect(harness_path("harness/calls.c"));
    cr_expect_not(harness_path("/a/exercises/01-x/tests.c"));
    cr_expect(kit_path("/tmp/tests.c"));
    cr_expect_not(kit_path("/home/me/my-exercises/a.c"));
}

Test(read_parts, lens)
{
    static const char *const names[] = {"build",         "behaviour", "tsan",
                                        "helgrind",      "memory",    "faults",
                                        "interleavings", "speed"};

    for (int i = 0; i < LENS_COUNT; i++) {
        cr_expect_str_eq(lens_name((enum lens)i), names[i]);
        cr_expect_eq(lens_by_name(names[i]), i);
    }
    cr_expect_eq(lens_by_name("TSAN"), -1);
    cr_expect_eq(lens_by_name(""), -1);
}
