/*
 * test_explore.c - `explore` and `replay` from outside, on whole programs:
 * how many schedules there are, what is not under control, that it ends when
 * the time is up, and that a token is the same run again. (Which bugs are
 * found is explorercheck's to show.)
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "scratch.h"

enum { VALUES_MAX = 8 };

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

TestSuite(explore, .init = begin, .fini = end);

#define VALUES(...) ((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/* The verb on folder/prog.c, with such a text. */
static struct ran run(const char *verb, const char *text,
                      const char *const values[])
{
    const char *all[VALUES_MAX + 1] = {
        talloc_asprintf(ctx, "SRC=%s/prog.c", folder),
        talloc_asprintf(ctx, "RESULT=%s/result.json", folder)};

    for (size_t i = 0; values[i] != NULL && i + 2 < VALUES_MAX; i++)
        all[i + 2] = values[i];
    scratch_write(folder, "prog.c", text);
    return scratch_run(
        ctx, (const char *const[]){"build/interleave", verb, NULL}, all);
}

/* A key of the last result, as text. */
static const char *value(const char *key)
{
    const char *text = scratch_read(ctx, folder, "result.json");
    json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;
    json_t *item = json_object_get(json, key);
    char *dumped;

    cr_assert(json != NULL, "no result file");
    dumped = item != NULL ? json_dumps(item, JSON_ENCODE_ANY) : NULL;
    text = talloc_strdup(ctx, dumped != NULL ? dumped : "");
    free(dumped);
    json_decref(json);
    return text;
}

static void expect(const struct ran *ran, int status, const char *says)
{
    cr_expect_eq(ran->status, status, "status %d\n%s", ran->status, ran->out);
    cr_expect(scratch_says(ran, says), "said:\n%s\nnot:\n%s", ran->out, says);
}

/* ---- how many ----------------------------------------------------------- */

/* A thread's beginning and its end are steps, as each B is. */
static const char counted[] =
    "#include <pthread.h>\n"
    "#include <stdatomic.h>\n"
    "static atomic_int a, b;\n"
    "static void *other(void *x)\n"
    "{\n"
    "    for (int i = 0; i < B; i++) atomic_fetch_add(&b, 1);\n"
    "    return x;\n"
    "}\n"
    "int main(void)\n"
    "{\n"
    "    pthread_t t[THREADS];\n"
    "    for (int i = 0; i < THREADS; i++)\n"
    "        pthread_create(&t[i], NULL, other, NULL);\n"
    "    for (int i = 0; i < A; i++) atomic_fetch_add(&a, 1);\n"
    "    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);\n"
    "    return 0;\n"
    "}\n";

static void count(const char *flags, const char *strategy, const char *bound,
                  const char *schedules)
{
    struct ran ran =
        run("explore", counted,
            VALUES(talloc_asprintf(ctx, "CFLAGS=%s", flags),
                   talloc_asprintf(ctx, "STRATEGY=%s", strategy),
                   talloc_asprintf(ctx, "BOUND=%s", bound), "REDUCE=no"));

    expect(&ran, 0, "no bug");
    cr_expect_str_eq(value("schedules"), schedules,
                     "%s, bound '%s': %s schedules, by hand %s", flags, bound,
                     value("schedules"), schedules);
}

/* Two threads of n and m steps: n + m over n. */
Test(explore, as_many_schedules_as_are_counted_by_hand)
{
    count("-DTHREADS=1 -DA=2 -DB=0", "dfs", "", "6");
    count("-DTHREADS=1 -DA=2 -DB=1", "dfs", "", "10");
    count("-DTHREADS=1 -DA=3 -DB=1", "dfs", "", "20");
    count("-DTHREADS=1 -DA=3 -DB=3", "dfs", "", "56");
    count("-DTHREADS=1 -DA=5 -DB=4", "dfs", "", "462");
}

/* Two chains, of one thread with its join, and of the other's creation and
 * itself: 6 over 3, 8 over 4, less one, for nobody joins before he creates. */
Test(explore, as_many_schedules_of_three_threads)
{
    count("-DTHREADS=2 -DA=0 -DB=0", "dfs", "", "19");
    count("-DTHREADS=2 -DA=0 -DB=1", "dfs", "", "69");
    count("-DTHREADS=2 -DA=0 -DB=2", "dfs", "", "251");
}

/* main() may be left at 3 steps; then the other at 4. */
Test(explore, as_many_schedules_with_so_many_preemptions)
{
    count("-DTHREADS=1 -DA=3 -DB=3", "search", "0", "1");
    count("-DTHREADS=1 -DA=3 -DB=3", "search", "1", "4");
    count("-DTHREADS=1 -DA=3 -DB=3", "search", "2", "16");
}

Test(explore, an_end_by_the_clock)
{
    struct ran ran =
        run("explore", counted,
            VALUES("CFLAGS=-DTHREADS=3 -DA=60 -DB=60", "STRATEGY=dfs",
                   "REDUCE=no", "SCHEDULES=1000000000", "SECONDS=1"));

    expect(&ran, 0, "the time was up");
    cr_expect_str_eq(value("stopped"), "\"time\"");
    cr_expect_str_eq(value("verdict"), "\"none-found\"");
}

/* ---- what cannot be run ------------------------------------------------- */

