/*
 * findings_rows.c - which check a trouble belongs to, and which row tells it.
 *
 * A check is about a property, in some tests. A trouble is its own when it is
 * about the same property and was seen in one of its tests, or by somebody who
 * could not say in which.
 */
#include <talloc.h>

#include "judging.h"
#include "passage.h"

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

    /* Explored tests are not among those of the race lenses. */
    if (trouble->lens == LENS_INTERLEAVINGS)
        return property == check->property;
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

/* Did the test run through all the student's lines of the report, those from
 * which the others were called as well? */
static bool runs_through(const struct passage *passage,
                         const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct side *side = &report->sides[i];

        for (size_t k = 0; k < side->depth; k++)
            if (side->stack[k].student &&
                !passage_has(passage, side->stack[k].line))
                return false;
    }
    return report_student_sides(report) > 0;
}

/* Did any test of the check run through the places of the trouble? */
static bool check_runs_through(const struct judging *judging,
                               const struct check *check,
                               const struct trouble *trouble)
{
    for (size_t i = 0; i < judging->evidence->count; i++) {
        const struct run *run = &judging->evidence->runs[i];

        for (size_t k = 0; k < run->passage_count; k++)
            for (size_t r = 0; r < trouble->report_count; r++)
                if (tally_covers(check, run->passages[k].test) &&
                    runs_through(&run->passages[k], trouble->reports[r]))
                    return true;
    }
    return false;
}

struct trouble *race_covering(struct judging *judging,
                              const struct check *check)
{
    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];

        if (trouble->finding.kind == BUG_RACE &&
            trouble->weight == WEIGHT_FAIL &&
            (trouble_covers(trouble, check) ||
             check_runs_through(judging, check, trouble)))
            return trouble;
    }
    return NULL;
}
