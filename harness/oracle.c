/*
 * oracle.c - main() of the oracle: says what every test of an exercise must
 * observe, for the seed of one run. It is built from tests.c without the
 * student's code, and runs outside her process, so she can neither read nor
 * change what is expected of her.
 */
#include <stdio.h>
#include <stdlib.h>

#include "interleave.h"

#define TESTS_MAX 256

static struct {
    const char *name;
    void (*body)(void);
} tests[TESTS_MAX];
static size_t count;
static const char *current;

void harness_expect(const char *test, void (*body)(void))
{
    if (count == TESTS_MAX)
        abort();
    tests[count].name = test;
    tests[count].body = body;
    count++;
}

static void put(const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\n':
            fputs("\\n", stdout);
            break;
        case '\\':
            fputs("\\\\", stdout);
            break;
        case '|':
            fputs("\\p", stdout);
            break;
        default:
            putchar(*text);
        }
    }
}

void expect_int(const char *key, enum relation_to relation, long long value,
                const char *why)
{
    static const char *const words[] = {"eq", "ne", "lt", "le", "gt", "ge"};

    printf("expect %s %s %s %lld | ", current, key, words[relation], value);
    put(why);
    putchar('\n');
}

void expect_str(const char *key, const char *value, const char *why)
{
    printf("expect %s %s str ", current, key);
    put(value);
    fputs(" | ", stdout);
    put(why);
    putchar('\n');
}

int main(void)
{
    for (size_t i = 0; i < count; i++) {
        current = tests[i].name;
        printf("test %s\n", current);
        tests[i].body();
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
