/*
 * judge.c - all rows together: from evidence to a verdict. judging.h says how
 * the work is shared out.
 *
 * Three rules hold for every row, and stand here:
 *
 *   - a file that does not compile blocks all other rows: no points;
 *   - a lens that this machine cannot offer never costs points: a bug that
 *     another lens sees still counts, else the row shrinks to nothing;
 *   - nothing passes without evidence: a lens that was asked for and has no
 *     run is a fault of the kit.
 */
#include <stdarg.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"

const char *status_name(enum status status)
{
    static const char *const names[] = {
        [STATUS_PASS] = "pass",       [STATUS_FAIL] = "fail",
        [STATUS_SKIPPED] = "skipped", [STATUS_INCONCLUSIVE] = "inconclusive",
        [STATUS_ERROR] = "error",
    };
    return names[status];
}

const char *say(struct judging *judging, const char *format, ...)
{
    const char *text;
    va_list list;

    va_start(list, format);
    text = talloc_vasprintf(judging->ctx, format, list);
    va_end(list);
    return text;
}

const char *again(struct judging *judging, enum lens lens)
{
    unsigned long long seed = judging->evidence->seed;

    if (lens == LENS_BUILD || seed == 0)
        return say(judging, "make check EX=%s LENS=%s", judging->exercise->id,
                   lens_name(lens));
    return say(judging, "make check EX=%s LENS=%s SEED=%llu",
               judging->exercise->id, lens_name(lens), seed);
}

void row_fail(struct row *row, enum lens lens, const char *message)
{
    row->status = STATUS_FAIL;
    row->reason = NULL;
    row->lens = lens;
    row->points = 0;
    row->message = message;
}

void row_blocked(struct row *row, const char *message)
{
    row->status = STATUS_SKIPPED;
    row->reason = "blocked";
    row->points = 0;
    row->message = message;
}

/* Nobody can tell here and now: the row counts neither for nor against. */
void row_open(struct row *row, const char *reason, const char *message)
{
    row->status = STATUS_INCONCLUSIVE;
    row->reason = reason;
    row->points = 0;
    row->max_points = 0;
    row->message = message;
}

bool row_is_blocked(const struct row *row)
{
    return row->status == STATUS_SKIPPED && strcmp(row->reason, "blocked") == 0;
}

void row_error(struct row *row, const char *message)
{
    row->status = STATUS_ERROR;
    row->reason = "error";
    row->points = 0;
    row->message = message;
}

static void row_machine(struct row *row, enum lens lens, const char *message)
{
    row->status = STATUS_SKIPPED;
    row->reason = "machine";
    row->lens = lens;
    row->points = 0;
    row->max_points = 0;
    row->message = message;
}

enum lens first_lens(unsigned lenses)
{
    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (lenses & 1u << lens)
            return lens;
    return LENS_BUILD;
}

static unsigned cannot(const struct evidence *evidence)
{
    unsigned set = 0;

    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (evidence->machine_cannot[lens])
            set |= 1u << lens;
    return set;
}

static struct row row_new(struct judging *judging, const struct check *check)
{
    struct row row = {.check = check, .status = STATUS_PASS};
    unsigned lenses = check->lenses & judging->evidence->lenses;

    row.lens = first_lens(lenses ? lenses : check->lenses);
    row.points = row.max_points = check->points;
    row.handout = check->property == PROPERTY_BUILD
                      ? "handouts/reading-a-verdict.md#build"
                      : say(judging, "handouts/%s.md#%s",
                            judging->exercise->folder, check->name);
    for (size_t i = 0; i < judging->evidence->count; i++) {
        enum lens lens = judging->evidence->runs[i].lens;
        if (lenses & 1u << lens)
            row.run_counts[lens]++;
    }
    if (check->measured && judging->evidence->timed.complete)
        row.run_counts[LENS_SPEED] = 3;
    return row;
}

/* What is missing before anybody can say that the row passes, or NULL. */
static const char *kit_gap(struct judging *judging, const struct row *row,
                           unsigned lenses)
{
    const struct check *check = row->check;

    if (check->property == PROPERTY_BUILD || check->measured)
        return NULL;
    for (int lens = 0; lens < LENS_COUNT; lens++)
        if ((lenses & 1u << lens) && row->run_counts[lens] == 0)
            return say(judging, "The kit has no run of %s.", words_lens(lens));
    if (tally_covered(judging, check) == 0)
        return say(judging, "No test of the exercise belongs to \"%s\".",
                   check->name);
    return NULL;
}

static void judge_property(struct judging *judging, struct row *row,
                           unsigned lenses)
{
    switch (row->check->property) {
    case PROPERTY_BUILD:
        return;
    case PROPERTY_RESULTS:
    case PROPERTY_SPEED: /* by tests; by the clock comes later */
        judge_results(judging, row, lenses);
        return;
    case PROPERTY_RACE:
        judge_race(judging, row, lenses);
        return;
    case PROPERTY_DEADLOCK:
        judge_deadlock(judging, row, lenses);
        return;
    case PROPERTY_FAULTS:
        judge_faults(judging, row);
        return;
    case PROPERTY_SCHEDULES:
        judge_schedules(judging, row);
        return;
    case PROPERTY_MEMORY:
        judge_memory(judging, row, lenses);
        return;
    }
}

