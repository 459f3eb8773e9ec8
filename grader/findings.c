/*
 * findings.c - reports of all tools about one bug become one trouble.
 *
 * Two reports are about the same bug when they are of the same kind and the
 * student's own lines on their sides are the same set, in any order; for data
 * races it is enough that they share one line and the same variable. A
 * possible deadlock (locks in a cycle) melts into a real one that waits at one
 * of its lines.
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

static bool same_story(const struct report *a, const struct report *b)
{
    size_t lines_a = report_student_sides(a), lines_b = report_student_sides(b);
    size_t shared = shared_lines(a, b);

    if (a->kind == BUG_DEADLOCK && b->kind == BUG_LOCK_ORDER)
        return shared > 0;
    if (a->kind != b->kind)
        return false;
    if (lines_a == 0 || lines_b == 0)
        return lines_a == lines_b && same_text(a->test, b->test);
    if (a->kind == BUG_RACE && shared > 0 && same_text(a->object, b->object))
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

static void take_kind(struct judging *judging, bool deadlocks)
{
    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];
        for (size_t k = 0; k < run->reports.count; k++) {
            const struct report *report = &run->reports.items[k];
            if ((report->kind == BUG_DEADLOCK) == deadlocks && counts(report))
                take(judging, run, report);
        }
    }
}

static bool among(const int *lines, size_t count, int line)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i] == line)
            return true;
    return false;
}

/* Were all tests explored as far as was meant? */
static const struct run *explored_whole(const struct evidence *evidence)
{
    const struct run *run = NULL;

    for (size_t i = 0; i < evidence->count && run == NULL; i++)
        if (evidence->runs[i].lens == LENS_INTERLEAVINGS)
            run = &evidence->runs[i];
    for (size_t i = 0; run && i < run->schedule_count; i++)
        if (run->schedules[i].fault &&
            strcmp(run->schedules[i].fault, "uncontrolled") == 0)
            return NULL;
    for (size_t i = 0; run && i < run->search_count; i++)
        if (!run->searches[i].whole && !run->searches[i].bound_whole)
            return NULL;
    return run && run->search_count > 0 ? run : NULL;
}

/*
 * The explorer knows every call by which order is made, so it has the last
 * word about a race where the tools do not understand the program: if it has
 * been to both lines, and has seen them race, or never.
 */
static enum weight explorers_word(const struct evidence *evidence,
                                  const struct trouble *trouble)
{
    const struct run *run = explored_whole(evidence);

    for (size_t i = 0; run && i < trouble->report->count; i++) {
        const struct place *place = side_student(&trouble->report->sides[i]);

        if (!place)
            continue;
        if (among(run->raced, run->raced_count, place->line))
            return WEIGHT_FAIL;
        if (!among(run->visited, run->visited_count, place->line))
            return WEIGHT_OPEN;
    }
    return run ? WEIGHT_NOTE : WEIGHT_OPEN;
}

/*
 * What the tools get wrong. ThreadSanitizer does not know fences; neither
 * tool sees pthread_mutex_clocklock; Helgrind takes atomics for races, data
 * handed over through a pipe, and what sem_timedwait() protects, so that its
 * word alone is not enough where nobody asked ThreadSanitizer.
 */
static enum weight weigh(const struct evidence *evidence,
                         const struct trouble *trouble)
{
    bool only_helgrind = trouble->finding.lenses == 1u << LENS_HELGRIND;

    switch (trouble->report->kind) {
    case BUG_RACE:
        if (only_helgrind &&
            (evidence->uses_atomics || evidence->uses_fence ||
             evidence->uses_unseen || evidence->uses_clocklock))
            return WEIGHT_NOTE;
        if (only_helgrind && !(evidence->lenses & 1u << LENS_TSAN))
            return WEIGHT_OPEN;
        return evidence->uses_fence || evidence->uses_clocklock
                   ? explorers_word(evidence, trouble)
                   : WEIGHT_FAIL;
    case BUG_LOCK_MISUSE:
    case BUG_COND_MISUSE:
        return evidence->uses_clocklock ? WEIGHT_NOTE : WEIGHT_FAIL;
    case BUG_LOCK_ORDER:
    case BUG_DUBIOUS:
    case BUG_SIGNAL_UNSAFE:
    case BUG_OTHER:
        return WEIGHT_NOTE;
    default:
        return WEIGHT_FAIL;
    }
}

