/*
 * test_made.c - see made.h. Holds no test of its own.
 */
#include "made.h"

#include <criterion/criterion.h>
#include <string.h>
#include <talloc.h>

static const char *const tests[] = {"count/two", "count/four", "overlap/both"};
enum { TESTS = 3 };

static const char **patterns(struct made *made, const char *pattern)
{
    const char **list = talloc_array(made, const char *, 1);

    list[0] = pattern;
    return list;
}

static void make_exercise(struct made *made)
{
    static const struct {
        const char *name, *title;
        enum property property;
        unsigned lenses;
        const char *tests;
        bool measured;
        int points;
    } checks[ROW_COUNT] = {
        {"builds", "it compiles", PROPERTY_BUILD, 1u << LENS_BUILD, "*", false,
         0},
        {"counts-right", "counts every byte", PROPERTY_RESULTS,
         1u << LENS_BEHAVIOUR, "count/*", false, 30},
        {"no-data-race", "no data race", PROPERTY_RACE,
         1u << LENS_TSAN | 1u << LENS_HELGRIND, "*", false, 25},
        {"no-deadlock", "nobody waits for ever", PROPERTY_DEADLOCK,
         1u << LENS_BEHAVIOUR | 1u << LENS_TSAN | 1u << LENS_HELGRIND, "*",
         false, 15},
        {"memory", "nothing is left behind", PROPERTY_MEMORY, 1u << LENS_MEMORY,
         "*", false, 10},
        {"overlap", "two at the same moment", PROPERTY_SPEED, 1u << LENS_SPEED,
         "overlap/*", false, 5},
        {"speedup", "two threads are faster than one", PROPERTY_SPEED,
         1u << LENS_SPEED, "*", true, 15},
    };
    struct exercise *exercise = &made->exercise;

    exercise->id = "01";
    exercise->name = "racy-counter";
    exercise->folder = "01-racy-counter";
    exercise->source = "racy-counter.c";
    exercise->test_cpu_seconds = 2;
    exercise->memory_bytes = 256u << 20;
    exercise->speed_threads = 2;
    exercise->speed_threshold = 1.5;
    exercise->check_count = ROW_COUNT;
    exercise->checks = talloc_zero_array(made, struct check, ROW_COUNT);
    for (int i = 0; i < ROW_COUNT; i++) {
        struct check *check = &exercise->checks[i];
        check->name = checks[i].name;
        check->title = checks[i].title;
        check->property = checks[i].property;
        check->lenses = checks[i].lenses;
        check->tests.items = patterns(made, checks[i].tests);
        check->tests.count = 1;
        check->measured = checks[i].measured;
        check->points = checks[i].points;
    }
}

static struct expectations *expect(struct made *made)
{
    static const struct expectation items[] = {
        {"count/two", "total", REL_EQ, "1000", "every byte is counted once"},
        {"count/four", "total", REL_EQ, "2000", "every byte is counted once"},
        {"overlap/both", "met", REL_GE, "2", "both work at one time"},
    };
    struct expectations *expected = talloc_zero(made, struct expectations);

    expected->tests = talloc_memdup(made, tests, sizeof(tests));
    expected->test_count = TESTS;
    expected->items = talloc_memdup(made, items, sizeof(items));
    expected->count = 3;
    return expected;
}

static void add_record(struct made *made, struct run *run,
                       enum record_kind kind, const char *test, const char *key,
                       const char *value)
{
    struct records *records = &run->records;

    records->items =
        talloc_realloc(made, records->items, struct record, records->count + 1);
    records->items[records->count++] = (struct record){kind, test, key, value};
}

static struct run *add_run(struct made *made, enum lens lens, const char *way)
{
    struct evidence *evidence = &made->evidence;
    struct run *run;

    evidence->runs =
        talloc_realloc(made, evidence->runs, struct run, evidence->count + 1);
    run = &evidence->runs[evidence->count++];
    memset(run, 0, sizeof(*run));
    run->lens = lens;
    run->way = way;
    run->seed = 7;
    run->asked = talloc_memdup(made, tests, sizeof(tests));
    run->asked_count = TESTS;
    run->box.end = BOX_EXITED;
    run->expected = expect(made);
    run->reports.complete = true;
    return run;
}

static void add_good_run(struct made *made, enum lens lens, const char *way)
{
    static const char *const keys[] = {"total", "total", "met"};
    static const char *const values[] = {"1000", "2000", "2"};
    struct run *run = add_run(made, lens, way);

    for (int i = 0; i < TESTS; i++) {
        add_record(made, run, RECORD_START, tests[i], NULL, NULL);
        add_record(made, run, RECORD_VALUE, tests[i], keys[i], values[i]);
        add_record(made, run, RECORD_VALUE, tests[i], "threads", "3");
        add_record(made, run, RECORD_VALUE, tests[i], "threads-left", "0");
        add_record(made, run, RECORD_END, tests[i], NULL, NULL);
    }
}

