/*
 * criterion.h - a stand-in for <criterion/criterion.h>.
 *
 * Criterion does not start in a ThreadSanitizer binary (its issue 274), and
 * under Helgrind it reports itself. So the same tests.c is compiled a second
 * time against this header, which registers the same tests with runner.c.
 * It has the assertions of Criterion that the exercises use; a cr_assert
 * that fails ends its test, a cr_expect does not.
 */
#ifndef STANDIN_CRITERION_H
#define STANDIN_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct standin_test {
    const char *suite;
    const char *name;
    void (*body)(void);
    struct standin_test *next;
};

/* The options of Criterion's Test() that make sense here. */
struct standin_options {
    int sentinel_;
    double timeout; /* the grader has its own limits */
    bool disabled;
};

void standin_add(struct standin_test *test);

/* Notes the failure; with `fatal` it does not return. */
void standin_fail(const char *file, int line, bool fatal, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

#define CR_EXPAND(x) x

#define CR_TEST_BASE(Suite, Name, ...)                                         \
    static void Suite##_##Name##_impl(void);                                   \
    static const struct standin_options Suite##_##Name##_options               \
        __attribute__((unused)) = {__VA_ARGS__};                               \
    __attribute__((constructor)) static void Suite##_##Name##_add(void)        \
    {                                                                          \
        static struct standin_test test = {#Suite, #Name,                      \
                                           Suite##_##Name##_impl, NULL};       \
        if (!Suite##_##Name##_options.disabled)                                \
            standin_add(&test);                                                \
    }                                                                          \
    static void Suite##_##Name##_impl(void)

#define Test(...) CR_EXPAND(CR_TEST_BASE(__VA_ARGS__, .sentinel_ = 0))

/* cr_assert(condition) and cr_assert(condition, "text %d", n) */
#define STANDIN_CHECK(Fatal, Condition, ...)                                   \
    do {                                                                       \
        if (!(Condition))                                                      \
            standin_fail(__FILE__, __LINE__, Fatal, "" __VA_ARGS__);           \
    } while (0)

#define cr_assert(Condition, ...) STANDIN_CHECK(true, Condition, ##__VA_ARGS__)
#define cr_expect(Condition, ...) STANDIN_CHECK(false, Condition, ##__VA_ARGS__)
#define cr_assert_not(C, ...)     STANDIN_CHECK(true, !(C), ##__VA_ARGS__)
#define cr_assert_eq(A, B, ...)   STANDIN_CHECK(true, (A) == (B), ##__VA_ARGS__)
#define cr_assert_neq(A, B, ...)  STANDIN_CHECK(true, (A) != (B), ##__VA_ARGS__)
#define cr_assert_lt(A, B, ...)   STANDIN_CHECK(true, (A) < (B), ##__VA_ARGS__)
#define cr_assert_leq(A, B, ...)  STANDIN_CHECK(true, (A) <= (B), ##__VA_ARGS__)
#define cr_assert_gt(A, B, ...)   STANDIN_CHECK(true, (A) > (B), ##__VA_ARGS__)
#define cr_assert_geq(A, B, ...)  STANDIN_CHECK(true, (A) >= (B), ##__VA_ARGS__)
#define cr_assert_null(A, ...)    STANDIN_CHECK(true, (A) == NULL, ##__VA_ARGS__)
#define cr_assert_not_null(A, ...)                                             \
    STANDIN_CHECK(true, (A) != NULL, ##__VA_ARGS__)
#define cr_assert_str_eq(A, B, ...)                                            \
    STANDIN_CHECK(true, strcmp((A), (B)) == 0, ##__VA_ARGS__)
#define cr_expect_eq(A, B, ...)  STANDIN_CHECK(false, (A) == (B), ##__VA_ARGS__)
#define cr_expect_neq(A, B, ...) STANDIN_CHECK(false, (A) != (B), ##__VA_ARGS__)
#define cr_fail(...)             STANDIN_CHECK(false, false, ##__VA_ARGS__)
#define cr_fatal(...)            STANDIN_CHECK(true, false, ##__VA_ARGS__)

#endif