static void judge_row(struct judging *judging, struct row *row)
{
    const struct evidence *evidence = judging->evidence;
    unsigned lenses = row->check->lenses & evidence->lenses;
    unsigned lost = lenses & cannot(evidence);
    const char *gap;

    if (row->check->property == PROPERTY_BUILD) {
        judge_build(judging, row);
        return;
    }
    if (!evidence->built) {
        row_blocked(row, "First the file must compile.");
        return;
    }
    if (row->check->measured)
        return;
    if (lost != lenses) {
        judge_property(judging, row, lenses & ~lost);
        gap = kit_gap(judging, row, lenses & ~lost);
        if (gap && (row->status == STATUS_PASS ||
                    (row_is_blocked(row) && row->finding_count == 0)))
            row_error(row, gap);
    }
    if (lost && row->status == STATUS_PASS)
        row_machine(row, first_lens(lost),
                    evidence->machine_cannot[first_lens(lost)]);
    if (row->status == STATUS_FAIL && !row->help)
        row->help = say(judging,
                        "Read that test in exercises/%s/tests.c, and follow "
                        "your code through it, line by line.",
                        judging->exercise->folder);
}

/* The kit's own fault, which outweighs everything, or NULL. */
static const char *fault(const struct evidence *evidence)
{
    const char *why = evidence->fault;

    for (size_t i = 0; i < evidence->count; i++) {
        const struct run *run = &evidence->runs[i];
        if (run->box.end == BOX_INTERRUPTED)
            return "interrupted";
        if (why)
            continue;
        if (run->box.end == BOX_FAILED)
            why = run->box.why ? run->box.why : "a program could not be run";
        else if (!run->expected)
            why = "the kit could not work out what must be observed";
    }
    return why;
}

static bool wanted(const struct evidence *evidence, const struct check *check)
{
    if (check->property == PROPERTY_BUILD)
        return !evidence->built || (evidence->lenses & 1u << LENS_BUILD);
    return (check->lenses & evidence->lenses) != 0;
}

static void make_rows(struct judging *judging, struct verdict *verdict)
{
    const struct exercise *exercise = judging->exercise;

    verdict->rows =
        talloc_array(judging->ctx, struct row, exercise->check_count);
    for (size_t i = 0; i < exercise->check_count; i++)
        if (wanted(judging->evidence, &exercise->checks[i]))
            verdict->rows[verdict->row_count++] =
                row_new(judging, &exercise->checks[i]);
}

static void say_unseen(struct judging *judging, struct verdict *verdict,
                       unsigned all)
{
    unsigned missing = all & ~judging->evidence->lenses;

    verdict->unseen = talloc_array(judging->ctx, const char *, LENS_COUNT + 1);
    if (!(all & 1u << LENS_INTERLEAVINGS))
        verdict->unseen[verdict->unseen_count++] =
            "interleavings: mistakes that no single run shows, such as a lost "
            "wakeup, `if` in place of `while` around a wait, or a test and an "
            "act under two separate locks.";
    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (lens != LENS_BUILD && (missing & 1u << lens))
            verdict->unseen[verdict->unseen_count++] =
                say(judging, "%s: not asked for this time.", lens_name(lens));
}

static void add_up(struct judging *judging, struct verdict *verdict)
{
    bool error = false, short_of = false;

    for (size_t i = 0; i < verdict->row_count; i++) {
        const struct row *row = &verdict->rows[i];
        verdict->score += row->points;
        verdict->max_score += row->max_points;
        if (row->status == STATUS_FAIL || row_is_blocked(row))
            short_of = true;
        if (row->status == STATUS_ERROR && !error) {
            error = true;
            verdict->message =
                say(judging, "%s: %s", row->check->name, row->message);
        }
    }
    if (verdict->row_count == 0) {
        error = true;
        verdict->message = "No check of this exercise looks through the "
                           "lenses that were asked for.";
    }
    verdict->verdict = error      ? VERDICT_ERROR
                       : short_of ? VERDICT_FAIL
                                  : VERDICT_PASS;
}

/* A verdict about nothing: the kit could not do its work. */
static void all_error(struct verdict *verdict, const char *why)
{
    for (size_t i = 0; i < verdict->row_count; i++) {
        row_error(&verdict->rows[i], NULL);
        verdict->max_score += verdict->rows[i].max_points;
    }
    verdict->verdict = VERDICT_ERROR;
    verdict->message = why;
}

struct verdict judge(void *ctx, const struct exercise *exercise,
                     const struct evidence *evidence)
{
    struct judging judging = {ctx, exercise, evidence, NULL, NULL, 0};
    struct verdict verdict = {0};
    const char *why = fault(evidence);
    unsigned all = 0;

    for (size_t i = 0; i < exercise->check_count; i++)
        all |= exercise->checks[i].lenses;
    verdict.partial = (all & ~evidence->lenses) != 0;
    for (size_t i = 0; i < evidence->count && !judging.tests; i++)
        judging.tests = evidence->runs[i].expected;
    make_rows(&judging, &verdict);
    say_unseen(&judging, &verdict, all);
    if (why) {
        all_error(&verdict, why);
        return verdict;
    }
    findings_collect(&judging);
    for (size_t i = 0; i < verdict.row_count; i++)
        judge_row(&judging, &verdict.rows[i]);
    for (size_t i = 0; i < verdict.row_count; i++)
        if (verdict.rows[i].check->measured && evidence->built)
            judge_speed(&judging, &verdict.rows[i], verdict.rows,
                        verdict.row_count);
    judge_needs(&judging, &verdict);
    judge_notes(&judging, &verdict);
    add_up(&judging, &verdict);
    return verdict;
}
