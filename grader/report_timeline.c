/*
 * report_timeline.c - a schedule on a terminal: a column for each thread, the
 * lines of the source at the left; and as JSON, for a page to draw.
 */
#include <string.h>
#include <talloc.h>

#include "report.h"
#include "timeline.h"

enum {
    COLUMNS = 79,
    LINE_COLUMN = 7, /* "  123  " */
    NARROWEST = 14,
    ROWS_MAX = 60,
    ROWS_FIRST = 8
};

struct sheet {
    FILE *out;
    const struct timeline *timeline;
    int threads, width; /* of a column */
    int place[64];      /* column of a thread */
};

/* Prints what fits into the column; returns the rest, or NULL. */
static const char *print_part(const struct sheet *sheet, const char *text,
                              int width)
{
    size_t length = strlen(text), cut = (size_t)width - 1;

    if (report_width(text) < (size_t)width) {
        fputs(text, sheet->out);
        return NULL;
    }
    while (cut > 0 && cut < length && text[cut] != ' ')
        cut--;
    if (cut == 0)
        cut = (size_t)width - 1;
    fprintf(sheet->out, "%.*s", (int)cut, text);
    return text + cut + (text[cut] == ' ');
}

static void print_event(const struct sheet *sheet, const struct event *event)
{
    void *ctx = talloc_new(NULL);
    const char *text = report_clean(ctx, event->text);
    int column = sheet->place[event->thread & 63];
    bool first = true;

    if (event->times > 1)
        text = talloc_asprintf(ctx, "%s (%u times)", text, event->times);
    while (text != NULL) {
        if (first && event->place.kit)
            fprintf(sheet->out, " test  ");
        else if (first && event->place.line > 0)
            fprintf(sheet->out, "%5d  ", event->place.line);
        else
            fprintf(sheet->out, "%*s", LINE_COLUMN, "");
        fprintf(sheet->out, "%*s", column * sheet->width, "");
        text = print_part(sheet, text, sheet->width);
        fputc('\n', sheet->out);
        first = false;
    }
    talloc_free(ctx);
}

static void print_cut(const struct sheet *sheet, const struct event *event)
{
    int used = (int)report_width(event->text) + 2;
    int room = COLUMNS - LINE_COLUMN - used;

    fprintf(sheet->out, "%*s", LINE_COLUMN, "");
    for (int i = 0; i < room / 2; i++)
        fputc('-', sheet->out);
    fprintf(sheet->out, " %s ", event->text);
    for (int i = 0; i < room - room / 2; i++)
        fputc('-', sheet->out);
    fputc('\n', sheet->out);
}

static void print_note(const struct sheet *sheet, const struct event *event)
{
    void *ctx = talloc_new(NULL);

    fprintf(sheet->out, "%*s(%s: %s)\n", LINE_COLUMN, "",
            timeline_thread(ctx, event->thread), event->text);
    talloc_free(ctx);
}

static size_t count_rows(const struct timeline *timeline)
{
    size_t rows = 0;

    for (size_t i = 0; i < timeline->count; i++)
        rows += timeline->events[i].matters;
    return rows;
}

static void print_head(const struct sheet *sheet)
{
    void *ctx = talloc_new(NULL);
    int at = 5;

    fputs(" line", sheet->out);
    for (int i = 0; i < sheet->timeline->threads && i < 64; i++) {
        const char *name = timeline_thread(ctx, i);
        int column = LINE_COLUMN + sheet->place[i] * sheet->width;

        if (sheet->place[i] < 0)
            continue;
        fprintf(sheet->out, "%*s%s", column - at, "", name);
        at = column + (int)strlen(name);
    }
    fputc('\n', sheet->out);
    talloc_free(ctx);
}

static void print_rows(const struct sheet *sheet)
{
    const struct timeline *timeline = sheet->timeline;
    size_t rows = count_rows(timeline), row = 0, skipped = 0;

    if (rows > ROWS_MAX)
        skipped = rows - ROWS_MAX;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct event *event = &timeline->events[i];

        if (!event->matters)
            continue;
        row++;
        if (skipped > 0 && row == ROWS_FIRST + 1)
            fprintf(sheet->out, "%*s... %zu steps are not shown ...\n",
                    LINE_COLUMN, "", skipped);
        if (skipped > 0 && row > ROWS_FIRST && row <= ROWS_FIRST + skipped)
            continue;
        if (event->kind == EVENT_SWITCH)
            print_cut(sheet, event);
        else if (event->kind == EVENT_NOTE)
            print_note(sheet, event);
        else
            print_event(sheet, event);
    }
}

