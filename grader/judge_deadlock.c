/*
 * judge_deadlock.c - no deadlock, and locks used as they must be. Judged by
 * deadlocks that happened, which the patient run brings about every time, and
 * by misuse that a tool saw; what only might deadlock is a note.
 */
#include "judging.h"

/* A real deadlock in one of the check's tests, or NULL. */
static struct trouble *deadlock_in(struct judging *judging,
                                   const struct check *check)
{
    for (size_t i = 0; i < judging->trouble_count; i++)
        if (judging->troubles[i].finding.kind == BUG_DEADLOCK &&
            !finding_is_made(&judging->troubles[i].finding) &&
            trouble_covers(&judging->troubles[i], check))
            return &judging->troubles[i];
    return NULL;
}

bool blocked_by_deadlock(struct judging *judging, struct row *row,
                         const char *about)
{
    struct trouble *deadlock = deadlock_in(judging, row->check);

    if (!deadlock)
        return false;
    row_tell(judging, row, deadlock);
    row_blocked(row, say(judging,
                         "The tests stop in a deadlock: nothing was shown "
                         "about %s.",
                         about));
    row->lens = deadlock->lens;
    row->again = again(judging, deadlock->lens);
    row->help = deadlock->finding.help;
    return true;
}

void judge_deadlock(struct judging *judging, struct row *row, unsigned lenses)
{
    struct trouble *trouble = row_tell_all(judging, row, WEIGHT_FAIL);

    if (trouble) {
        row_fail(row, trouble->lens, trouble->finding.message);
        row->again = again(judging, trouble->lens);
        row->help = trouble->finding.help;
        return;
    }
    if ((row->check->lenses & ~lenses & 1u << LENS_BEHAVIOUR) &&
        !(judging->evidence->lenses & 1u << LENS_BEHAVIOUR)) {
        row_open(row, "partial",
                 "Deadlocks show in the behaviour runs, which were not asked "
                 "for this time.");
        return;
    }
    if ((lenses & 1u << LENS_BEHAVIOUR) &&
        !tally_has_way(judging, LENS_BEHAVIOUR, "patient")) {
        row_error(row, "The kit has no patient run.");
        return;
    }
    for (int lens = 0; lens < LENS_COUNT; lens++) {
        const char *way = lens == LENS_BEHAVIOUR ? "patient" : NULL;
        if ((lenses & 1u << lens) &&
            row_gap(judging, row, lens, way, "deadlocks"))
            return;
    }
    /* who takes no lock at all has shown nothing about locks */
    block_on_race(judging, row,
                  "First mend the data race: without the locks that are "
                  "missing nothing can be said about deadlocks.");
}
