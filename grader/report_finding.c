/*
 * report_finding.c - one failure, told in full to a person at a terminal.
 */
#include <string.h>
#include <talloc.h>

#include "report_terminal.h"

/* ---- lines ----------------------------------------------------------------
 */

struct lines {
    const char **items;
    size_t count;
};

struct lines *lines_split(void *ctx, const char *text, size_t size)
{
    struct lines *lines = talloc_zero(ctx, struct lines);
    const char *end = text + size;

    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        if (lines->count % 64 == 0)
            lines->items = talloc_realloc(lines, lines->items, const char *,
                                          lines->count + 64);
        lines->items[lines->count++] = talloc_strndup(lines, text, length);
        text += length + 1;
    }
    return lines;
}

const char *lines_get(void *state, int number)
{
    const struct lines *lines = state;

    if (number < 1 || (size_t)number > lines->count)
        return NULL;
    return lines->items[number - 1];
}

/* ---- one finding ----------------------------------------------------------
 */

const char *terminal_file(const struct terminal *terminal,
                          const struct place *place)
{
    if (place->student && terminal->source)
        return terminal->source;
    return place->file ? place->file : "(unknown file)";
}

void terminal_paragraph(const struct terminal *terminal, void *ctx,
                        const char *text)
{
    fputs("  ", terminal->out);
    report_wrap(terminal->out, report_clean(ctx, text), 2, 2);
}

/* "Why:   text", the text behind a margin. */
static void print_item(const struct terminal *terminal, void *ctx,
                       const char *label, const char *text)
{
    if (!text)
        return;
    fprintf(terminal->out, "  %s%-7s%s", terminal_bold(terminal), label,
            terminal_plain(terminal));
    report_wrap(terminal->out, report_clean(ctx, text), 9, 9);
}

/* The line itself, cut so that it fits. */
static void print_source(const struct terminal *terminal, void *ctx,
                         const struct place *place)
{
    const char *text = NULL;
    char *clean;
    size_t columns = 0, end = 0;

    if (place->student && place->line > 0 && terminal->line)
        text = terminal->line(terminal->state, place->line);
    if (!text)
        return;
    clean = report_clean(ctx, text);
    clean += strspn(clean, " ");
    while (clean[end] && columns < TERMINAL_COLUMNS - 14) {
        end++;
        while (((unsigned char)clean[end] & 0xc0) == 0x80)
            end++;
        columns++;
    }
    fprintf(terminal->out, "    %6d | %.*s%s\n", place->line, (int)end, clean,
            clean[end] ? "..." : "");
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->line == b->line && a->file && b->file &&
           strcmp(a->file, b->file) == 0;
}

static void print_locations(const struct terminal *terminal, void *ctx,
                            const struct finding *finding)
{
    for (size_t i = 0; i < finding->location_count; i++) {
        const struct location *location = &finding->locations[i];
        const char *file =
            report_clean(ctx, terminal_file(terminal, &location->place));
        char *where =
            location->place.line
                ? talloc_asprintf(ctx, "%s:%d:", file, location->place.line)
                : talloc_asprintf(ctx, "%s:", file);
        fprintf(terminal->out, "    %s%s%s ", terminal_bold(terminal), where,
                terminal_plain(terminal));
        report_wrap(terminal->out,
                    report_clean(ctx, location->what ? location->what : ""),
                    5 + report_width(where), 8);
        /* A line with both sides on it is shown once. */
        if (i + 1 == finding->location_count ||
            !same_place(&location->place, &location[1].place))
            print_source(terminal, ctx, &location->place);
    }
}

/* A story is lines: a heading, then steps "1. ...". */
static void print_story(const struct terminal *terminal, void *ctx,
                        const char *story)
{
    bool heading = true;

    while (story && *story) {
        size_t size = strcspn(story, "\n");
        char *line = report_clean(ctx, talloc_strndup(ctx, story, size));
        fputs(heading ? "  " : "    ", terminal->out);
        report_wrap(terminal->out, line, heading ? 2 : 4, heading ? 2 : 7);
        heading = false;
        story += size + (story[size] == '\n');
    }
}

static void print_finding(const struct terminal *terminal, void *ctx,
                          const struct finding *finding)
{
    if (finding->location_count > 0) {
        print_locations(terminal, ctx, finding);
        putc('\n', terminal->out);
    }
    if (finding->story) {
        print_story(terminal, ctx, finding->story);
        putc('\n', terminal->out);
    }
}

void terminal_failure(const struct terminal *terminal, void *ctx,
                      const struct row *row)
{
    const struct finding *first =
        row->finding_count > 0 ? row->findings[0] : NULL;
    const char *word;

    word = row->status == STATUS_FAIL ? "FAIL" : row->reason;
    fprintf(terminal->out, "\n  %s%s:%s ", terminal_bold(terminal),
            word ? word : status_name(row->status), terminal_plain(terminal));
    report_wrap(terminal->out, report_clean(ctx, row->check->title),
                4 + strlen(word ? word : ""), 2);
    putc('\n', terminal->out);
    if (row->message)
        terminal_paragraph(terminal, ctx, row->message);
    if (first && first->message &&
        (!row->message || strcmp(first->message, row->message) != 0))
        terminal_paragraph(terminal, ctx, first->message);
    putc('\n', terminal->out);
    if (first)
        print_finding(terminal, ctx, first);
    print_item(terminal, ctx, "Why:", first ? first->idea : NULL);
    print_item(terminal, ctx, "Try:", row->help);
    print_item(terminal, ctx, "Read:", row->handout);
    print_item(terminal, ctx, "Again:", row->again);
}
