/*
 * judge_needs.c - checks that need others, when all rows are judged.
 *
 * A pass shows nothing as long as another check does not pass: threads that are
 * never at work at the same moment have no races. It shows nothing either where
 * the other could not be judged: what comes out right may be luck. And where
 * real threads decide (`chance`) a failure is told at the other check only: the
 * same answer has the same row in every run.
 */
#include <string.h>

#include "judging.h"

static bool needs(const struct check *check, const char *other)
{
    for (size_t i = 0; i < check->needs.count; i++)
        if (strcmp(check->needs.items[i], other) == 0)
            return true;
    return false;
}

static bool fails(const struct row *row)
{
    return row->status == STATUS_FAIL;
}

static bool does_not_pass(const struct row *row)
{
    return fails(row) || row_is_blocked(row);
}

static bool is_uncontrolled(const struct row *row)
{
    return row->status == STATUS_INCONCLUSIVE &&
           strcmp(row->reason, "uncontrolled") == 0;
}

/* The first check that this one needs and that `is` so; or NULL. */
static const struct row *needed(const struct row *row,
                                const struct verdict *verdict,
                                bool (*is)(const struct row *))
{
    for (size_t i = 0; i < verdict->row_count; i++)
        if (needs(row->check, verdict->rows[i].check->name) &&
            is(&verdict->rows[i]))
            return &verdict->rows[i];
    return NULL;
}

/* A failure that comes in one run and not in the next is told where it comes
 * in each: at the check that this one needs. (If that is only blocked, perhaps
 * because of this failure, it is told here.) */
static void take_back(struct judging *judging, struct row *row,
                      const struct row *wrong)
{
    row->lens = first_lens(row->check->lenses);
    row->finding_count = 0;
    row->help = row->again = NULL;
    row_blocked(row, say(judging,
                         "What comes out of this is chance as long as \"%s\" "
                         "does not pass.",
                         wrong->check->title));
}

static void judge_one(struct judging *judging, struct row *row,
                      const struct verdict *verdict)
{
    const struct row *failed = needed(row, verdict, fails);
    const struct row *wrong = needed(row, verdict, does_not_pass);
    const struct row *open = needed(row, verdict, is_uncontrolled);
    bool passes = row->status == STATUS_PASS;

    if (row->check->chance && failed != NULL && (passes || does_not_pass(row)))
        take_back(judging, row, failed);
    else if (passes && wrong != NULL)
        row_blocked(row, say(judging,
                             "Nothing was found, but this shows nothing as "
                             "long as \"%s\" does not pass.",
                             wrong->check->title));
    else if (passes && open != NULL)
        row_open(row, "uncontrolled",
                 say(judging,
                     "It came out right, but this shows nothing where \"%s\" "
                     "cannot be judged.",
                     open->check->title));
}

void judge_needs(struct judging *judging, struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->row_count; i++)
        judge_one(judging, &verdict->rows[i], verdict);
}
