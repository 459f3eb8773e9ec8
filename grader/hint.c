/*
 * hint.c - `make hint`: the next hint for the check that failed last.
 *
 * Hints live in the handout, below "## Hints" and a heading of the check's
 * name, as a numbered list of growing strength. Each call gives the next; the
 * strongest is repeated. They cost nothing.
 */
#include "hint.h"

#include <cmark.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "exercise.h"
#include "say.h"
#include "state.h"
#include "verbs.h"

enum { COLUMNS = 76, HANDOUT_MAX = 1 << 20 };

/* ---- from Markdown to plain lines ---------------------------------------- */

/* All that is said inside a node, in one line; code keeps its backquotes. */
static char *inline_text(void *ctx, cmark_node *node)
{
    char *text = talloc_strdup(ctx, "");
    cmark_iter *iter = cmark_iter_new(node);
    cmark_event_type event;

    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *at = cmark_iter_get_node(iter);
        const char *literal = cmark_node_get_literal(at);

        if (event != CMARK_EVENT_ENTER)
            continue;
        switch (cmark_node_get_type(at)) {
        case CMARK_NODE_TEXT:
        case CMARK_NODE_HTML_INLINE: /* <pthread.h> */
            text = talloc_strdup_append(text, literal);
            break;
        case CMARK_NODE_CODE:
            text = talloc_asprintf_append(text, "`%s`", literal);
            break;
        case CMARK_NODE_SOFTBREAK:
        case CMARK_NODE_LINEBREAK:
            text = talloc_strdup_append(text, " ");
            break;
        default:
            break;
        }
    }
    cmark_iter_free(iter);
    return text;
}

/* Appends a paragraph, broken at blanks, each line behind two blanks. */
static char *append_wrapped(char *out, char *paragraph)
{
    char *rest = NULL;
    size_t column = 0;

    for (char *word = strtok_r(paragraph, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        size_t size = strlen(word);
        bool fits = column > 0 && column + 1 + size <= COLUMNS;

        out = talloc_asprintf_append(out, "%s%s",
                                     fits     ? " "
                                     : column ? "\n  "
                                              : "  ",
                                     word);
        column = fits ? column + 1 + size : 2 + size;
    }
    return talloc_strdup_append(out, "\n");
}

static char *append_code(char *out, const char *code)
{
    while (*code) {
        int size = (int)strcspn(code, "\n");
        out = talloc_asprintf_append(out, "%s%.*s\n", size ? "      " : "",
                                     size, code);
        code += size + (code[size] == '\n');
    }
    return out;
}

/* The blocks of a list's item, a blank line between two. */
static char *append_blocks(void *ctx, char *out, cmark_node *parent)
{
    for (cmark_node *node = cmark_node_first_child(parent); node;
         node = cmark_node_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);

        if (type == CMARK_NODE_LIST || type == CMARK_NODE_ITEM ||
            type == CMARK_NODE_BLOCK_QUOTE) {
            out = append_blocks(ctx, out, node);
            continue;
        }
        if (*out)
            out = talloc_strdup_append(out, "\n");
        if (type == CMARK_NODE_CODE_BLOCK)
            out = append_code(out, cmark_node_get_literal(node));
        else
            out = append_wrapped(out, inline_text(ctx, node));
    }
    return out;
}

static bool is_heading(void *ctx, cmark_node *node, int level, const char *text)
{
    char *said;
    size_t size;

    if (cmark_node_get_type(node) != CMARK_NODE_HEADING ||
        cmark_node_get_heading_level(node) != level)
        return false;
    said = inline_text(ctx, node);
    size = strlen(said);
    if (size > 2 && said[0] == '`' && said[size - 1] == '`') {
        said[size - 1] = '\0';
        said++;
    }
    return strcmp(said, text) == 0;
}

/* The list below "### check", below "## Hints"; or NULL. */
static cmark_node *find_list(void *ctx, cmark_node *document, const char *check)
{
    bool in_hints = false, in_check = false;

    for (cmark_node *node = cmark_node_first_child(document); node;
         node = cmark_node_next(node)) {
        cmark_node_type type = cmark_node_get_type(node);

        if (type == CMARK_NODE_LIST && in_check)
            return node;
        if (type != CMARK_NODE_HEADING)
            continue;
        if (cmark_node_get_heading_level(node) <= 2)
            in_hints = is_heading(ctx, node, 2, "Hints");
        in_check = in_hints && is_heading(ctx, node, 3, check);
    }
    return NULL;
}

