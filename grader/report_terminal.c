/*
 * report_terminal.c - a verdict for a person at a terminal: 80 columns, one
 * line for each row, then the first failure told in full and the rest
 * counted.
 *
 *   what happened - where, both sides - how it goes wrong - the idea and the
 *   handout - the command that shows it again
 */
#include <string.h>
#include <talloc.h>

#include "curve.h"
#include "report_terminal.h"

enum { STATUS_COLUMN = 2, POINTS_COLUMN = 15, TITLE_COLUMN = 24 };

#define NOTES_SHOWN 3

/* ---- ink ------------------------------------------------------------------
 */

const char *terminal_ink(const struct terminal *terminal, const char *code)
{
    return terminal->colour ? code : "";
}

const char *terminal_plain(const struct terminal *terminal)
{
    return terminal_ink(terminal, "\033[0m");
}

const char *terminal_bold(const struct terminal *terminal)
{
    return terminal_ink(terminal, "\033[1m");
}

static const char *status_ink(const struct terminal *terminal,
                              enum status status)
{
    switch (status) {
    case STATUS_PASS:
        return terminal_ink(terminal, "\033[32m");
    case STATUS_FAIL:
    case STATUS_ERROR:
        return terminal_ink(terminal, "\033[1;31m");
    case STATUS_SKIPPED:
    case STATUS_INCONCLUSIVE:
        break;
    }
    return terminal_ink(terminal, "\033[33m");
}

/* ---- rows -----------------------------------------------------------------
 */

/* "tsan helgrind": the lenses that had something to say. */
static char *lens_list(void *ctx, const struct row *row)
{
    char *text = talloc_strdup(ctx, "");
    unsigned set = 0;

    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (row->run_counts[lens] > 0)
            set |= 1u << lens;
    if (set == 0)
        set = row->check->lenses;
    for (int lens = 0; lens < LENS_COUNT; lens++)
        if (set & 1u << lens)
            text = talloc_asprintf_append(text, "%s%s", *text ? " " : "",
                                          lens_name((enum lens)lens));
    return text;
}

/* The title, broken where it is too long, and the lenses at the right. */
static void print_title(const struct terminal *terminal, const char *title,
                        const char *lenses)
{
    size_t room = TERMINAL_COLUMNS - TITLE_COLUMN, tail = strlen(lenses) + 2;

    while (report_width(title) > room) {
        size_t cut = 0, columns = 0;
        for (size_t i = 0; title[i] && columns <= room; i++) {
            if (title[i] == ' ')
                cut = i;
            columns += ((unsigned char)title[i] & 0xc0) != 0x80;
        }
        if (cut == 0)
            break;
        fprintf(terminal->out, "%.*s\n%*s", (int)cut, title, TITLE_COLUMN, "");
        title += cut + 1;
    }
    fputs(title, terminal->out);
    if (report_width(title) + tail > room)
        fprintf(terminal->out, "\n%*s%s%*s%s%s\n", TITLE_COLUMN, "",
                terminal_ink(terminal, "\033[2m"), (int)(room + 2 - tail), "",
                lenses, terminal_plain(terminal));
    else
        fprintf(terminal->out, "%s%*s%s%s\n", terminal_ink(terminal, "\033[2m"),
                (int)(room - report_width(title) + 2 - tail), "", lenses,
                terminal_plain(terminal));
}

/* Messages that belong to the row itself and are not told again below. */
static bool has_line(const struct row *row)
{
    if (!row->message)
        return false;
    if (row->status == STATUS_FAIL)
        return row->check->measured;
    return row->status == STATUS_PASS || row->status == STATUS_INCONCLUSIVE ||
           (row->status == STATUS_SKIPPED && row->max_points == 0 &&
            row->check->points > 0);
}

/* "waiting/loop" begins with the row of "waiting/sequential". */
static bool same_line(const char *a, const char *b)
{
    size_t n = strcspn(a, "/");

    return strncmp(a, b, n) == 0 && b[n] == '/';
}

/* Times, and how many times as fast as the first of its row each is. */
static void print_figures(const struct terminal *terminal, void *ctx,
                          const struct row *row)
{
    const struct figure *first = row->figures;

    if (row->figure_count == 0)
        return;
    fprintf(terminal->out, "%*s%-24s%12s%8s%12s\n", TITLE_COLUMN, "", "",
            "virtual", "", "clock");
    for (size_t i = 0; i < row->figure_count; i++) {
        const struct figure *figure = &row->figures[i];

        if (!same_line(figure->name, first->name))
            first = figure;
        fprintf(terminal->out, "%*s%-24.24s%9.3f ms", TITLE_COLUMN, "",
                report_clean(ctx, figure->name), figure->virtual_time * 1e3);
        if (figure->virtual_time > 0)
            fprintf(terminal->out, "%7.2fx",
                    first->virtual_time / figure->virtual_time);
        if (figure->clock > 0)
            fprintf(terminal->out, "%9.1f ms", figure->clock * 1e3);
        putc('\n', terminal->out);
    }
}

