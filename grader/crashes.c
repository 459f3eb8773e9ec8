/*
 * crashes.c - see crashes.h. The records are written by harness/crash.c and
 * harness/stacks.c:
 *
 *   crash         "SIGSEGV@pc,pc,...": offsets from the load address, the
 *                 first where it stands, "?pc" a guess; or "overflow",
 *                 "no-stack", "own-stack" in place of the signal (words.c)
 *   stack-from    "SIZE@pc,pc,...": where that coroutine got its stack
 *   loop          as crash, when the time was up
 *   mapping-left  "SIZE@pc,pc,...": mapped there, and there at the test's end
 */
#include "crashes.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "hang.h"
#include "run.h"

static const struct record *beside(const struct records *records,
                                   const char *key, const char *test)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->items[i];

        if (record->kind == RECORD_VALUE && strcmp(record->key, key) == 0 &&
            strcmp(record->test, test) == 0)
            return record;
    }
    return NULL;
}

static void set_side(void *ctx, struct symbols *symbols, struct side *side,
                     const char *what, const char *value, bool exact)
{
    side->what = what;
    side->depth = hang_stack_recorded(ctx, symbols, value, exact, &side->stack);
}

static bool crash(void *ctx, struct symbols *symbols,
                  const struct records *records, const struct record *record,
                  struct report *report)
{
    bool loop = report->kind == BUG_LOOP;
    const struct record *stack = beside(records, "stack-from", record->test);
    const char *at = strchr(record->value, '@');

    if (at == NULL)
        return false;
    report->title =
        talloc_strndup(ctx, record->value, (size_t)(at - record->value));
    report->count = stack ? 2 : 1;
    report->sides = talloc_zero_array(ctx, struct side, 2);
    set_side(ctx, symbols, &report->sides[0],
             loop ? "still running here when the time was up" : "crashes here",
             record->value, true);
    if (stack != NULL)
        set_side(ctx, symbols, &report->sides[1],
                 talloc_asprintf(ctx,
                                 "its stack, %llu bytes, is given to it here",
                                 strtoull(stack->value, NULL, 16)),
                 stack->value, false);
    return true;
}

/* The student's affair if it was her call. */
static bool mapping(void *ctx, struct symbols *symbols,
                    const struct record *record, struct report *report)
{
    report->title = "mapping";
    report->count = 1;
    report->sides = talloc_zero(ctx, struct side);
    set_side(ctx, symbols, report->sides, "mapped here", record->value, false);
    return report->lens == LENS_MEMORY && report->sides->depth > 0 &&
           report->sides->stack[0].student;
}

static bool kind_of(const struct record *record, enum bug *kind)
{
    static const struct {
        const char *key;
        enum bug kind;
    } keys[] = {
        {"crash", BUG_CRASH}, {"loop", BUG_LOOP}, {"mapping-left", BUG_LEAK}};

    for (size_t i = 0; i < 3 && record->kind == RECORD_VALUE; i++)
        if (strcmp(record->key, keys[i].key) == 0) {
            *kind = keys[i].kind;
            return true;
        }
    return false;
}

bool crashes_any(const struct records *records)
{
    enum bug kind;

    for (size_t i = 0; i < records->count; i++)
        if (kind_of(&records->items[i], &kind))
            return true;
    return false;
}

void crashes_read(void *ctx, struct symbols *symbols, enum lens lens,
                  const struct records *records, struct reports *reports)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->items[i];
        struct report report = {.lens = lens, .test = record->test};

        if (!kind_of(record, &report.kind))
            continue;
        if (report.kind == BUG_LEAK
                ? mapping(ctx, symbols, record, &report)
                : crash(ctx, symbols, records, record, &report))
            run_add_report(ctx, reports, &report);
    }
}
