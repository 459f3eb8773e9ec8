/*
 * test_grade.c - marks for a folder of answers. The check itself is played by
 * a shell script that does what the answer's first line tells it.
 */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"
#include "options.h"
#include "say.h"
#include "verbs.h"

static const char script[] =
    "#!/bin/sh\n"
    "[ \"$1\" = check ] && [ \"$EX\" = 01 ] && [ \"$JOBS\" = 1 ] || exit 9\n"
    "[ -z \"$DIR$OUT\" ] || exit 9\n"
    "say() { printf '{\"verdict\":\"%s\",\"score\":%s,\"max_score\":100,"
    "\"message\":\"m\"}' $1 $2 >\"$RESULT\"; }\n"
    "read what <\"$SRC\"\n"
    "case $what in\n"
    "pass) say pass 100; exit 0;;\n"
    "fail) say fail 40; exit 1;;\n"
    "error) say error 0; exit 2;;\n"
    "liar) say pass 100; exit 1;;\n"
    "broken) echo '{' >\"$RESULT\"; exit 0;;\n"
    "status) say fail 40; exit 2;;\n"
    "crash) kill -SEGV $$;;\n"
    "sleep) trap 'say error 0; exit 2' INT; echo >\"$SRC.began\"\n"
    "       while :; do sleep 0.1; done;;\n"
    "*) echo 'out of cheese' >&2; exit 3;;\n"
    "esac\n";

static void *ctx;
static char *top;
static struct exercise exercise = {
    .id = "01", .folder = "01-racy-counter", .source = "racy-counter.c"};
static struct grade grade;

static char *path(const char *name)
{
    return talloc_asprintf(ctx, "%s/%s", top, name);
}

