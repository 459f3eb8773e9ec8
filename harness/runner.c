/*
 * runner.c - main() of a program that is built against the stand-in
 * criterion.h: runs the tests named on its command line ("suite/name"), or
 * all, one after the other in this one process. Starting one process costs
 * 1 ms natively and 350 ms under Valgrind, so one for all.
 *
 * A test that leaves threads behind, or fails an assertion, ends the process
 * with RUNNER_AGAIN after its own records: what is left could disturb the
 * next test. The grader then starts another process for the tests that
 * have not run.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "faults.h"
#include "inside.h"
#include "runner.h"

#pragma weak faults_run

static struct standin_test *tests;
static jmp_buf after_test;

/* Constructors run in the order of the file; keep that order. */
void standin_add(struct standin_test *test)
{
    struct standin_test **end = &tests;

    while (*end != NULL)
        end = &(*end)->next;
    *end = test;
}

void standin_fail(const char *file, int line, bool fatal, const char *format,
                  ...)
{
    const char *slash = strrchr(file, '/');
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    record_line("value %s assert %s:%d %s", board->test,
                slash ? slash + 1 : file, line, text);
    if (fatal && faults_run != NULL)
        _exit(RUNNER_AGAIN); /* one run of many, in its own process */
    if (fatal && board->pid != getpid())
        _exit(1); /* a child that has come back into the test */
    if (fatal)
        longjmp(after_test, 1);
}

/* ThreadSanitizer's reports go to stderr too; this says whose they are. */
static void announce(const char *name)
{
    fprintf(stderr, "interleave: test %s\n", name);
    fflush(stderr);
}

static void run(struct standin_test *test)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
    announce(name);
    if (faults_run != NULL) {
        faults_run(name, test->body);
        return;
    }
    if (setjmp(after_test) == 0)
        test->body();
    else
        exit(RUNNER_AGAIN);
    if (board->alive > 1)
        exit(RUNNER_AGAIN);
}

static bool asked_for(const struct standin_test *test, int count, char **names)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    fprintf(stderr, "interleave: base 0x%llx\n",
            (unsigned long long)board->base);
    for (struct standin_test *test = tests; test != NULL; test = test->next)
        if (asked_for(test, argc - 1, argv + 1))
            run(test);
    announce("-");
    return 0;
}
