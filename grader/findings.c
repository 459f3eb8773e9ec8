/*
 * findings.c - reports of all tools about one bug become one trouble.
 *
 * Two reports are about the same bug when they are of the same kind and the
 * student's own lines on their sides are the same set, in any order; for data
 * races it is enough that they share one line and the same variable, for
 * endless loops that they are of one test, or in one function. A possible
 * deadlock (locks in a cycle) melts into a real one that waits at one of its
 * lines.
 *
 * A race that the explorer has met in some schedule counts where the detectors
 * have seen none that does: they look at a few runs, and whether two threads
 * come to a rare place at one time there is luck. It is right as well, but
 * tells less.
 *
 * A report counts only with a frame in the student's own object: the tools
 * also accuse libraries, and the kit. Crashes, deadlocks that happened and
 * endless loops are facts, and count wherever they show.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"

enum property finding_property(enum bug kind)
{
    switch (kind) {
    case BUG_RACE:
    case BUG_SIGNAL_UNSAFE:
        return PROPERTY_RACE;
    case BUG_LOCK_ORDER:
    case BUG_DEADLOCK:
    case BUG_LOCK_MISUSE:
    case BUG_COND_MISUSE:
    case BUG_DUBIOUS:
        return PROPERTY_DEADLOCK;
    case BUG_THREAD_LEAK:
    case BUG_BAD_ACCESS:
    case BUG_BAD_FREE:
    case BUG_UNINITIALISED:
    case BUG_LEAK:
        return PROPERTY_MEMORY;
    case BUG_CRASH:
    case BUG_LOOP:
    case BUG_ASLEEP:
    case BUG_OTHER:
        break;
    }
    return PROPERTY_RESULTS;
}

bool finding_is_made(const struct finding *finding)
{
    return finding->property == PROPERTY_FAULTS;
}

const struct place *side_student(const struct side *side)
{
    for (size_t i = 0; i < side->depth; i++)
        if (side->stack[i].student)
            return &side->stack[i];
    return NULL;
}

size_t report_student_sides(const struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += side_student(&report->sides[i]) != NULL;
    return count;
}

static bool same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool same_place(const struct place *a, const struct place *b)
{
    if (a->line != b->line || !same_text(a->file, b->file))
        return false;
    return a->line != 0 || same_text(a->function, b->function);
}

static bool has_line(const struct report *report, const struct place *place)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct place *own = side_student(&report->sides[i]);
        if (own && same_place(own, place))
            return true;
    }
    return false;
}

/* How many of a's sides lie on lines of b. */
static size_t shared_lines(const struct report *a, const struct report *b)
{
    size_t count = 0;

    for (size_t i = 0; i < a->count; i++) {
        const struct place *place = side_student(&a->sides[i]);
        count += place && has_line(b, place);
    }
    return count;
}

static const char *student_function(const struct report *report)
{
    const struct place *own =
        report->count > 0 ? side_student(&report->sides[0]) : NULL;

    return own ? own->function : NULL;
}

/* At which of its lines a loop is when its time is up is chance. */
static bool same_loop(const struct report *a, const struct report *b)
{
    return same_text(a->test, b->test) ||
           same_text(student_function(a), student_function(b));
}

/* The explorer's word about a race. */
static bool is_explored(const struct report *report)
{
    return report->lens == LENS_INTERLEAVINGS && report->kind == BUG_RACE;
}

static bool same_story(const struct report *a, const struct report *b)
{
    size_t lines_a = report_student_sides(a), lines_b = report_student_sides(b);
    size_t shared = shared_lines(a, b);

    if (a->kind == BUG_DEADLOCK && b->kind == BUG_LOCK_ORDER)
        return shared > 0;
    if (a->kind != b->kind)
        return false;
    if (a->kind == BUG_LOOP)
        return same_loop(a, b);
    if (lines_a == 0 || lines_b == 0)
        return lines_a == lines_b && same_text(a->test, b->test);
    if (a->kind == BUG_RACE && shared > 0 &&
        (same_text(a->object, b->object) || (is_explored(a) && is_explored(b))))
        return true;
    return shared == lines_a && shared_lines(b, a) == lines_b;
}

static bool same_bug(const struct report *a, const struct report *b)
{
    if (a->lens == LENS_FAULTS || b->lens == LENS_FAULTS)
        return false; /* each has a cause of its own */
    return same_story(a, b);
}

/* Seen from outside, and not a tool's opinion. */
static bool is_fact(enum bug kind)
{
    return kind == BUG_CRASH || kind == BUG_DEADLOCK || kind == BUG_LOOP ||
           kind == BUG_ASLEEP;
}

static bool counts(const struct report *report)
{
    return is_fact(report->kind) || report_student_sides(report) > 0;
}

/* Tests come in the order of the exercise; unknown ones last. */
static size_t turn_of(const struct judging *judging, const char *test)
{
    size_t count = judging->tests ? judging->tests->test_count : 0, i = 0;

    while (i < count && !same_text(judging->tests->tests[i], test))
        i++;
    return i;
}

/* The more of its sides are known, the better it tells; then the test that
 * comes first, for that one the row names. */
static bool tells_more(const struct judging *judging, const struct report *a,
                       const struct report *b)
{
    if (a->kind != b->kind)
        return false;
    if (report_student_sides(a) != report_student_sides(b))
        return report_student_sides(a) > report_student_sides(b);
    if (!a->object != !b->object)
        return a->object;
    return turn_of(judging, a->test) < turn_of(judging, b->test);
}