void report_row(const struct terminal *terminal, const struct row *row)
{
    void *ctx = talloc_new(NULL);
    const char *word = status_name(row->status);
    char *points = talloc_strdup(ctx, "");

    if (row->max_points > 0)
        points = talloc_asprintf(ctx, "%3d/%d", row->points, row->max_points);
    else if (row->check->points > 0)
        points = talloc_strdup(ctx, "  -");
    if (row->status == STATUS_FAIL)
        word = "FAIL";
    if (row->status == STATUS_SKIPPED && row->reason)
        word = row->reason;
    fprintf(terminal->out, "%*s%s%-*s%s%-*s", STATUS_COLUMN, "",
            status_ink(terminal, row->status), POINTS_COLUMN - STATUS_COLUMN,
            word, terminal_plain(terminal), TITLE_COLUMN - POINTS_COLUMN,
            points);
    print_title(terminal, report_clean(ctx, row->check->title),
                lens_list(ctx, row));
    if (has_line(row)) {
        fprintf(terminal->out, "%*s", TITLE_COLUMN, "");
        report_wrap(terminal->out, report_clean(ctx, row->message),
                    TITLE_COLUMN, TITLE_COLUMN);
    }
    print_figures(terminal, ctx, row);
    talloc_free(ctx);
}

/* ---- the rest -------------------------------------------------------------
 */

/* Findings of all rows, each once, without the one that was told. */
static size_t collect(void *ctx, const struct verdict *verdict,
                      const struct finding *told, const struct finding ***out)
{
    size_t count = 0;

    *out = NULL;
    for (size_t i = 0; i < verdict->row_count; i++)
        for (size_t k = 0; k < verdict->rows[i].finding_count; k++) {
            const struct finding *finding = verdict->rows[i].findings[k];
            bool known = finding == told;
            for (size_t n = 0; n < count && !known; n++)
                known = (*out)[n] == finding;
            if (known)
                continue;
            *out = talloc_realloc(ctx, *out, const struct finding *, count + 1);
            (*out)[count++] = finding;
        }
    return count;
}

/* "racy.c:12 (data race)" */
static char *label_of(const struct terminal *terminal, void *ctx,
                      const struct finding *finding)
{
    const struct place *place =
        finding->location_count > 0 ? &finding->locations[0].place : NULL;

    if (!place || place->line == 0)
        return talloc_strdup(ctx, property_name(finding->property));
    return talloc_asprintf(ctx, "%s:%d (%s)", terminal_file(terminal, place),
                           place->line, property_name(finding->property));
}

/* What else was found, each place once. */
static void print_more(const struct terminal *terminal, void *ctx,
                       const struct verdict *verdict,
                       const struct finding *told)
{
    const struct finding **more;
    size_t count = collect(ctx, verdict, told, &more), labels = 0;
    char *text = talloc_strdup(ctx, "");

    for (size_t i = 0; i < count; i++) {
        const char *label = label_of(terminal, ctx, more[i]);
        if (strstr(text, label))
            continue;
        labels++;
        text = talloc_asprintf(ctx, "%s%s%s", text, *text ? ", " : "", label);
    }
    if (labels == 0)
        return;
    putc('\n', terminal->out);
    terminal_paragraph(terminal, ctx,
                       talloc_asprintf(ctx, "%zu more finding%s: %s.", labels,
                                       labels == 1 ? "" : "s", text));
}

static void print_notes(const struct terminal *terminal, void *ctx,
                        const struct verdict *verdict)
{
    if (verdict->note_count == 0)
        return;
    fprintf(terminal->out, "\n  %sNotes%s (they cost nothing)\n",
            terminal_bold(terminal), terminal_plain(terminal));
    for (size_t i = 0; i < verdict->note_count && i < NOTES_SHOWN; i++) {
        const struct finding *note = &verdict->notes[i];
        char *text = talloc_strdup(ctx, note->message);
        if (note->location_count > 0 && note->locations[0].place.line > 0)
            text = talloc_asprintf(
                ctx, "%s:%d: %s",
                terminal_file(terminal, &note->locations[0].place),
                note->locations[0].place.line, text);
        if (note->property == PROPERTY_BUILD && note->idea)
            text = talloc_asprintf(ctx, "%s%s %s", text,
                                   text[strlen(text) - 1] == '?' ? "" : ".",
                                   note->idea);
        fputs("  - ", terminal->out);
        report_wrap(terminal->out, report_clean(ctx, text), 4, 4);
    }
    if (verdict->note_count > NOTES_SHOWN)
        fprintf(terminal->out, "  - and %zu more\n",
                verdict->note_count - NOTES_SHOWN);
}