static void put(const char *name, const char *text)
{
    int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

    cr_assert_geq(fd, 0, "%s", name);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void folder(const char *name)
{
    cr_assert_eq(mkdir(path(name), 0700), 0);
}

static void setup(void)
{
    char name[] = "/tmp/test_grade-XXXXXX";

    ctx = talloc_new(NULL);
    top = talloc_strdup(ctx, mkdtemp(name));
    folder("answers");
    folder("out");
    put("program", script);
    setenv("DIR", "x", 1);
    setenv("OUT", "x", 1);
    grade = (struct grade){.program = path("program"),
                           .exercise = &exercise,
                           .out = path("out"),
                           .jobs = 2};
    cr_assert_not_null(freopen("/dev/null", "w", stdout));
}

static int remove_one(const char *name, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(name);
}

static void teardown(void)
{
    nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    talloc_free(ctx);
}

TestSuite(grade, .init = setup, .fini = teardown, .timeout = 60);

static void find(void)
{
    const char *why = NULL;

    cr_assert_eq(
        grade_find(ctx, path("answers"), &exercise, &grade.entries, &why), 0,
        "%s", why);
}

static const struct entry *entry(const char *student)
{
    for (size_t i = 0; i < grade.entries.count; i++)
        if (strcmp(grade.entries.items[i].student, student) == 0)
            return &grade.entries.items[i];
    cr_assert_fail("no %s", student);
    return NULL;
}

static char *read_all(const char *name)
{
    char *text = talloc_zero_array(ctx, char, 10000);
    int fd = open(path(name), O_RDONLY | O_CLOEXEC);

    cr_assert_geq(fd, 0, "%s", name);
    cr_assert_geq(read(fd, text, 9999), 0);
    close(fd);
    return text;
}

static void refused(const char *student, const char *reason)
{
    const struct entry *one = entry(student);

    cr_assert_null(one->source);
    cr_assert(strstr(one->reason, reason), "%s", one->reason);
}

Test(grade, finds_folders_and_files)
{
    folder("answers/anna");
    put("answers/anna/racy-counter.c", "pass\n");
    put("answers/anna/other.c", "fail\n");
    put("answers/ben.c", "pass\n");
    folder("answers/carl");
    put("answers/carl/mine.c", "pass\n");
    folder("answers/dora");
    folder("answers/dora/exercises");
    folder("answers/dora/exercises/01-racy-counter");
    put("answers/dora/exercises/01-racy-counter/racy-counter.c", "pass\n");
    put("answers/readme.txt", "hello\n");
    put("answers/.hidden.c", "pass\n");
    find();
    cr_assert_eq(grade.entries.count, 4);
    cr_assert_eq(grade.entries.passed_over_count, 1);
    cr_assert_str_eq(entry("anna")->source,
                     path("answers/anna/racy-counter.c"));
    cr_assert_str_eq(entry("ben")->source, path("answers/ben.c"));
    cr_assert_str_eq(entry("carl")->source, path("answers/carl/mine.c"));
    cr_assert_not_null(entry("dora")->source);
}

Test(grade, nothing_and_links_are_refused)
{
    put("secret.c", "pass\n");
    folder("elsewhere");
    put("elsewhere/racy-counter.c", "pass\n");
    folder("answers/a");
    cr_assert_eq(symlink(path("secret.c"), path("answers/a/racy-counter.c")),
                 0);
    cr_assert_eq(symlink(path("elsewhere"), path("answers/b")), 0);
    cr_assert_eq(symlink(path("secret.c"), path("answers/c.c")), 0);
    cr_assert_eq(symlink(path("nowhere"), path("answers/d")), 0);
    folder("answers/e");
    folder("answers/f");
    put("answers/f/x.c", "pass\n");
    put("answers/f/y.c", "pass\n");
    cr_assert_eq(mkfifo(path("answers/g.c"), 0600), 0);
    folder("answers/h");
    cr_assert_eq(symlink(path("elsewhere"), path("answers/h/01-racy-counter")),
                 0);
    folder("answers/i");
    folder("answers/i/racy-counter.c");
    find();
    refused("a", "is a link");
    refused("b", "is a link");
    refused("c", "is a link");
    refused("d", "is a link");
    refused("e", "there is no racy-counter.c");
    refused("f", "there is no racy-counter.c");
    refused("g", "no regular file");
    refused("h", "is a link");
    refused("i", "no regular file");
}

Test(grade, two_of_one_name_stay_apart)
{
    folder("answers/anna");
    put("answers/anna/racy-counter.c", "pass\n");
    put("answers/anna.c", "fail\n");
    find();
    cr_assert_str_eq(entry("anna")->result, "anna.json");
    cr_assert_str_eq(entry("anna.c")->result, "anna.c.json");
}

Test(grade, very_long_names_have_a_result)
{
    char name[300] = "answers/";

    memset(name + 8, 'x', 230);
    strcpy(name + 238, ".c");
    put(name, "pass\n");
    find();
    grade_run(ctx, &grade);
    cr_assert_eq(grade.entries.items[0].mark, MARK_PASS);
}

Test(grade, empty_folder_is_bad_input)
{
    const char *why = NULL;

    cr_assert_eq(
        grade_find(ctx, path("answers"), &exercise, &grade.entries, &why), -1);
    cr_assert(strstr(why, "nobody's answer"));
    cr_assert_eq(
        grade_find(ctx, path("nowhere"), &exercise, &grade.entries, &why), -1);
}

Test(grade, each_gets_a_mark_or_a_reason)
{
    static const char *const kinds[] = {"pass",   "fail",   "error", "liar",
                                        "broken", "status", "crash", "dumb"};
    static const enum mark marks[] = {MARK_PASS,  MARK_FAIL,  MARK_ERROR,
                                      MARK_ERROR, MARK_ERROR, MARK_ERROR,
                                      MARK_ERROR, MARK_ERROR};

    for (int i = 0; i < 8; i++)
        put(talloc_asprintf(ctx, "answers/%s.c", kinds[i]),
            talloc_asprintf(ctx, "%s\n", kinds[i]));
    cr_assert_eq(symlink("pass.c", path("answers/link.c")), 0);
    find();
    grade_run(ctx, &grade);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(entry(kinds[i])->mark, marks[i], "%s", kinds[i]);
    cr_assert_eq(entry("fail")->score, 40);
    cr_assert_eq(entry("fail")->max_score, 100);
    cr_assert_str_eq(entry("error")->reason, "m");
    cr_assert(strstr(entry("crash")->reason, "signal 11"));
    cr_assert(strstr(entry("dumb")->reason, "status 3"));
    cr_assert(strstr(entry("dumb")->reason, "out of cheese"));
    cr_assert(strstr(read_all("out/link.json"), "is a link"));
    cr_assert(strstr(read_all("out/crash.json"), "\"error\""));
    cr_assert_not(grade.interrupted);
}

Test(grade, csv_is_safe_in_a_spreadsheet)
{
    cr_assert_str_eq(grade_csv_field(ctx, "anna"), "anna");
    cr_assert_str_eq(grade_csv_field(ctx, "a,b"), "\"a,b\"");
    cr_assert_str_eq(grade_csv_field(ctx, "a\"b"), "\"a\"\"b\"");
    cr_assert_str_eq(grade_csv_field(ctx, "=1+1"), "'=1+1");
    cr_assert_str_eq(grade_csv_field(ctx, "+1"), "'+1");
    cr_assert_str_eq(grade_csv_field(ctx, "-1"), "'-1");
    cr_assert_str_eq(grade_csv_field(ctx, "@sum(a,b)"), "\"'@sum(a,b)\"");
    cr_assert_str_eq(grade_csv_field(ctx, " =1"), "' =1");
    cr_assert_str_eq(grade_csv_field(ctx, "\t=1"), "'    =1");
    cr_assert_str_eq(grade_csv_field(ctx, "a\nb"), "a\\nb");
    cr_assert_str_eq(grade_csv_field(ctx, "a%sb\""), "\"a%sb\"\"\"");
}

Test(grade, csv_has_a_row_for_each)
{
    const char *why = NULL;

    put("answers/anna.c", "pass\n");
    put("answers/=ben.c", "fail\n");
    cr_assert_eq(symlink("anna.c", path("answers/carl.c")), 0);
    find();
    grade_run(ctx, &grade);
    cr_assert_eq(grade_csv(ctx, &grade, &why), 0, "%s", why);
    cr_assert_str_eq(read_all("out/grades.csv"),
                     "student,exercise,verdict,score,max_score,result\r\n"
                     "'=ben,01-racy-counter,fail,40,100,./=ben.json\r\n"
                     "anna,01-racy-counter,pass,100,100,anna.json\r\n"
                     "carl,01-racy-counter,error,,,carl.json\r\n");
}

/* Sends SIGINT to its parent when the answer's check has begun. */
static pid_t interrupt_later(const char *began)
{
    pid_t parent = getpid(), pid = fork();
    struct timespec tick = {0, 10000000};

    if (pid == 0) {
        while (access(began, F_OK) != 0)
            nanosleep(&tick, NULL);
        kill(parent, SIGINT);
        _exit(0);
    }
    return pid;
}

Test(grade, ctrl_c_leaves_what_is_done)
{
    const char *why = NULL;
    pid_t helper;

    put("answers/a.c", "pass\n");
    put("answers/b.c", "sleep\n");
    put("answers/c.c", "pass\n");
    grade.jobs = 1;
    find();
    helper = interrupt_later(path("answers/b.c.began"));
    dup2(open("/dev/null", O_WRONLY), 2); /* its last words */
    grade_run(ctx, &grade);
    waitpid(helper, NULL, 0);
    cr_assert(grade.interrupted);
    cr_assert_eq(entry("a")->mark, MARK_PASS);
    cr_assert_eq(entry("b")->mark, MARK_NONE);
    cr_assert_eq(entry("c")->mark, MARK_NONE);
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "no child is left");
    cr_assert_neq(access(path("out/b.json"), F_OK), 0);
    cr_assert_eq(grade_csv(ctx, &grade, &why), 0);
    cr_assert(
        strstr(read_all("out/grades.csv"), "\r\nc,01-racy-counter,,,,\r"));
}