/* What a tool believes of a lock that it does not know is not even a note,
 * when the explorer has been there. */
static bool is_refuted(const struct evidence *evidence,
                       const struct trouble *trouble)
{
    return trouble->weight == WEIGHT_NOTE &&
           (evidence->uses_fence || evidence->uses_clocklock) &&
           (trouble->report->kind == BUG_RACE ||
            trouble->report->kind == BUG_LOCK_MISUSE) &&
           (trouble->report->kind == BUG_LOCK_MISUSE
                ? explored_whole(evidence) != NULL
                : explorers_word(evidence, trouble) == WEIGHT_NOTE);
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

void findings_collect(struct judging *judging)
{
    take_kind(judging, true);
    take_kind(judging, false);
    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        struct finding *finding = &trouble->finding;
        finding->kind = trouble->report->kind;
        finding->property = trouble->lens == LENS_FAULTS
                                ? PROPERTY_FAULTS
                                : finding_property(finding->kind);
        finding->test = trouble->test_count ? trouble->tests[0] : NULL;
        trouble->weight = weigh(judging->evidence, trouble);
        finding->note = trouble->weight == WEIGHT_NOTE;
        trouble->claimed = is_refuted(judging->evidence, trouble);
        words_fill(judging, trouble);
    }
    if (judging->trouble_count > 1)
        qsort(judging->troubles, judging->trouble_count, sizeof(struct trouble),
              compare);
}

bool trouble_covers(const struct trouble *trouble, const struct check *check)
{
    if (trouble->anywhere)
        return true;
    for (size_t i = 0; i < trouble->test_count; i++)
        if (tally_covers(check, trouble->tests[i]))
            return true;
    return false;
}

/* Is there a check of that property in this verdict that covers it? */
static bool judged(const struct judging *judging, const struct trouble *trouble,
                   enum property property)
{
    for (size_t i = 0; i < judging->exercise->check_count; i++) {
        const struct check *check = &judging->exercise->checks[i];
        if (check->property == property &&
            (check->lenses & judging->evidence->lenses) &&
            trouble_covers(trouble, check))
            return true;
    }
    return false;
}

bool trouble_belongs(const struct judging *judging,
                     const struct trouble *trouble, const struct check *check)
{
    enum property property = trouble->finding.property;
    enum bug kind = trouble->finding.kind;

    if (!trouble_covers(trouble, check))
        return false;
    /* Locks used wrongly are the race check's where nobody else asks. */
    if ((kind == BUG_LOCK_MISUSE || kind == BUG_COND_MISUSE) &&
        !judged(judging, trouble, PROPERTY_DEADLOCK))
        property = PROPERTY_RACE;
    return property == check->property;
}

void row_add(struct judging *judging, struct row *row, struct finding *finding)
{
    row->findings = talloc_realloc(judging->ctx, row->findings,
                                   struct finding *, row->finding_count + 1);
    row->findings[row->finding_count++] = finding;
}

void row_tell(struct judging *judging, struct row *row, struct trouble *trouble)
{
    trouble->claimed = true;
    for (size_t i = 0; i < row->finding_count; i++)
        if (row->findings[i] == &trouble->finding)
            return;
    row_add(judging, row, &trouble->finding);
}

struct trouble *row_tell_all(struct judging *judging, struct row *row,
                             enum weight weight)
{
    struct trouble *first = NULL;

    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        if (trouble->weight != weight ||
            !trouble_belongs(judging, trouble, row->check))
            continue;
        row_tell(judging, row, trouble);
        if (!first)
            first = trouble;
    }
    return first;
}

struct trouble *race_covering(struct judging *judging,
                              const struct check *check)
{
    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        if (trouble->finding.kind == BUG_RACE &&
            trouble->weight == WEIGHT_FAIL && trouble_covers(trouble, check))
            return trouble;
    }
    return NULL;
}