static void print_unseen(const struct terminal *terminal, void *ctx,
                         const struct verdict *verdict)
{
    if (verdict->unseen_count == 0)
        return;
    fprintf(terminal->out, "\n  %sNot looked at%s\n", terminal_bold(terminal),
            terminal_plain(terminal));
    for (size_t i = 0; i < verdict->unseen_count; i++) {
        fputs("  - ", terminal->out);
        report_wrap(terminal->out, report_clean(ctx, verdict->unseen[i]), 4, 4);
    }
}

static void print_sum(const struct terminal *terminal,
                      const struct exercise *exercise,
                      const struct verdict *verdict)
{
    int all = 0;
    bool passed = verdict->verdict == VERDICT_PASS;

    for (size_t i = 0; i < verdict->row_count; i++)
        all += verdict->rows[i].check->points;
    fprintf(terminal->out, "\n  %s%s%d of %d points%s", terminal_bold(terminal),
            terminal_ink(terminal, passed ? "\033[32m" : "\033[31m"),
            verdict->score, verdict->max_score, terminal_plain(terminal));
    if (all > verdict->max_score)
        fprintf(terminal->out, " (%d could not be judged here and now)",
                all - verdict->max_score);
    if (verdict->partial)
        fputs(", partial: not all lenses were asked for", terminal->out);
    fputs("\n", terminal->out);
    if (passed)
        fprintf(terminal->out, "  Next:  make list\n");
    else
        fprintf(terminal->out, "  Next:  make hint EX=%s\n", exercise->id);
}

/* What must be mended first: a program that does not build or races cannot be
 * trusted in anything else. Results and deadlocks come in the order of the
 * exercise, which is the order of its steps. A race that only the explorer has
 * met comes after them: the schedule that goes wrong tells how it comes to
 * that. */
static int rank(const struct row *row)
{
    static const int ranks[] = {
        [PROPERTY_BUILD] = 0,     [PROPERTY_RACE] = 1,
        [PROPERTY_DEADLOCK] = 2,  [PROPERTY_RESULTS] = 2,
        [PROPERTY_MEMORY] = 3,    [PROPERTY_FAULTS] = 4,
        [PROPERTY_SCHEDULES] = 2, [PROPERTY_SPEED] = 5,
    };

    if (row->status == STATUS_FAIL && row->check->property == PROPERTY_RACE &&
        row->lens == LENS_INTERLEAVINGS)
        return 3;
    if (row->status == STATUS_FAIL)
        return ranks[row->check->property];
    if (row->status == STATUS_SKIPPED && row->max_points > 0)
        return 10; /* only if nothing fails */
    return 100;
}

const struct row *report_first(const struct verdict *verdict)
{
    const struct row *first = NULL;

    for (size_t i = 0; i < verdict->row_count; i++)
        if (rank(&verdict->rows[i]) < (first ? rank(first) : 100))
            first = &verdict->rows[i];
    return first;
}

void report_verdict(const struct terminal *terminal,
                    const struct exercise *exercise,
                    const struct verdict *verdict)
{
    void *ctx = talloc_new(NULL);
    const struct row *row = report_first(verdict);
    const struct finding *told = NULL;

    if (verdict->verdict == VERDICT_ERROR) {
        fprintf(terminal->out, "\n  %sNo verdict:%s ",
                status_ink(terminal, STATUS_ERROR), terminal_plain(terminal));
        report_wrap(terminal->out,
                    report_clean(ctx, verdict->message ? verdict->message
                                                       : "the kit failed"),
                    14, 2);
        talloc_free(ctx);
        return;
    }
    if (row) {
        told = row->finding_count > 0 ? row->findings[0] : NULL;
        terminal_failure(terminal, ctx, exercise, row);
        if (terminal->curve && row->check->measured)
            curve_tell(terminal->out, terminal->curve);
    }
    print_more(terminal, ctx, verdict, told);
    print_notes(terminal, ctx, verdict);
    if (verdict->verdict == VERDICT_PASS)
        print_unseen(terminal, ctx, verdict);
    print_sum(terminal, exercise, verdict);
    talloc_free(ctx);
}
