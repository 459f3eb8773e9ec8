/*
 * judge_build.c - does the file compile, with both compilers? Their messages
 * become findings (errors) and notes (warnings); what both say about one line
 * is told once. Warnings cost nothing.
 */
#include <string.h>
#include <talloc.h>

#include "judging.h"

/* What the common warnings mean, for people who see them the first time. */
static const struct {
    const char *option, *words;
} warnings[] = {
    {"-Wunused-variable",
     "The variable is never used: left over, or forgotten?"},
    {"-Wunused-but-set-variable",
     "The variable is set and never read: left over, or forgotten?"},
    {"-Wunused-parameter",
     "The function never looks at this parameter. Where that is meant, write "
     "(void)name;"},
    {"-Wunused-function", "Nobody calls this function."},
    {"-Wunused-result",
     "The call says whether it worked, and nobody looks at the answer."},
    {"-Wimplicit-function-declaration",
     "The function was never declared: is an #include missing, or its name "
     "mistyped?"},
    {"-Wreturn-type",
     "A path reaches the end of the function without returning a value; the "
     "caller then gets anything at all."},
    {"-Wmaybe-uninitialized", "On some path the variable was never set."},
    {"-Wuninitialized", "The variable is read before it is set."},
    {"-Wsometimes-uninitialized", "On some path the variable was never set."},
    {"-Wincompatible-pointer-types",
     "The pointer points to another type than the one wanted. A thread's "
     "function is void *name(void *)."},
    {"-Wint-conversion",
     "A number is used as a pointer, or a pointer as a number: is an & or a "
     "cast missing?"},
    {"-Wint-to-pointer-cast",
     "A number and a pointer differ in size: part of the value is lost. Pass "
     "the address of a struct that outlives the thread."},
    {"-Wpointer-to-int-cast",
     "A number and a pointer differ in size: part of the value is lost."},
    {"-Wsign-compare",
     "A signed and an unsigned number are compared: a negative one then looks "
     "huge."},
    {"-Wformat", "The format and the argument do not fit together."},
    {"-Wformat=", "The format and the argument do not fit together."},
    {"-Wparentheses", "Is this = meant to be ==? If not, add parentheses."},
    {"-Wdiscarded-qualifiers", "A const is dropped on the way."},
    {"-Wmissing-prototypes",
     "Nobody else can call this function: make it static."},
    {"-Wreturn-stack-address",
     "The variable is gone when the function returns, its address with it."},
    {"-Wreturn-local-addr",
     "The variable is gone when the function returns, its address with it."},
    {"-Wempty-body", "A lone ; is the whole body here: is that meant?"},
};
#define WARNINGS (sizeof(warnings) / sizeof(warnings[0]))

const char *words_warning(const char *option)
{
    for (size_t i = 0; option && i < WARNINGS; i++)
        if (strcmp(warnings[i].option, option) == 0)
            return warnings[i].words;
    return NULL;
}

static bool told(const struct diagnostics *list, size_t count, int line,
                 bool error)
{
    for (size_t i = 0; i < count; i++)
        if (list->items[i].line == line && list->items[i].error == error)
            return true;
    return false;
}

/* clang's word on a line of which gcc said the same is left out. */
static bool repeated(const struct evidence *evidence,
                     const struct diagnostics *list, size_t index)
{
    const struct diagnostic *one = &list->items[index];

    return told(list, index, one->line, one->error) ||
           (list == &evidence->clang &&
            told(&evidence->gcc, evidence->gcc.count, one->line, one->error));
}

static struct finding make_finding(struct judging *judging,
                                   const struct diagnostic *diagnostic)
{
    struct finding finding = {.property = PROPERTY_BUILD, .kind = BUG_OTHER};
    struct place place = {judging->exercise->source, diagnostic->line, NULL,
                          true, false};

    finding.message = diagnostic->text;
    finding.idea = words_warning(diagnostic->option);
    finding.lenses = 1u << LENS_BUILD;
    finding.note = !diagnostic->error;
    words_locate(judging, &finding, &place,
                 diagnostic->error ? "error" : "warning");
    return finding;
}

static void add_error(struct judging *judging, struct row *row,
                      struct finding finding)
{
    struct finding *copy = talloc(judging->ctx, struct finding);

    *copy = finding;
    row_add(judging, row, copy);
}

static void tell_errors(struct judging *judging, struct row *row)
{
    const struct diagnostics *lists[] = {&judging->evidence->gcc,
                                         &judging->evidence->clang};

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++)
            if (lists[k]->items[i].error &&
                !repeated(judging->evidence, lists[k], i))
                add_error(judging, row,
                          make_finding(judging, &lists[k]->items[i]));
}

void judge_build(struct judging *judging, struct row *row)
{
    const struct evidence *evidence = judging->evidence;

    if (evidence->built)
        return;
    tell_errors(judging, row);
    row_fail(row, LENS_BUILD, "The file does not compile.");
    row->help = "Begin with the first message; later ones often follow from "
                "it.";
    row->again = again(judging, LENS_BUILD);
    if (row->finding_count == 0) {
        struct finding finding = {.property = PROPERTY_BUILD,
                                  .kind = BUG_OTHER,
                                  .lenses = 1u << LENS_BUILD};
        row->message = "The file cannot be built.";
        row->help = NULL;
        finding.message = evidence->build_trouble
                              ? evidence->build_trouble
                              : "The compilers give no reason.";
        if (evidence->build_place.file)
            words_locate(judging, &finding, &evidence->build_place, "here");
        add_error(judging, row, finding);
    }
}

void judge_build_notes(struct judging *judging, struct verdict *verdict)
{
    const struct diagnostics *lists[] = {&judging->evidence->gcc,
                                         &judging->evidence->clang};

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->count; i++)
            if (!lists[k]->items[i].error &&
                !repeated(judging->evidence, lists[k], i))
                verdict->notes[verdict->note_count++] =
                    make_finding(judging, &lists[k]->items[i]);
}
