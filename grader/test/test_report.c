/*
 * test_report.c - a verdict told: at a terminal, and as a result file.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "made.h"
#include "report.h"

static struct made *made;
static struct verdict verdict;
static char *printed;

static void setup(void)
{
    made = made_good();
}

static void teardown(void)
{
    free(printed);
    printed = NULL;
    talloc_free(made);
}

TestSuite(report, .init = setup, .fini = teardown);

static const char source[] = "int total;\n\tfor (;;)\n\t\ttotal++;\x1b[2J\n";

static const char *print(bool colour)
{
    size_t size;
    struct terminal terminal = {.out = open_memstream(&printed, &size),
                                .colour = colour,
                                .source = "my answers/mine.c",
                                .line = lines_get};

    verdict = made_judge(made);
    terminal.state = lines_split(made, source, strlen(source));
    for (size_t i = 0; i < verdict.row_count; i++)
        report_row(&terminal, &verdict.rows[i]);
    report_verdict(&terminal, &made->exercise, &verdict);
    fclose(terminal.out);
    return printed;
}

static void fits(const char *text)
{
    while (*text) {
        size_t size = strcspn(text, "\n");
        char *line = strndup(text, size);
        cr_assert_leq(report_width(line), 80, "%s", line);
        cr_assert(size == 0 || line[size - 1] != ' ', "'%s'", line);
        free(line);
        text += size + (text[size] == '\n');
    }
}

static struct report *add_race(void)
{
    struct report *race = made_report(made, made_run(made, "tsan"), BUG_RACE,
                                      "count/two", LINES(3, 3));
    race->object = "total";
    return race;
}

static json_t *json(void)
{
    struct tool tools[] = {{"gcc", "12.2.0"}};
    struct result_facts facts = {
        "01-racy-counter", "my answers/mine.c", 0.9123, 7, tools, 1};

    verdict = made_judge(made);
    return report_json(&facts, &verdict);
}

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* ---- text ------------------------------------------------------------------
 */