struct made *made_good(void)
{
    struct made *made = talloc_zero(NULL, struct made);

    make_exercise(made);
    made->evidence.lenses = (1u << LENS_COUNT) - 1;
    made->evidence.seed = 7;
    made->evidence.built = true;
    add_good_run(made, LENS_BEHAVIOUR, "gcc");
    add_good_run(made, LENS_BEHAVIOUR, "clang");
    add_good_run(made, LENS_BEHAVIOUR, "patient");
    add_good_run(made, LENS_TSAN, "tsan");
    add_good_run(made, LENS_HELGRIND, "helgrind");
    add_good_run(made, LENS_MEMORY, "memcheck");
    add_good_run(made, LENS_SPEED, "overlap");
    made_timed(made, 1.0, 1.0, 0.5);
    return made;
}

struct verdict made_judge(struct made *made)
{
    return judge(made, &made->exercise, &made->evidence);
}

struct run *made_run(struct made *made, const char *way)
{
    for (size_t i = 0; i < made->evidence.count; i++)
        if (strcmp(made->evidence.runs[i].way, way) == 0)
            return &made->evidence.runs[i];
    return NULL;
}

struct run *made_rerun(struct made *made, const char *way)
{
    return add_run(made, made_run(made, way)->lens, way);
}

void made_drop(struct run *run, enum record_kind kind, const char *test)
{
    size_t kept = 0;

    for (size_t i = 0; i < run->records.count; i++) {
        const struct record *record = &run->records.items[i];
        if (record->kind != kind || strcmp(record->test, test) != 0)
            run->records.items[kept++] = *record;
    }
    run->records.count = kept;
}

void made_cut(struct made *made, struct run *run, const char *test)
{
    bool after = false;

    (void)made;
    for (int i = 0; i < TESTS; i++) {
        bool here = strcmp(tests[i], test) == 0;
        if (here || after) {
            made_drop(run, RECORD_END, tests[i]);
            made_drop(run, RECORD_VALUE, tests[i]);
        }
        if (after)
            made_drop(run, RECORD_START, tests[i]);
        after |= here;
    }
}

void made_value(struct made *made, struct run *run, const char *test,
                const char *key, const char *value)
{
    for (size_t i = 0; i < run->records.count; i++) {
        struct record *record = &run->records.items[i];
        if (record->kind == RECORD_VALUE && strcmp(record->test, test) == 0 &&
            strcmp(record->key, key) == 0) {
            record->value = value;
            return;
        }
    }
    add_record(made, run, RECORD_VALUE, test, key, value);
}

static void add_side(struct made *made, struct report *report, int line)
{
    struct side *side;
    bool kit = line < 0;

    report->sides =
        talloc_realloc(made, report->sides, struct side, report->count + 1);
    side = &report->sides[report->count++];
    *side = (struct side){
        .what = report->count == 1 ? "writes 8 bytes" : "reads 8 bytes",
        .thread = talloc_asprintf(made, "T%zu", report->count)};
    side->stack = talloc_zero_array(made, struct place, 2);
    side->stack[0] = (struct place){.file = "libc.c", .line = 1};
    side->stack[1] = (struct place){kit ? "tests.c" : "racy-counter.c",
                                    kit ? -line : line, "f", !kit, kit};
    side->depth = 2;
}

struct report *made_report(struct made *made, struct run *run, enum bug kind,
                           const char *test, const int *lines)
{
    struct reports *reports = &run->reports;
    struct report *report;

    reports->items =
        talloc_realloc(made, reports->items, struct report, reports->count + 1);
    report = &reports->items[reports->count++];
    *report = (struct report){
        .kind = kind, .lens = run->lens, .test = test, .title = "title"};
    for (; *lines; lines++)
        add_side(made, report, *lines);
    return report;
}

void made_timed(struct made *made, double sequential, double one, double many)
{
    made->evidence.timed = (struct timed){.wanted = true,
                                          .complete = true,
                                          .sequential = sequential,
                                          .one = one,
                                          .many = {.cores = 2,
                                                   .seconds = many},
                                          .agree = true};
}

void made_is(const struct row *row, enum status status, const char *reason)
{
    cr_assert_str_eq(status_name(row->status), status_name(status), "%s: %s",
                     row->check->name, row->message ? row->message : "");
    if (reason)
        cr_assert_str_eq(row->reason, reason);
    else
        cr_assert_null(row->reason);
    if (status != STATUS_PASS)
        cr_assert_eq(row->points, 0);
}

void made_says(const char *text, const char *words)
{
    cr_assert(text && strstr(text, words), "%s", text ? text : "(nothing)");
}