static void cannot(const char *text, const char *verdict, const char *says)
{
    struct ran ran = run("explore", text, VALUES());

    expect(&ran, 2, says);
    cr_expect_str_eq(value("verdict"), verdict);
}

Test(explore, what_is_not_under_control_is_named_with_its_line)
{
    cannot("#include <unistd.h>\n"
           "int main(void)\n"
           "{ if (fork() == 0) _exit(0); return 0; }\n",
           "\"uncontrolled\"", "prog.c:3: fork is not under");
    cannot("#include <sys/socket.h>\n"
           "int main(void)\n"
           "{ return socket(AF_INET, SOCK_STREAM, 0) < 0; }\n",
           "\"uncontrolled\"", "prog.c:3: socket is not under");
    cannot("#include <pthread.h>\n"
           "static void *nothing(void *x) { return x; }\n"
           "int main(void)\n"
           "{\n"
           "    pthread_t t;\n"
           "    pthread_create(&t, NULL, nothing, NULL);\n"
           "    pthread_cancel(t);\n"
           "    return pthread_join(t, NULL);\n"
           "}\n",
           "\"uncontrolled\"", "prog.c:7: pthread_cancel is not under");
}

Test(explore, what_cannot_be_built_is_told)
{
    cannot("int main(void) { return nothing; }\n", "\"error\"",
           "does not compile");
    cannot("int no_main(void) { return 0; }\n", "\"error\"",
           "the program has no main()");
    cannot("int missing(void);\n"
           "int main(void) { return missing(); }\n",
           "\"error\"", "the program does not link");
}

Test(explore, a_file_that_is_not_there_is_named)
{
    struct ran ran = run("explore",
                         "#include <stdio.h>\n"
                         "int main(void) { return !fopen(\"data.txt\", \"r\"); "
                         "}\n",
                         VALUES());

    expect(&ran, 0, "data.txt was not found");
}

Test(explore, arguments_reach_the_program)
{
    static const char text[] = "#include <assert.h>\n"
                               "#include <string.h>\n"
                               "int main(int count, char **words)\n"
                               "{\n"
                               "    assert(count == 3);\n"
                               "    assert(strcmp(words[2], \"b c\") == 0);\n"
                               "    return 0;\n"
                               "}\n";
    struct ran ran = run("explore", text, VALUES("ARGS=a 'b c'"));

    expect(&ran, 0, "no bug");
    ran = run("explore", text, VALUES("ARGS=a 'b d'"));
    expect(&ran, 1, "prog.c");
    cr_expect_str_eq(value("kind"), "\"assertion\"");
}

/* ---- the same again ----------------------------------------------------- */

static const char lost_update[] = "#include <assert.h>\n"
                                  "#include <pthread.h>\n"
                                  "#include <stdatomic.h>\n"
                                  "static atomic_int total;\n"
                                  "static void *count(void *x)\n"
                                  "{\n"
                                  "    int seen = atomic_load(&total);\n"
                                  "    atomic_store(&total, seen + 1);\n"
                                  "    return x;\n"
                                  "}\n"
                                  "int main(void)\n"
                                  "{\n"
                                  "    pthread_t t;\n"
                                  "    pthread_create(&t, NULL, count, NULL);\n"
                                  "    count(NULL);\n"
                                  "    pthread_join(t, NULL);\n"
                                  "    assert(total == 2);\n"
                                  "    return 0;\n"
                                  "}\n";

static const char *find_token(void)
{
    struct ran ran = run("explore", lost_update, VALUES());
    const char *quoted = value("schedule");

    expect(&ran, 1, "update is lost");
    cr_assert(strlen(quoted) > 2, "no token\n%s", ran.out);
    return talloc_asprintf(ctx, "SCHEDULE=%.*s", (int)strlen(quoted) - 2,
                           quoted + 1);
}

Test(explore, a_program_has_the_same_first_bug_and_token_each_time)
{
    const char *token = find_token();

    for (int i = 0; i < 3; i++)
        cr_expect_str_eq(find_token(), token);
}

Test(explore, a_token_is_that_run_step_by_step)
{
    const char *token = find_token(), *events = value("events");

    cr_assert(strlen(events) > 2);
    for (int i = 0; i < 3; i++) {
        struct ran ran = run("replay", lost_update, VALUES(token));

        expect(&ran, 1, "update is lost");
        cr_expect_str_eq(value("events"), events);
    }
}

Test(explore, a_token_of_another_source_is_refused)
{
    const char *token = find_token();
    struct ran ran =
        run("replay", talloc_asprintf(ctx, "%s/* changed */\n", lost_update),
            VALUES(token));

    expect(&ran, 2, "have changed since this token was made");
    ran = run("replay", lost_update, VALUES(token, "CFLAGS=-DOTHER"));
    expect(&ran, 2, "have changed since this token was made");
}

/* Without gdb on the machine it says what is missing. */
Test(explore, a_debugger_stops_before_the_step_that_goes_wrong)
{
    const char *token = find_token();
    struct ran ran = run("replay", lost_update, VALUES(token, "GDB=1"));

    if (access("/usr/bin/gdb", X_OK) != 0) {
        expect(&ran, 2, "GDB=1 needs gdb");
        return;
    }
    expect(&ran, 1, "The next step goes wrong:");
    cr_expect(strstr(strstr(ran.out, "The next step"), "seen + 1") != NULL,
              "%s", ran.out);
}