Test(report, cleans_what_a_stranger_wrote)
{
    static const char *const cases[][2] = {
        {"plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "plain \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\x1b[2J", "\\x1b[2J"},
        {"a\nb\r\x7f", "a\\nb\\x0d\\x7f"},
        {"\xc2\x9b", "\\xc2\\x9b"},          /* CSI in one character */
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* right to left */
        {"\xff\xc3", "\\xff\\xc3"},          /* no UTF-8; cut short */
        {"\xc0\xaf", "\\xc0\\xaf"},          /* too long a form */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
        {"\t.", "    ."},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_assert_str_eq(report_clean(made, cases[i][0]), cases[i][1]);
}

Test(report, splits_lines)
{
    struct lines *lines = lines_split(made, "a\n\nlast", 7);

    cr_assert_str_eq(lines_get(lines, 1), "a");
    cr_assert_str_eq(lines_get(lines, 2), "");
    cr_assert_str_eq(lines_get(lines, 3), "last");
    cr_assert_null(lines_get(lines, 0));
    cr_assert_null(lines_get(lines, 4));
    cr_assert_null(lines_get(lines_split(made, "", 0), 1));
}

/* ---- terminal --------------------------------------------------------------
 */

Test(report, pass_says_what_was_not_seen)
{
    print(false);
    fits(printed);
    made_says(printed, "100 of 100 points");
    made_says(printed, "Not looked at");
    made_says(printed, "2.00x on 2 cores");
    cr_assert_null(strchr(printed, '\x1b'));
}

Test(report, failure_is_told_in_order)
{
    static const char *const order[] = {
        "FAIL",
        "no data race",
        "`total` at",
        "my answers/mine.c:3:",
        "3 | total++;",
        "One way it goes wrong",
        "Why:",
        "Try:",
        "handouts/01-racy-counter.md#no-data-race",
        "make check EX=01 LENS=tsan SEED=7",
        "5 of 100 points",
        "make hint EX=01"};
    const char *at;

    add_race();
    at = print(false);
    fits(printed);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        at = strstr(at, order[i]);
        cr_assert_not_null(at, "%s is missing, or too early, in\n%s", order[i],
                           printed);
    }
    cr_assert_null(strchr(printed, '\x1b'), "the source line has one");
}

Test(report, one_is_told_and_the_rest_counted)
{
    add_race();
    made_report(made, made_run(made, "memcheck"), BUG_LEAK, NULL, LINES(2));
    made_report(made, made_run(made, "tsan"), BUG_LOCK_ORDER, NULL,
                LINES(1, 2));
    print(false);
    fits(printed);
    made_says(printed, "1 more finding: my answers/mine.c:2 (memory).");
    made_says(printed, "Notes");
    cr_assert_eq(strstr(strstr(printed, "One way it goes"), "One way it goes"),
                 strstr(printed, "One way it goes"));
}

Test(report, two_alike_are_one_line)
{
    add_race()->sides[1].what = "writes 8 bytes";
    print(false);
    made_says(printed, "mine.c:3: writes here (both threads)");
}

Test(report, again_names_another_file)
{
    struct terminal terminal = {.source = "mine.c"};
    size_t size;

    add_race();
    verdict = made_judge(made);
    terminal.out = open_memstream(&printed, &size);
    report_verdict(&terminal, &made->exercise, &verdict);
    fclose(terminal.out);
    made_says(printed, "SEED=7 SRC=mine.c");
}

Test(report, colour_only_when_asked)
{
    add_race();
    made_says(print(true), "\x1b[");
    cr_assert_null(strstr(printed, "\x1b[2J"));
}

Test(report, long_titles_and_values_fit)
{
    made->exercise.checks[ROW_RESULTS].title =
        "a transfer moves all of it or nothing, with both accounts held at "
        "the same time and without a word that is shorter";
    made->exercise.checks[ROW_MEMORY].title =
        "a title of sixty columns, so that the lenses come after this";
    made_value(made, made_run(made, "gcc"), "count/two", "total",
               "\x1b]0;title\x07 1000 is not what it is, and this is long "
               "enough to be cut somewhere before its end");
    print(false);
    fits(printed);
    cr_assert_null(strchr(printed, '\x07'));
}

Test(report, error_says_why)
{
    made->evidence.fault = "the oracle failed";
    made_says(print(false), "No verdict: the oracle failed");
}

Test(report, what_does_not_compile)
{
    struct diagnostic error = {2, true, "expected ';' before 'for'", NULL};

    made->evidence.built = false;
    made->evidence.gcc = (struct diagnostics){&error, 1};
    made->evidence.count = 0;
    print(false);
    fits(printed);
    made_says(printed, "expected ';' before 'for'");
    made_says(printed, "my answers/mine.c:2: error");
    made_says(printed, "0 of 100 points");
}

/* ---- the result file
 * --------------------------------------------------------- */

Test(report, json_has_what_is_promised)
{
    static const char *const keys[] = {
        "schema",  "exercise", "verdict", "partial", "score", "max_score",
        "seconds", "seed",     "tools",   "checks",  "notes", "unseen"};
    static const char *const check_keys[] = {
        "name", "lens",    "status", "points",    "max_points", "message",
        "help", "handout", "again",  "locations", "findings",   "runs"};
    json_t *result, *check, *place;

    add_race();
    result = json();
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        cr_assert_not_null(json_object_get(result, keys[i]), "%s", keys[i]);
    cr_assert_null(json_object_get(result, "message"));
    cr_assert_str_eq(text_of(result, "verdict"), "fail");
    cr_assert_eq(json_integer_value(json_object_get(result, "seed")), 7);
    cr_assert_eq(json_real_value(json_object_get(result, "seconds")), 0.912);
    check = json_array_get(json_object_get(result, "checks"), ROW_RACE);
    for (size_t i = 0; i < sizeof(check_keys) / sizeof(check_keys[0]); i++)
        cr_assert_not_null(json_object_get(check, check_keys[i]), "%s",
                           check_keys[i]);
    cr_assert_str_eq(text_of(check, "status"), "fail");
    cr_assert_null(json_object_get(check, "reason"));
    place = json_array_get(json_object_get(check, "locations"), 0);
    cr_assert_str_eq(text_of(place, "file"), "my answers/mine.c");
    cr_assert_eq(json_integer_value(json_object_get(place, "line")), 3);
    cr_assert_str_eq(text_of(place, "what"), "writes here");
    check = json_array_get(json_object_get(result, "checks"), ROW_RESULTS);
    cr_assert_str_eq(text_of(check, "status"), "skipped");
    cr_assert_str_eq(text_of(check, "reason"), "blocked");
    json_decref(result);
}

Test(report, race_that_only_the_explorer_met_comes_after_what_went_wrong)
{
    struct row race = {.check = &made->exercise.checks[ROW_RACE],
                       .status = STATUS_FAIL,
                       .lens = LENS_INTERLEAVINGS};
    struct row results = {.check = &made->exercise.checks[ROW_RESULTS],
                          .status = STATUS_FAIL};
    struct row rows[] = {race, results};

    verdict = (struct verdict){.rows = rows, .row_count = 2};
    cr_assert_eq(report_first(&verdict), &rows[1]);
    rows[0].lens = LENS_TSAN;
    cr_assert_eq(report_first(&verdict), &rows[0]);
}

static struct figure cases[] = {
    {"wait/one", 0.004, 0}, {"wait/many", 0.001, 0}, {"work/one", 0.003, 0}};

static void add_cases(void)
{
    made->evidence.timed.cases = cases;
    made->evidence.timed.case_count = sizeof cases / sizeof cases[0];
}

Test(report, figures_are_compared_with_the_first_of_their_row)
{
    add_cases();
    print(false);
    fits(printed);
    made_says(printed, "wait/many                   1.000 ms   4.00x\n");
    made_says(printed, "work/one                    3.000 ms   1.00x\n");
}

Test(report, figures_are_in_the_result_file)
{
    json_t *result, *check, *figure;

    add_cases();
    result = json();
    check = json_array_get(json_object_get(result, "checks"), ROW_SPEEDUP);
    figure = json_array_get(json_object_get(check, "figures"), 1);
    cr_assert_str_eq(text_of(figure, "name"), "wait/many");
    cr_assert_float_eq(
        json_real_value(json_object_get(figure, "virtual_seconds")), 0.001,
        1e-12);
    cr_assert_null(json_object_get(figure, "clock_seconds"));
    json_decref(result);
}

Test(report, json_survives_a_strangers_bytes)
{
    json_t *result;
    char *dump;

    made_value(made, made_run(made, "gcc"), "count/two", "total", "\xff\x1b");
    result = json();
    dump = json_dumps(result, 0);
    cr_assert_not_null(dump);
    made_says(dump, "\\\\xff\\\\x1b");
    free(dump);
    json_decref(result);
}

Test(report, large_seed_keeps_its_digits)
{
    struct result_facts facts = {.seed = UINT64_MAX};
    json_t *result = report_json_error(&facts, "why");

    cr_assert_str_eq(text_of(result, "seed"), "18446744073709551615");
    cr_assert(json_is_null(json_object_get(result, "exercise")));
    json_decref(result);
}

Test(report, file_is_whole_and_the_old_one_gone)
{
    char folder[] = "/tmp/test_report-XXXXXX", *path, *other;
    struct result_facts facts = {.exercise = "99"};
    json_t *result = report_json_error(&facts, "no such exercise"), *read;
    const char *why = NULL;

    cr_assert_not_null(mkdtemp(folder));
    path = talloc_asprintf(made, "%s/r.json", folder);
    other = talloc_asprintf(made, "%s/none/r.json", folder);
    cr_assert_eq(report_json_remove(made, path, &why), 0);
    cr_assert_eq(report_json_write(made, path, result, &why), 0, "%s", why);
    cr_assert_eq(report_json_write(made, path, result, &why), 0, "%s", why);
    read = json_load_file(path, 0, NULL);
    cr_assert(json_equal(read, result));
    cr_assert_str_eq(text_of(read, "verdict"), "error");
    cr_assert_str_eq(text_of(read, "message"), "no such exercise");
    json_decref(read);
    cr_assert_eq(report_json_remove(made, path, &why), 0);
    cr_assert_neq(access(path, F_OK), 0);
    cr_assert_eq(report_json_write(made, other, result, &why), -1);
    made_says(why, "No such file");
    cr_assert_eq(rmdir(folder), 0, "nothing is left behind");
    json_decref(result);
}
