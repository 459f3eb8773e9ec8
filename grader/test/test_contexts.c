/*
 * test_contexts.c - programs that switch stacks themselves (<ucontext.h>): no
 * tool accuses one that is right, and what is wrong with a stack is told as
 * that. Also memory that was mapped and stays.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

#include "scratch.h"

static void *ctx;
static const char *folder;

static void begin(void)
{
    ctx = talloc_new(NULL);
    folder = scratch_folder(ctx);
}

static void end(void)
{
    talloc_free(ctx);
}

TestSuite(contexts, .init = begin, .fini = end);

/* The reference of 01 in a coroutine: `leave` is its last statement, `after`
 * what its creator does at last. */
static const char frame[] =
    "#define counter_count count_quietly\n"
    "%s\n"
    "#undef counter_count\n"
    "#include <sys/mman.h>\n"
    "#include <ucontext.h>\n"
    "enum { SIZE = 1 << 16, GUARD = 4096 };\n"
    "static _Thread_local struct {\n"
    "    const unsigned char *bytes; size_t length; bool (*wanted)(unsigned "
    "char);\n"
    "    int threads, error; size_t *result; char *memory;\n"
    "    ucontext_t here, back;\n"
    "} job;\n"
    "__attribute__((noinline)) static int dig(volatile char *above)\n"
    "{\n"
    "    volatile char below[1000];\n"
    "    below[0] = above ? above[0] : 1;\n"
    "    return below[0] ? dig(below) + below[1] : 0;\n" /* line DIG */
    "}\n"
    "int (*volatile digger)(volatile char *) = dig;\n"
    "static void enter(int one, int two)\n"
    "{\n"
    "    if (one != 1 || two != -2) return;\n"
    "    job.error = count_quietly(job.bytes, job.length, job.wanted,\n"
    "                              job.threads, job.result);\n"
    "    swapcontext(&job.here, &job.back);\n"
    "    %s\n"
    "}\n"
    "int counter_count(const unsigned char *b, size_t n,\n"
    "    bool (*w)(unsigned char), int t, size_t *r);\n"
    "int counter_count(const unsigned char *b, size_t n,\n"
    "    bool (*w)(unsigned char), int t, size_t *r)\n"
    "{\n"
    "    job.bytes = b; job.length = n; job.wanted = w;\n"
    "    job.threads = t; job.result = r;\n"
    "    job.memory = mmap(NULL, SIZE + GUARD, PROT_READ | PROT_WRITE,\n"
    "                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"
    "    if (job.memory == MAP_FAILED) return 12;\n"
    "    mprotect(job.memory, GUARD, PROT_NONE);\n"
    "    getcontext(&job.here);\n"
    "    job.here.uc_stack.ss_sp = job.memory + GUARD;\n"
    "    job.here.uc_stack.ss_size = SIZE;\n"
    "    job.here.uc_link = &job.back;\n"
    "    makecontext(&job.here, (void (*)(void))enter, 2, 1, -2);\n"
    "    swapcontext(&job.back, &job.here);\n"
    "    swapcontext(&job.back, &job.here);\n"
    "    %s\n"
    "    return job.error;\n"
    "}\n";

static const char give_back[] = "munmap(job.memory, SIZE + GUARD);";

static struct ran check(const char *lens, const char *leave, const char *after)
{
    const char *reference =
        scratch_read(ctx, "solutions/01-racy-counter", "reference.c");
    const char *values[] = {
        "EX=01", talloc_asprintf(ctx, "SRC=%s/context.c", folder),
        talloc_asprintf(ctx, "RESULT=%s/result.json", folder),
        talloc_asprintf(ctx, "LENS=%s", lens), NULL};

    scratch_write(folder, "context.c",
                  talloc_asprintf(ctx, frame, reference, leave, after));
    return scratch_run(
        ctx, (const char *const[]){"build/interleave", "check", NULL}, values);
}

static void expect(const struct ran *ran, int status, const char *says)
{
    cr_expect_eq(ran->status, status, "status %d\n%s", ran->status, ran->out);
    cr_expect(scratch_says(ran, says), "said:\n%s\nnot:\n%s", ran->out, says);
}

Test(contexts, a_right_program_is_not_accused)
{
    struct ran ran =
        check("behaviour tsan helgrind memory faults", "", give_back);

    expect(&ran, 0, "points");
    cr_expect(!strstr(ran.out, "FAIL"), "%s", ran.out);
}

Test(contexts, an_overflow_is_told_as_one)
{
    struct ran ran = check("behaviour", "job.error = digger(0);", give_back);

    expect(&ran, 1, "a coroutine's stack has");
    expect(&ran, 1, "runs out of its stack");
    expect(&ran, 1, "its stack, 65536");
}

Test(contexts, who_frees_her_own_stack_is_told)
{
    struct ran ran =
        check("behaviour", "munmap(job.memory, SIZE + GUARD);", "");

    expect(&ran, 1, "a coroutine frees the");
    expect(&ran, 1, "freed here");
}

Test(contexts, a_mapping_that_stays_is_told)
{
    struct ran ran = check("memory", "", "");

    expect(&ran, 1, "Memory that mmap() gave is never given back");
    expect(&ran, 1, "mapped here");
}

Test(contexts, a_mapping_in_parts_is_given_back)
{
    struct ran ran =
        check("memory", "",
              "munmap(job.memory, GUARD); munmap(job.memory + GUARD, SIZE);");

    expect(&ran, 0, "points");
}
