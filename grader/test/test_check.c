/*
 * test_check.c - `check` from outside, on real input that is bad in some way:
 * a clear message, the right exit status, a result file in any case, and
 * nothing left behind.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

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

TestSuite(check, .init = begin, .fini = end);

static const char program[] = "build/interleave";

/* An answer to 01 whose function has this body. */
static const char *answer(const char *name, const char *body)
{
    scratch_write(folder, name,
                  talloc_asprintf(ctx,
                                  "#include \"racy-counter.h\"\n"
                                  "#include <stdlib.h>\n"
                                  "#include <unistd.h>\n"
                                  "int counter_count(const unsigned char *b, "
                                  "size_t n,\n"
                                  "    bool (*w)(unsigned char), int t, "
                                  "size_t *r)\n"
                                  "{ (void)b; (void)n; (void)w; (void)t; "
                                  "(void)r;\n%s\nreturn 0; }\n",
                                  body));
    return talloc_asprintf(ctx, "%s/%s", folder, name);
}

static struct ran check(const char *exercise, const char *source,
                        const char *lens)
{
    const char *values[] = {
        talloc_asprintf(ctx, "EX=%s", exercise),
        talloc_asprintf(ctx, "SRC=%s", source),
        talloc_asprintf(ctx, "RESULT=%s/result.json", folder),
        talloc_asprintf(ctx, "LENS=%s", lens), NULL};

    return scratch_run(ctx, (const char *const[]){program, "check", NULL},
                       values);
}

static const char *verdict(void)
{
    json_t *result =
        json_load_file(talloc_asprintf(ctx, "%s/result.json", folder), 0, NULL);
    const char *word = json_string_value(json_object_get(result, "verdict"));
    const char *kept = talloc_strdup(ctx, word ? word : "(no result file)");

    json_decref(result);
    return kept;
}

static void expect(const char *source, const char *lens, int status,
                   const char *says)
{
    struct ran ran = check("01", source, lens);

    cr_expect_eq(ran.status, status, "%s: status %d\n%s", source, ran.status,
                 ran.out);
    cr_expect(scratch_says(&ran, says), "%s said:\n%s\nnot:\n%s", source,
              ran.out, says);
    cr_expect_str_eq(verdict(), status == 2   ? "error"
                                : status == 1 ? "fail"
                                              : "pass");
}

Test(check, what_is_no_file_is_refused)
{
    const char *pipe = talloc_asprintf(ctx, "%s/pipe.c", folder);

    mkfifo(pipe, 0600);
    expect(talloc_asprintf(ctx, "%s/none.c", folder), "", 2, "cannot find");
    expect(folder, "", 2, "is a folder");
    expect(pipe, "", 2, "is a pipe");
    expect("/dev/zero", "", 2, "is a device");
}

Test(check, what_is_no_source_falls_short)
{
    char *huge = talloc_zero_size(ctx, 2 << 20);

    memset(huge, 'x', (2 << 20) - 1);
    scratch_write(folder, "huge.c", huge);
    scratch_write(folder, "empty.c", " \n");
    scratch_write(folder, "syntax.c", "int x = ;\n");
    scratch_write(folder, "none.c", "int x;\n");
    scratch_write(folder, "main.c",
                  talloc_asprintf(ctx,
                                  "#include \"%s\"\nint main(void) "
                                  "{ return 0; }\n",
                                  answer("a.c", "")));
    expect(talloc_asprintf(ctx, "%s/huge.c", folder), "", 1, "larger than");
    expect(talloc_asprintf(ctx, "%s/empty.c", folder), "", 1, "is empty");
    expect("/bin/true", "", 1, "not text");
    expect(talloc_asprintf(ctx, "%s/syntax.c", folder), "", 1, "syntax.c:1");
    expect(talloc_asprintf(ctx, "%s/none.c", folder), "", 1,
           "counter_count() is missing");
    expect(talloc_asprintf(ctx, "%s/main.c", folder), "", 1,
           "a main() of its own");
}

Test(check, a_name_of_any_characters_is_a_name)
{
    expect(answer("a b;$(id)'\"\n.c", "exit(0);"), "behaviour", 1,
           "ended before the test");
}

Test(check, an_exit_passes_no_test)
{
    expect(answer("exit.c", "exit(0);"), "behaviour", 1,
           "ended before the test");
    expect(answer("_exit.c", "_exit(0);"), "behaviour", 1,
           "ended before the test");
}

Test(check, a_crash_is_told_with_its_line)
{
    expect(answer("crash.c", "*(volatile int *)8 = 1;"), "behaviour", 1,
           "crash.c:7: crashes here");
}

/* More than a pipe holds, in one piece: whoever prints sleeps until the grader
 * reads, and may be the only one who is not asleep anyhow. */