/* Threads that do nothing that matters get no column. */
static void lay_out(struct sheet *sheet)
{
    for (int i = 0; i < 64; i++)
        sheet->place[i] = -1;
    for (size_t i = 0; i < sheet->timeline->count; i++) {
        const struct event *event = &sheet->timeline->events[i];

        if (event->matters && event->thread >= 0)
            sheet->place[event->thread & 63] = 0;
    }
    for (int i = 0; i < 64; i++)
        if (sheet->place[i] >= 0)
            sheet->place[i] = sheet->threads++;
    sheet->width =
        (COLUMNS - LINE_COLUMN) / (sheet->threads > 0 ? sheet->threads : 1);
    if (sheet->width < NARROWEST)
        sheet->width = NARROWEST;
}

static const struct place *sooner(const struct place *next,
                                  const struct place *place, int last)
{
    bool comes = !place->kit && place->line > last &&
                 (next == NULL || place->line < next->line);

    return comes ? place : next;
}

/* The first line after `last` that a row names, or where it went wrong; NULL:
 * there is none. */
static const struct place *place_after(const struct timeline *timeline,
                                       int last)
{
    const struct place *next = NULL;

    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->events[i].matters)
            next = sooner(next, &timeline->events[i].place, last);
    if (timeline->fault_place.student)
        next = sooner(next, &timeline->fault_place, last);
    return next;
}

/* The lines of the source that matter, once each. */
static void print_source(const struct sheet *sheet, source_line *line,
                         void *state)
{
    const struct place *place = place_after(sheet->timeline, 0);
    void *ctx = talloc_new(NULL);

    for (; place != NULL; place = place_after(sheet->timeline, place->line)) {
        const char *text = line(state, place);

        if (text != NULL)
            fprintf(sheet->out, "%5d | %s\n", place->line,
                    report_clean(ctx, text + strspn(text, " \t")));
    }
    talloc_free(ctx);
}

void report_timeline(FILE *out, const struct timeline *timeline,
                     source_line *line, void *state)
{
    struct sheet sheet = {.out = out, .timeline = timeline};

    lay_out(&sheet);
    if (sheet.threads == 0)
        return;
    print_head(&sheet);
    print_rows(&sheet);
    fputc('\n', out);
    for (size_t i = 0; i < timeline->standing_count; i++)
        if (timeline->kind == FAULT_DEADLOCK ||
            timeline->kind == FAULT_LIVELOCK)
            fprintf(out, "%*s%s\n", LINE_COLUMN, "",
                    timeline->standing[i].text);
    if (timeline->kind == FAULT_DEADLOCK || timeline->kind == FAULT_LIVELOCK)
        fputc('\n', out);
    print_source(&sheet, line, state);
}

/* ---- as data ------------------------------------------------------------ */

static void set(json_t *object, const char *key, const char *value)
{
    if (value != NULL)
        json_object_set_new(object, key, json_string(value));
}

static json_t *event_json(const struct event *event)
{
    static const char *const kinds[] = {[EVENT_STEP] = "step",
                                        [EVENT_READ] = "read",
                                        [EVENT_WRITE] = "write",
                                        [EVENT_SWITCH] = "switch",
                                        [EVENT_NOTE] = "note"};
    json_t *json =
        json_pack("{s:s, s:i, s:b}", "kind", kinds[event->kind], "thread",
                  event->thread, "matters", event->matters);

    if (event->step > 0)
        json_object_set_new(json, "step", json_integer((long long)event->step));
    if (event->other >= 0)
        json_object_set_new(json, "other", json_integer(event->other));
    if (event->preempts)
        json_object_set_new(json, "preempts", json_true());
    if (event->atomic)
        json_object_set_new(json, "atomic", json_true());
    if (event->times > 1)
        json_object_set_new(json, "times", json_integer(event->times));
    set(json, "op", event->op);
    set(json, "file", event->place.file);
    if (event->place.line > 0)
        json_object_set_new(json, "line", json_integer(event->place.line));
    set(json, "object", event->object);
    set(json, "before", event->before);
    set(json, "after", event->after);
    set(json, "text", event->text);
    return json;
}

json_t *timeline_json(const struct timeline *timeline)
{
    json_t *events = json_array();

    for (size_t i = 0; i < timeline->count; i++)
        json_array_append_new(events, event_json(&timeline->events[i]));
    return events;
}
