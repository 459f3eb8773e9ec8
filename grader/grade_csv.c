/*
 * grade_csv.c - grades.csv: a row for each student, also those who have no
 * mark. Opened in a spreadsheet, a name must not become a formula.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "grade.h"
#include "report.h"

const char *grade_mark_name(enum mark mark)
{
    switch (mark) {
    case MARK_PASS:
        return "pass";
    case MARK_FAIL:
        return "fail";
    case MARK_ERROR:
        return "error";
    case MARK_NONE:
        break;
    }
    return "";
}

char *grade_csv_field(void *ctx, const char *text)
{
    char *clean = report_clean(ctx, text);
    const char *first = clean + strspn(clean, " ");
    char *out;

    if (*first && strchr("=+-@", *first))
        clean = talloc_asprintf(ctx, "'%s", clean);
    if (!strpbrk(clean, ",\"") && clean[0] != ' ')
        return clean;
    out = talloc_strdup(ctx, "\"");
    for (const char *c = clean; *c; c++)
        out = talloc_asprintf_append(out, *c == '"' ? "\"\"" : "%c", *c);
    return talloc_strdup_append(out, "\"");
}

/* A path stays one that scripts can open: "./=a.json", and not "'=a.json". */
static const char *path_of(void *ctx, const char *result)
{
    return strchr("=+-@", *result) ? talloc_asprintf(ctx, "./%s", result)
                                   : result;
}

static void print_row(void *ctx, FILE *file, const struct grade *grade,
                      const struct entry *entry)
{
    bool marked = entry->mark == MARK_PASS || entry->mark == MARK_FAIL;

    fprintf(file, "%s,%s,%s,", grade_csv_field(ctx, entry->student),
            grade_csv_field(ctx, grade->exercise->folder),
            grade_mark_name(entry->mark));
    /* Blank, and not 0, for what has no mark. */
    if (marked)
        fprintf(file, "%d,%d,", entry->score, entry->max_score);
    else
        fputs(",,", file);
    if (entry->mark != MARK_NONE)
        fputs(grade_csv_field(ctx, path_of(ctx, entry->result)), file);
    fputs("\r\n", file);
}

int grade_csv(void *ctx, const struct grade *grade, const char **why)
{
    const char *path = talloc_asprintf(ctx, "%s/grades.csv", grade->out);
    const char *new = talloc_asprintf(ctx, "%s.new", path);
    FILE *file = fopen(new, "wxe");
    bool written;

    if (file) {
        fputs("student,exercise,verdict,score,max_score,result\r\n", file);
        for (size_t i = 0; i < grade->entries.count; i++)
            print_row(ctx, file, grade, &grade->entries.items[i]);
        written = fflush(file) == 0 && fsync(fileno(file)) == 0;
        written = fclose(file) == 0 && written;
        if (written && rename(new, path) == 0)
            return 0;
    }
    *why = talloc_asprintf(ctx, "cannot write %s: %s", report_clean(ctx, path),
                           strerror(errno));
    unlink(new);
    return -1;
}
