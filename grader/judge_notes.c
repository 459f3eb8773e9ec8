/*
 * judge_notes.c - bugs that cost nothing: no check asks for them, or another
 * has told them already.
 */
#include <string.h>
#include <talloc.h>

#include "judging.h"

static bool same_words(const struct finding *a, const struct finding *b)
{
    if (a->kind != b->kind || strcmp(a->message, b->message) != 0)
        return false;
    if (a->location_count == 0 || b->location_count == 0)
        return true;
    return a->locations[0].place.line == b->locations[0].place.line;
}

/* One lens sees a crash with its line and another without: told once. */
static bool told_already(const struct judging *judging, size_t index,
                         const struct verdict *verdict)
{
    const struct finding *finding = &judging->troubles[index].finding;

    for (size_t i = 0; i < judging->trouble_count; i++)
        if (judging->troubles[i].claimed &&
            same_words(finding, &judging->troubles[i].finding))
            return true;
    for (size_t i = 0; i < verdict->note_count; i++)
        if (same_words(finding, &verdict->notes[i]))
            return true;
    return false;
}

/* Helgrind knows one side of a race only, and ThreadSanitizer, which has looked
 * at the same tests, knows of none: a semaphore or an atomic gives the order.
 * A note would only frighten. */
static bool is_idle_suspicion(const struct judging *judging,
                              const struct trouble *trouble)
{
    const struct evidence *evidence = judging->evidence;
    const char *title = trouble->report->title;

    if (trouble->finding.kind != BUG_OTHER || title == NULL ||
        strstr(title, "ossible data race") == NULL ||
        !(evidence->lenses & 1u << LENS_TSAN) ||
        evidence->machine_cannot[LENS_TSAN])
        return false;
    for (size_t i = 0; i < judging->trouble_count; i++)
        if (judging->troubles[i].finding.kind == BUG_RACE)
            return false;
    return true;
}

/* Bugs that no row tells are told as notes, so that nothing is lost. */
void judge_notes(struct judging *judging, struct verdict *verdict)
{
    verdict->notes =
        talloc_array(judging->ctx, struct finding,
                     judging->trouble_count + judging->evidence->gcc.count +
                         judging->evidence->clang.count);
    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        if (trouble->claimed || finding_is_made(&trouble->finding) ||
            told_already(judging, i, verdict) ||
            is_idle_suspicion(judging, trouble))
            continue;
        trouble->finding.note = true;
        verdict->notes[verdict->note_count++] = trouble->finding;
    }
    judge_build_notes(judging, verdict);
}