Test(check, a_right_answer_may_print_what_it_likes)
{
    const char *reference =
        scratch_read(ctx, "solutions/01-racy-counter", "reference.c");

    scratch_write(
        folder, "prints.c",
        talloc_asprintf(ctx,
                        "#define counter_count count_quietly\n%s\n"
                        "#undef counter_count\n#include <stdio.h>\n"
                        "int counter_count(const unsigned char *b, size_t n,\n"
                        "    bool (*w)(unsigned char), int t, size_t *r);\n"
                        "int counter_count(const unsigned char *b, size_t n,\n"
                        "    bool (*w)(unsigned char), int t, size_t *r)\n"
                        "{\n"
                        "for (int i = 0; i < 3000; i++)\n"
                        "    fprintf(stderr, \"this is line %%d, and here "
                        "comes the next one\\n\", i);\n"
                        "return count_quietly(b, n, w, t, r);\n}\n",
                        reference));
    expect(talloc_asprintf(ctx, "%s/prints.c", folder),
           "behaviour memory interleavings", 0, "60 of 60 points");
}

Test(check, the_names_that_the_kit_uses_are_free)
{
    scratch_write(
        folder, "names.c",
        talloc_asprintf(
            ctx,
            "%s\nint board, meet, seed, turns, world, release;\n"
            "int fail(void);\nint fail(void) { return meet; }\n"
            "void patience(void);\nvoid patience(void) { seed++; }\n"
            "void record_line(void);\n"
            "void record_line(void) { turns++; }\n",
            scratch_read(ctx, "solutions/01-racy-counter", "reference.c")));
    expect(talloc_asprintf(ctx, "%s/names.c", folder), "", 0, "points");
}

Test(check, a_loop_before_the_tests_is_stopped)
{
    expect(answer("loop.c", "return 0; }\n__attribute__((constructor)) static "
                            "int loop(void)\n{ for (;;) getppid();"),
           "behaviour", 1, "before main()");
}

static const char *status_of(const char *check)
{
    json_t *result =
        json_load_file(talloc_asprintf(ctx, "%s/result.json", folder), 0, NULL);
    json_t *rows = json_object_get(result, "checks"), *row;
    const char *status = "(no such check)";
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "name")), check) == 0)
            status = talloc_strdup(
                ctx, json_string_value(json_object_get(row, "status")));
    }
    json_decref(result);
    return status;
}

/* An answer to 10 that does this when there is more than one core: in several
 * suites, but in none of those that come after them. */
static void fails_on_two_cores(const char *name, const char *body)
{
    scratch_write(
        folder, name,
        talloc_asprintf(
            ctx,
            "#define scheduler_run run_quietly\n%s\n#undef scheduler_run\n"
            "int scheduler_run(const struct workload *, const struct machine "
            "*,\n"
            "                  struct schedule *);\n"
            "int scheduler_run(const struct workload *w, const struct machine "
            "*m,\n"
            "                  struct schedule *s)\n"
            "{ if (m->cores > 1) %s\n  return run_quietly(w, m, s); }\n",
            scratch_read(ctx, "solutions/10-scheduler", "reference.c"), body));
    check("10", talloc_asprintf(ctx, "%s/%s", folder, name), "behaviour");
    cr_expect_str_eq(status_of("cores"), "fail", "%s", name);
    cr_expect_str_eq(status_of("io"), "pass", "%s", name);
    cr_expect_str_eq(status_of("text-chart"), "pass", "%s", name);
    cr_expect_str_eq(status_of("workload-file"), "pass", "%s", name);
}

Test(check, what_loops_costs_its_own_suites_only)
{
    fails_on_two_cores("loops.c", "for (;;) ;");
}

Test(check, what_eats_the_memory_costs_its_own_suites_only)
{
    fails_on_two_cores("eats.c",
                       "for (;;) *(volatile char *)calloc(1, 1 << 20) = 1;");
}

/* A wait of 60001 milliseconds is asked for in a test of the explorer only,
 * where it takes no time. */
Test(check, what_is_explored_is_not_run_elsewhere)
{
    struct ran ran;

    scratch_write(
        folder, "waits.c",
        talloc_asprintf(
            ctx,
            "#define queue_take_within take_quietly\n%s\n"
            "#undef queue_take_within\n"
            "int queue_take_within(struct queue *q, void **i, long n);\n"
            "int queue_take_within(struct queue *q, void **i, long n)\n"
            "{ if (n == 60001) abort();\n  return take_quietly(q, i, n); }\n",
            scratch_read(ctx, "solutions/11-producer-consumer",
                         "reference.c")));
    ran = check("11", talloc_asprintf(ctx, "%s/waits.c", folder), "behaviour");
    cr_expect_eq(ran.status, 0, "%s", ran.out);
    cr_expect_null(strstr(ran.out, "Notes"), "%s", ran.out);
    ran = check("11", talloc_asprintf(ctx, "%s/waits.c", folder),
                "interleavings");
    cr_expect_eq(ran.status, 1, "%s", ran.out);
}

