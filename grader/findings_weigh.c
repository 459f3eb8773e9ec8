/*
 * findings_weigh.c - what a trouble costs: which tool may be believed about
 * what.
 *
 * A tool is wrong where it does not know a call by which a program makes order.
 * About a race the explorer, which knows them all, then has the last word;
 * where it has not looked the question stays open.
 */
#include <string.h>

#include "judging.h"

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
enum weight findings_weigh(const struct evidence *evidence,
                           const struct trouble *trouble)
{
    bool only_helgrind = trouble->finding.lenses == 1u << LENS_HELGRIND;
    bool explored = trouble->finding.lenses & 1u << LENS_INTERLEAVINGS;

    switch (trouble->report->kind) {
    case BUG_RACE:
        if (explored)
            return WEIGHT_FAIL;
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

bool findings_refuted(const struct evidence *evidence,
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