struct hints hint_read(void *ctx, const char *markdown, size_t size,
                       const char *check)
{
    struct hints hints = {0};
    cmark_node *document =
        cmark_parse_document(markdown, size, CMARK_OPT_DEFAULT);
    cmark_node *list = find_list(ctx, document, check);
    cmark_node *item = list ? cmark_node_first_child(list) : NULL;

    for (; item; item = cmark_node_next(item)) {
        hints.items =
            talloc_realloc(ctx, hints.items, const char *, hints.count + 1);
        hints.items[hints.count++] =
            append_blocks(ctx, talloc_strdup(ctx, ""), item);
    }
    cmark_node_free(document);
    return hints;
}

/* ---- the verb ------------------------------------------------------------ */

static int read_handout(void *ctx, const struct options *options,
                        const struct exercise *exercise, char **text,
                        size_t *size)
{
    const char *path = talloc_asprintf(ctx, "%s/handouts/%s.md", options->root,
                                       exercise->folder);
    FILE *file = fopen(path, "re");

    if (!file) {
        say_fault("handouts/%s.md: %s", exercise->folder, strerror(errno));
        return -1;
    }
    *text = talloc_size(ctx, HANDOUT_MAX);
    *size = fread(*text, 1, HANDOUT_MAX, file);
    fclose(file);
    return 0;
}

static int give_hint(void *ctx, const struct options *options,
                     const struct exercise *exercise, const struct state *state)
{
    struct hints hints;
    char *text;
    size_t size, next;

    if (read_handout(ctx, options, exercise, &text, &size) < 0)
        return STATUS_NO_WORK;
    hints = hint_read(ctx, text, size, state->failed);
    if (hints.count == 0 && strcmp(state->failed, "builds") == 0) {
        printf("It does not build. Look at the first message only: it names "
               "the line, and\nthose that follow are often its echo.\n");
        return STATUS_FULL_MARKS;
    }
    if (hints.count == 0)
        return say_fault("handouts/%s.md has no hints for %s; read what it "
                         "says about it",
                         exercise->folder, state->failed);
    next = (size_t)state_hints(state, state->failed);
    if (next >= hints.count)
        next = hints.count - 1;
    printf("%s%s %s, %s%s: hint %zu of %zu\n\n%s\n", say_ink(stdout, INK_BOLD),
           exercise->id, exercise->title, state->failed,
           say_ink(stdout, INK_PLAIN), next + 1, hints.count,
           hints.items[next]);
    if (next + 1 < hints.count)
        printf("A stronger one: make hint EX=%s\n", exercise->id);
    else
        printf("This is the strongest. More: handouts/%s.md\n",
               exercise->folder);
    if (state_hint_given(options->root, exercise->id, state->failed) < 0)
        return say_fault("cannot remember that this hint was given: "
                         "build/state/%s.json: %s",
                         exercise->id, strerror(errno));
    return STATUS_FULL_MARKS;
}

static int hint(void *ctx, const struct options *options)
{
    const char *why;
    struct exercise *exercise;
    struct state *state;

    if (!options->exercise)
        return say_fault("hint: for which exercise? make hint EX=01");
    exercise = exercise_find(ctx, options->root, options->exercise, &why);
    if (!exercise)
        return say_fault("%s", why);
    state = state_load(ctx, options->root, exercise->id);
    if (state->checked && state->failed)
        return give_hint(ctx, options, exercise, state);
    if (state->checked && state->score < EXERCISE_POINTS)
        printf("Nothing failed when %s was checked last, but not everything "
               "could be judged\n(%d of %d points). Check again when nothing "
               "else runs on this machine.\n",
               exercise->id, state->score, EXERCISE_POINTS);
    else if (state->checked)
        printf("Nothing failed when %s was checked last.\n", exercise->id);
    else
        printf("Nothing was checked yet, so I cannot know where you are "
               "stuck:\nmake check EX=%s\n",
               exercise->id);
    return STATUS_FULL_MARKS;
}

int verb_hint(const struct options *options)
{
    void *ctx = talloc_new(NULL);
    int status = hint(ctx, options);

    talloc_free(ctx);
    return status;
}
