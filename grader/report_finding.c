/*
 * report_finding.c - one failure, told in full to a person at a terminal.
 */
#include <string.h>
#include <talloc.h>

#include "report_terminal.h"
#include "timeline.h"

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

/* The number of locations from here on that say the same of one place. */
static size_t alike(const struct finding *finding, size_t i)
{
    const struct location *first = &finding->locations[i], *next = first + 1;
    size_t count = 1;

    while (i + count < finding->location_count &&
           same_place(&first->place, &next->place) && first->what &&
           next->what && strcmp(first->what, next->what) == 0) {
        next++;
        count++;
    }
    return count;
}

static void print_location(const struct terminal *terminal, void *ctx,
                           const struct location *location, size_t count)
{
    const char *file =
        report_clean(ctx, terminal_file(terminal, &location->place));
    const char *what = location->what ? location->what : "";
    char *where = location->place.line ? talloc_asprintf(ctx, "%s:%d:", file,
                                                         location->place.line)
                                       : talloc_asprintf(ctx, "%s:", file);

    if (count > 1)
        what = talloc_asprintf(ctx, "%s (both threads)", what);
    fprintf(terminal->out, "    %s%s%s ", terminal_bold(terminal), where,
            terminal_plain(terminal));
    report_wrap(terminal->out, report_clean(ctx, what), 5 + report_width(where),
                8);
}

static void print_locations(const struct terminal *terminal, void *ctx,
                            const struct finding *finding)
{
    for (size_t i = 0, n; i < finding->location_count; i += n) {
        const struct location *location = &finding->locations[i];
        n = alike(finding, i);
        print_location(terminal, ctx, location, n);
        /* A line with both sides on it is shown once. */
        if (i + n == finding->location_count ||
            !same_place(&location->place, &location[n].place))
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

static const char *timeline_line(void *state, const struct place *place)
{
    const struct terminal *terminal = state;

    return place->student && terminal->line
               ? terminal->line(terminal->state, place->line)
               : NULL;
}

static void print_finding(const struct terminal *terminal, void *ctx,
                          const struct finding *finding)
{
    if (finding->timeline) {
        report_timeline(terminal->out, finding->timeline, timeline_line,
                        (void *)(uintptr_t)terminal);
        putc('\n', terminal->out);
        return;
    }
    if (finding->location_count > 0) {
        print_locations(terminal, ctx, finding);
        putc('\n', terminal->out);
    }
    if (finding->story) {
        print_story(terminal, ctx, finding->story);
        putc('\n', terminal->out);
    }
}

/*
 * The command, with SRC where another file than the exercise's own was looked
 * at, and its name can be typed as it is.
 */
static const char *again(const struct terminal *terminal, void *ctx,
                         const struct exercise *exercise, const struct row *row)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-+/";
    const char *source = terminal->source;
    const char *own = talloc_asprintf(ctx, "exercises/%s/%s", exercise->folder,
                                      exercise->source);

    if (!row->again || !source || strcmp(source, own) == 0 ||
        source[strspn(source, plain)] != '\0')
        return row->again;
    return talloc_asprintf(ctx, "%s SRC=%s", row->again, source);
}

void terminal_failure(const struct terminal *terminal, void *ctx,
                      const struct exercise *exercise, const struct row *row)
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
    /* What was measured stands in the row's own line. */
    if (row->message && !row->check->measured)
        terminal_paragraph(terminal, ctx, row->message);
    if (first && first->message &&
        (!row->message || strcmp(first->message, row->message) != 0))
        terminal_paragraph(terminal, ctx, first->message);
    if (!row->check->measured)
        putc('\n', terminal->out);
    if (first)
        print_finding(terminal, ctx, first);
    print_item(terminal, ctx, "Why:", first ? first->idea : NULL);
    print_item(terminal, ctx, "Try:", row->help);
    print_item(terminal, ctx, "Read:", row->handout);
    print_item(terminal, ctx, "Again:", again(terminal, ctx, exercise, row));
}