Test(grade, verb_refuses_bad_input)
{
    struct options options = {.root = "/nowhere", .jobs = 1};

    cr_assert_not_null(freopen("/dev/null", "w", stderr));
    cr_assert_eq(verb_grade(&options), STATUS_NO_WORK);
    options.folder = path("answers");
    cr_assert_eq(verb_grade(&options), STATUS_NO_WORK);
    options.exercise = "77";
    cr_assert_eq(verb_grade(&options), STATUS_NO_WORK);
}

Test(grade, verb_never_overwrites)
{
    struct options options = {.root = top,
                              .exercise = "1",
                              .folder = path("answers"),
                              .out = path("out"),
                              .jobs = 1};

    folder("exercises");
    folder("exercises/01-racy-counter");
    put("exercises/01-racy-counter/exercise.conf",
        "title = t\nideas = i\norder = 1\nminutes = 1\n"
        "[check right]\ntitle = t\nproperty = results\n"
        "lenses = behaviour\npoints = 100\n");
    put("answers/anna.c", "pass\n");
    cr_assert_not_null(freopen(path("said"), "we", stderr));
    setvbuf(stderr, NULL, _IONBF, 0);
    cr_assert_eq(verb_grade(&options), STATUS_NO_WORK);
    cr_assert(strstr(read_all("said"), "exists, and nothing is ever"), "%s",
              read_all("said"));
    cr_assert_eq(rmdir(path("out")), 0, "it is still empty");
}