/* In tests that need no luck for it: their threads use accounts of their own,
 * or wait for each other. */
Test(check, what_runs_through_a_race_earns_nothing)
{
    check("02", "solutions/02-locks/wrong_look_before_lock.c", "");
    cr_expect_str_eq(status_of("no-data-race"), "fail");
    cr_expect_str_eq(status_of("accounts-apart"), "skipped");
    cr_expect_str_eq(status_of("memory"), "skipped");
    check("03", "solutions/03-deadlock-fix/wrong_one_fork.c", "");
    cr_expect_str_eq(status_of("no-data-race"), "fail");
    cr_expect_str_eq(status_of("moves-money"), "pass");
}

Test(check, an_unknown_exercise_is_an_error)
{
    struct ran ran = check("99", answer("a.c", ""), "");

    cr_expect_eq(ran.status, 2);
    cr_expect_str_eq(verdict(), "error");
}

Test(check, leaves_no_child_behind)
{
    const char *source = answer(
        "children.c", "if (fork() == 0) { setsid(); for (;;) pause(); }");

    expect(source, "behaviour", 1, "FAIL");
}

/* true when a process has this text in its command line */
static bool anybody_has(const char *text)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    bool found = false;

    while (!found && (entry = readdir(processes)) != NULL) {
        char path[300], line[4096];
        ssize_t n;
        int fd;

        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        n = read(fd, line, sizeof line);
        close(fd);
        found = n > 0 && memmem(line, (size_t)n, text, strlen(text)) != NULL;
    }
    closedir(processes);
    return found;
}

/* Starts a check, and returns when it has shown its first lens. */
static pid_t start_check(const char *source, FILE **from)
{
    int ends[2], nothing;
    pid_t child;

    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        setenv("EX", "01", 1);
        setenv("SRC", source, 1);
        setenv("RESULT", talloc_asprintf(ctx, "%s/result.json", folder), 1);
        execl(program, "interleave", "check", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *from = fdopen(ends[0], "r");
    nothing = fscanf(*from, "%*[^:]: build");
    (void)nothing;
    return child;
}

Test(check, ctrl_c_leaves_nothing)
{
    const char *source = answer("loop.c", "for (;;) ;");
    char mine[64];
    FILE *from;
    pid_t child = start_check(source, &from);
    int status = 0;
    DIR *work;
    struct dirent *entry;

    snprintf(mine, sizeof mine, "build/work/%d-", (int)child);
    kill(child, SIGINT);
    waitpid(child, &status, 0);
    fclose(from);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    cr_expect_str_eq(verdict(), "error");
    cr_expect(!anybody_has(mine), "a process is left");
    work = opendir("build/work");
    while (work != NULL && (entry = readdir(work)) != NULL)
        cr_expect(strncmp(entry->d_name, mine + 11, strlen(mine + 11)) != 0,
                  "a folder is left");
    if (work != NULL)
        closedir(work);
}

Test(check, a_file_of_the_student_is_not_touched)
{
    const char *source = answer("kept.c", "exit(0);");
    const char *before = scratch_read(ctx, folder, "kept.c");

    check("01", source, "behaviour");
    cr_expect_str_eq(scratch_read(ctx, folder, "kept.c"), before);
}

/* A GIL that is unlocked and locked again: nobody has to interfere for it to
 * go wrong, and the order is shown all the same. */
Test(check, an_order_that_goes_wrong_by_itself_is_shown)
{
    struct ran ran;

    scratch_write(
        folder, "again.c",
        "#include \"gil.h\"\n#include <pthread.h>\n#include <stdlib.h>\n"
        "struct gil { pthread_mutex_t lock; };\n"
        "struct gil *gil_create(int interval)\n"
        "{ struct gil *gil = malloc(sizeof *gil); (void)interval;\n"
        "  pthread_mutex_init(&gil->lock, NULL); return gil; }\n"
        "void gil_destroy(struct gil *gil) { free(gil); }\n"
        "int gil_run(struct gil *gil, struct vm_thread *thread)\n"
        "{ int error; enum vm_status status;\n"
        "  pthread_mutex_lock(&gil->lock);\n"
        "  while ((status = vm_step(thread)) != VM_ENDS) {\n"
        "      pthread_mutex_unlock(&gil->lock);\n"
        "      if (status == VM_WAITS && vm_wait(thread) != 0) {}\n"
        "      pthread_mutex_lock(&gil->lock);\n"
        "  }\n"
        "  error = vm_finish(thread);\n"
        "  pthread_mutex_unlock(&gil->lock); return error; }\n");
    ran = check("09", talloc_asprintf(ctx, "%s/again.c", folder),
                "interleavings");
    cr_expect_eq(ran.status, 1, "%s", ran.out);
    cr_expect(scratch_says(&ran, "no bad luck") &&
                  scratch_says(&ran, "takes gil."),
              "%s", ran.out);
}
