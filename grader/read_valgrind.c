/*
 * read_valgrind.c - what Helgrind's and Memcheck's logs have in common: who
 * is who on a stack, which threads there are, what an address is.
 */
#include "read_valgrind.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

struct stack valgrind_stack(struct valgrind *valgrind,
                            const struct xml_item *item)
{
    struct stack stack = {0};

    for (size_t i = 0; item && i < item->depth; i++) {
        const struct xml_frame *frame = &item->frames[i];
        struct place place = {.function = frame->function};
        bool ours = frame->file != NULL && frame->line > 0 &&
                    (frame->object == NULL ||
                     strstr(path_base(frame->object), ".so") == NULL);

        if (ours) {
            place.line = frame->line;
            place.file = frame->file;
            place.student =
                strcmp(path_base(frame->file), valgrind->student) == 0;
        }
        if (ours && !place.student) {
            if (frame->folder != NULL)
                place.file = talloc_asprintf(valgrind->scratch, "%s/%s",
                                             frame->folder, frame->file);
            place.kit = kit_path(place.file) ||
                        (frame->function && kit_function(frame->function));
        }
        stack_add(valgrind->ctx, &stack, &place, ours);
    }
    return stack;
}

const struct xml_item *valgrind_main(const struct xml_event *event)
{
    for (size_t i = 0; i < event->count; i++)
        if (event->items[i].frames != NULL)
            return &event->items[i];
    return NULL;
}

const struct xml_item *valgrind_item(const struct xml_event *event,
                                     const char *words, size_t from)
{
    for (size_t i = from; i < event->count; i++)
        if (event->items[i].text && strstr(event->items[i].text, words))
            return &event->items[i];
    return NULL;
}

struct side *valgrind_side(struct valgrind *valgrind, struct report *report,
                           const struct xml_item *item, const char *what,
                           unsigned long thread)
{
    struct side *side = sides_add(valgrind->ctx, report);
    struct stack stack = valgrind_stack(valgrind, item);

    side->what = what;
    if (thread != 0)
        side->thread = thread_label(valgrind->ctx, thread, 1);
    side_stack(side, &stack);
    return side;
}

unsigned long valgrind_number(const char *text, const char *words)
{
    const char *at = text ? strstr(text, words) : NULL;

    return at ? strtoul(at + strlen(words), NULL, 10) : 0;
}

/* The name in quotes after one of the words for a variable. */
static const char *variable_name(struct valgrind *valgrind, const char *text)
{
    static const char *const words[] = {
        "inside data symbol \"", "inside local var \"", "inside global var \""};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *at = strstr(text, words[i]);

        if (at == NULL)
            continue;
        at += strlen(words[i]);
        return variable_plain(
            valgrind->ctx,
            talloc_strndup(valgrind->scratch, at, strcspn(at, "\"")));
    }
    return NULL;
}

const char *valgrind_object(struct valgrind *valgrind,
                            const struct xml_event *event)
{
    for (size_t i = 0; i < event->count; i++) {
        const char *text = event->items[i].text;
        const struct xml_item *made = &event->items[i];
        unsigned long size = valgrind_number(text, " a block of size ");
        const char *name = text ? variable_name(valgrind, text) : NULL;
        struct stack stack;
        const char *where;

        if (name != NULL)
            return name;
        if (size == 0)
            continue;
        if (strstr(text, "free'd") != NULL)
            made = valgrind_item(event, "Block was alloc'd", i);
        stack = valgrind_stack(valgrind, made);
        where = stack_where(valgrind->scratch, &stack);
        return talloc_asprintf(valgrind->ctx, "block of %lu bytes%s%s", size,
                               where ? " allocated at " : "",
                               where ? where : "");
    }
    return NULL;
}

const struct stack *valgrind_birth(const struct valgrind *valgrind,
                                   unsigned long thread)
{
    for (size_t i = 0; i < valgrind->birth_count; i++)
        if (valgrind->births[i].thread == thread)
            return &valgrind->births[i].at;
    return NULL;
}

/* ---- reading ---------------------------------------------------------------
 */

struct reading {
    struct valgrind valgrind;
    valgrind_error *error;
};