static void add_test(struct judging *judging, struct trouble *trouble,
                     const char *test)
{
    if (!test) {
        trouble->anywhere = true;
        return;
    }
    for (size_t i = 0; i < trouble->test_count; i++)
        if (strcmp(trouble->tests[i], test) == 0)
            return;
    trouble->tests = talloc_realloc(judging->ctx, trouble->tests, const char *,
                                    trouble->test_count + 1);
    trouble->tests[trouble->test_count++] = test;
}

static struct trouble *add_trouble(struct judging *judging,
                                   const struct run *run,
                                   const struct report *report)
{
    struct trouble *trouble;

    judging->troubles =
        talloc_realloc(judging->ctx, judging->troubles, struct trouble,
                       judging->trouble_count + 1);
    trouble = &judging->troubles[judging->trouble_count++];
    memset(trouble, 0, sizeof(*trouble));
    trouble->report = report;
    trouble->lens = run->lens;
    return trouble;
}

static void take(struct judging *judging, const struct run *run,
                 const struct report *report)
{
    struct trouble *trouble = NULL;

    for (size_t i = 0; i < judging->trouble_count && !trouble; i++)
        for (size_t k = 0; k < judging->troubles[i].report_count; k++)
            if (same_bug(judging->troubles[i].reports[k], report)) {
                trouble = &judging->troubles[i];
                break;
            }
    if (!trouble)
        trouble = add_trouble(judging, run, report);
    trouble->reports =
        talloc_realloc(judging->ctx, trouble->reports, const struct report *,
                       trouble->report_count + 1);
    trouble->reports[trouble->report_count++] = report;
    trouble->finding.lenses |= 1u << run->lens;
    add_test(judging, trouble, report->test);
    if (tells_more(judging, report, trouble->report))
        trouble->report = report;
}

static bool is_deadlock(const struct report *report)
{
    return report->kind == BUG_DEADLOCK;
}

static bool is_other(const struct report *report)
{
    return !is_deadlock(report) && !is_explored(report);
}

static void take_all(struct judging *judging,
                     bool (*wanted)(const struct report *report))
{
    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        for (size_t k = 0; k < run->reports.count; k++) {
            const struct report *report = &run->reports.items[k];
            if (wanted(report) && counts(report))
                take(judging, run, report);
        }
    }
}

/* Kinds in the order in which a row tells them. */
static int rank(enum bug kind)
{
    static const enum bug order[] = {
        BUG_DEADLOCK,   BUG_CRASH,         BUG_LOOP,        BUG_ASLEEP,
        BUG_RACE,       BUG_LOCK_MISUSE,   BUG_COND_MISUSE, BUG_BAD_ACCESS,
        BUG_BAD_FREE,   BUG_UNINITIALISED, BUG_THREAD_LEAK, BUG_LEAK,
        BUG_LOCK_ORDER, BUG_DUBIOUS};
    int i, count = sizeof(order) / sizeof(order[0]);

    for (i = 0; i < count && order[i] != kind; i++)
        ;
    return i;
}

static int first_line(const struct report *report)
{
    int line = 0;

    for (size_t i = 0; i < report->count; i++) {
        const struct place *place = side_student(&report->sides[i]);
        if (place && (line == 0 || place->line < line))
            line = place->line;
    }
    return line;
}

/* The order does not depend on which tool finished first. */
static int compare(const void *left, const void *right)
{
    const struct report *a = ((const struct trouble *)left)->report;
    const struct report *b = ((const struct trouble *)right)->report;

    if (rank(a->kind) != rank(b->kind))
        return rank(a->kind) - rank(b->kind);
    if (report_student_sides(a) != report_student_sides(b))
        return report_student_sides(a) > report_student_sides(b) ? -1 : 1;
    if (!a->object != !b->object)
        return a->object ? -1 : 1;
    if (first_line(a) != first_line(b))
        return first_line(a) - first_line(b);
    return strcmp(((const struct trouble *)left)->finding.message,
                  ((const struct trouble *)right)->finding.message);
}

/* true when one of them is a race that costs points */
static bool weigh_all(struct judging *judging)
{
    bool race = false;

    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];

        trouble->weight = findings_weigh(judging->evidence, trouble);
        race |=
            trouble->report->kind == BUG_RACE && trouble->weight == WEIGHT_FAIL;
    }
    return race;
}

void findings_collect(struct judging *judging)
{
    take_all(judging, is_deadlock);
    take_all(judging, is_other);
    if (!weigh_all(judging)) {
        take_all(judging, is_explored);
        weigh_all(judging);
    }
    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        struct finding *finding = &trouble->finding;
        finding->kind = trouble->report->kind;
        finding->property = trouble->lens == LENS_FAULTS
                                ? PROPERTY_FAULTS
                                : finding_property(finding->kind);
        finding->test = trouble->test_count ? trouble->tests[0] : NULL;
        finding->note = trouble->weight == WEIGHT_NOTE;
        trouble->claimed = findings_refuted(judging->evidence, trouble);
        words_fill(judging, trouble);
    }
    if (judging->trouble_count > 1)
        qsort(judging->troubles, judging->trouble_count, sizeof(struct trouble),
              compare);
}