static void add_birth(struct valgrind *valgrind, const struct xml_event *event)
{
    struct birth *birth;

    if (event->root || valgrind_birth(valgrind, event->thread) != NULL)
        return;
    valgrind->births =
        talloc_realloc(valgrind->scratch, valgrind->births, struct birth,
                       (unsigned)valgrind->birth_count + 1);
    birth = &valgrind->births[valgrind->birth_count++];
    birth->thread = event->thread;
    birth->at = valgrind_stack(valgrind, valgrind_main(event));
}

/* The event as plain text, much as Valgrind prints it without --xml. */
static const char *raw_text(struct valgrind *valgrind,
                            const struct xml_event *event)
{
    char *raw = talloc_strdup(valgrind->ctx, "");

    for (size_t i = 0; i < event->count && strlen(raw) < READ_RAW_MAX; i++) {
        const struct xml_item *item = &event->items[i];

        if (item->text != NULL)
            raw = talloc_asprintf_append_buffer(raw, "%s\n", item->text);
        for (size_t f = 0; f < item->depth; f++) {
            const struct xml_frame *frame = &item->frames[f];
            const char *name = frame->function ? frame->function : "???";

            if (frame->file != NULL)
                raw = talloc_asprintf_append_buffer(
                    raw, "    %s (%s:%d)\n", name, frame->file, frame->line);
            else
                raw = talloc_asprintf_append_buffer(
                    raw, "    %s (in %s)\n", name,
                    frame->object ? frame->object : "???");
        }
    }
    return raw;
}

/* The sentence, and the one after it where that goes on. */
static const char *title_of(struct valgrind *valgrind,
                            const struct xml_event *event)
{
    const char *first = event->count > 0 ? event->items[0].text : NULL;
    const char *second = event->count > 1 && event->items[0].frames == NULL
                             ? event->items[1].text
                             : NULL;

    return talloc_asprintf(valgrind->ctx, "%s%s%s", first ? first : "",
                           second ? " " : "", second ? second : "");
}

/* A test's body on any stack of the report, or where a thread of it began. */
static void find_test(struct valgrind *valgrind, const struct xml_event *event,
                      struct report *report)
{
    for (size_t i = 0; !report->test && i < event->count; i++) {
        struct stack stack = valgrind_stack(valgrind, &event->items[i]);

        report->test = test_of_stack(valgrind->ctx, &stack);
    }
    for (size_t i = 0; !report->test && i < event->count; i++) {
        const struct stack *birth =
            valgrind_birth(valgrind, event->items[i].thread);

        if (birth != NULL)
            report->test = test_of_stack(valgrind->ctx, birth);
    }
}

static void take_event(void *state, const struct xml_event *event)
{
    struct reading *reading = state;
    struct valgrind *valgrind = &reading->valgrind;
    struct report *report;

    if (strcmp(event->tag, "announcethread") == 0) {
        add_birth(valgrind, event);
        return;
    }
    report = reports_add(valgrind->ctx, &valgrind->reports, valgrind->lens);
    report->title = title_of(valgrind, event);
    if (strcmp(event->tag, "fatal_signal") == 0) {
        report->kind = BUG_CRASH;
        report->title = talloc_strdup(valgrind->ctx, event->kind);
        valgrind_side(valgrind, report, valgrind_main(event), "crashes",
                      valgrind->lens == LENS_MEMORY ? event->thread : 0);
    } else if (!reading->error(valgrind, event, report)) {
        valgrind->reports.count--;
        return;
    }
    if (report->count == 0)
        valgrind_side(valgrind, report, valgrind_main(event), "",
                      event->count > 0 ? event->items[0].thread : 0);
    report->raw = raw_text(valgrind, event);
    find_test(valgrind, event, report);
}

struct reports valgrind_read(void *ctx, const char *xml, size_t size,
                             const char *student, enum lens lens,
                             valgrind_error *error)
{
    struct reading reading = {.error = error};

    reading.valgrind.ctx = ctx;
    reading.valgrind.student = path_base(student);
    reading.valgrind.lens = lens;
    reading.valgrind.scratch = talloc_new(NULL);
    reading.valgrind.reports.complete =
        xml_read(xml, size, take_event, &reading);
    talloc_free(reading.valgrind.scratch);
    return reading.valgrind.reports;
}
