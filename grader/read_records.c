/*
 * read_records.c - what the harness wrote on the record pipe, and what the
 * oracle printed.
 *
 * Both put one fact on a line, words separated by single spaces, the value
 * last. In a value a newline is written \n, a backslash \\, and " | " is
 * written \p; here values have their real characters again, so that the two
 * sides can be compared.
 *
 * The pipe ends inside of the student's process, so nothing is believed that
 * does not begin with the run's secret, and a last line without its newline,
 * which may be half a number, is passed over. The oracle is the kit's own:
 * what it says must be right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read.h"
#include "read_parts.h"

/* Ceilings: the harness has none of such length. */
enum { VALUE_MAX = 65536, NAME_LIMIT = 256 };

/* The next word up to a space or the end; false when it is empty. */
static bool next_word(struct line *rest, struct line *word)
{
    const char *space = memchr(rest->text, ' ', rest->size);

    word->text = rest->text;
    word->size = space ? (size_t)(space - rest->text) : rest->size;
    word->whole = space != NULL; /* something follows, may be nothing */
    rest->text += word->size + (space != NULL);
    rest->size -= word->size + (space != NULL);
    return word->size > 0 && word->size <= NAME_LIMIT;
}

static bool word_is(const struct line *word, const char *text)
{
    return word->size == strlen(text) &&
           memcmp(word->text, text, word->size) == 0;
}

/* "suite/name" */
static bool is_test(const struct line *word)
{
    const char *slash = memchr(word->text, '/', word->size);

    return slash != NULL && slash > word->text &&
           slash + 1 < word->text + word->size;
}

static const char *copy(void *ctx, const struct line *line)
{
    return clean_text(ctx, line->text, line->size, VALUE_MAX);
}

/* A value with its real characters. */
static const char *unescape(void *ctx, const struct line *line)
{
    char *value = talloc_array(ctx, char, line->size * 3 + 1);
    const char *clean;
    size_t used = 0;

    for (size_t i = 0; i < line->size; i++) {
        char c = line->text[i];

        if (c != '\\' || i + 1 == line->size) {
            value[used++] = c;
            continue;
        }
        c = line->text[++i];
        if (c == 'p') {
            memcpy(value + used, " | ", 3);
            used += 3;
        } else {
            value[used++] = c == 'n' ? '\n' : c;
        }
    }
    clean = clean_text(ctx, value, used, VALUE_MAX);
    talloc_free(value);
    return clean;
}

/* ---- records
 * ----------------------------------------------------------------- */

static bool read_record(void *ctx, struct line rest, const char *secret,
                        struct record *record)
{
    struct line word, test, key;

    if (!next_word(&rest, &word) || !word_is(&word, secret) ||
        !next_word(&rest, &word) || !next_word(&rest, &test) || !is_test(&test))
        return false;
    memset(record, 0, sizeof *record);
    if (word_is(&word, "value")) {
        if (!test.whole || !next_word(&rest, &key) || !key.whole)
            return false;
        record->kind = RECORD_VALUE;
        record->key = copy(ctx, &key);
        record->value = unescape(ctx, &rest);
    } else if (!test.whole && word_is(&word, "start")) {
        record->kind = RECORD_START;
    } else if (!test.whole && word_is(&word, "end")) {
        record->kind = RECORD_END;
    } else {
        return false;
    }
    record->test = copy(ctx, &test);
    return true;
}

struct records read_records(void *ctx, const char *text, size_t size,
                            const char *secret)
{
    struct cursor cursor = {text, text + size};
    struct records records = {0};
    struct record record;
    struct line line;

    while (read_line(&cursor, &line)) {
        if (!line.whole || !read_record(ctx, line, secret, &record))
            continue;
        records.items = talloc_realloc(ctx, records.items, struct record,
                                       (unsigned)records.count + 1);
        records.items[records.count++] = record;
    }
    return records;
}

/* ---- expectations
 * ------------------------------------------------------------- */

static int relation_of(const struct line *word)
{
    static const char *const names[] = {
        [REL_EQ] = "eq", [REL_NE] = "ne", [REL_LT] = "lt",   [REL_LE] = "le",
        [REL_GT] = "gt", [REL_GE] = "ge", [REL_STR] = "str",
    };

    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (word_is(word, names[i]))
            return i;
    return -1;
}

static bool is_number(const char *text)
{
    char *end;

    errno = 0;
    (void)strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && text[0] != ' ';
}

/* "suite/name key RELATION VALUE | why"; NULL, or what is wrong */
static const char *read_expectation(void *ctx, struct line rest,
                                    struct expectation *out)
{
    struct line test, key, word;
    const char *bar;
    int relation;

    if (!next_word(&rest, &test) || !is_test(&test) || !test.whole)
        return "no test";
    if (!next_word(&rest, &key) || !key.whole)
        return "no key";
    if (!next_word(&rest, &word) || !word.whole ||
        (relation = relation_of(&word)) < 0)
        return "no relation";
    bar = line_find(&rest, " | ");
    if (bar == NULL)
        return "no sentence that says why";
    word.text = rest.text;
    word.size = (size_t)(bar - rest.text);
    rest.size -= word.size + 3;
    rest.text = bar + 3;
    out->test = copy(ctx, &test);
    out->key = copy(ctx, &key);
    out->relation = (enum relation)relation;
    out->value = unescape(ctx, &word);
    out->why = unescape(ctx, &rest);
    if (relation != REL_STR && !is_number(out->value))
        return "no number";
    return NULL;
}

static const char *read_oracle_line(void *ctx, struct line rest,
                                    struct expectations *out)
{
    struct line word, test;

    if (!rest.whole)
        return "cut short";
    if (!next_word(&rest, &word))
        return "an empty line";
    if (word_is(&word, "expect")) {
        out->items = talloc_realloc(ctx, out->items, struct expectation,
                                    (unsigned)out->count + 1);
        return read_expectation(ctx, rest, &out->items[out->count++]);
    }
    if (!word_is(&word, "test"))
        return "neither 'test' nor 'expect'";
    if (!next_word(&rest, &test) || !is_test(&test) || test.whole)
        return "no test";
    out->tests = talloc_realloc(ctx, out->tests, const char *,
                                (unsigned)out->test_count + 1);
    out->tests[out->test_count++] = copy(ctx, &test);
    return NULL;
}

int read_expectations(void *ctx, const char *text, size_t size,
                      struct expectations *out, const char **why)
{
    struct cursor cursor = {text, text + size};
    struct line line;
    unsigned number = 0;

    memset(out, 0, sizeof *out);
    while (read_line(&cursor, &line)) {
        const char *fault = read_oracle_line(ctx, line, out);

        number++;
        if (fault != NULL) {
            *why = talloc_asprintf(ctx, "the oracle's line %u: %s: \"%s\"",
                                   number, fault,
                                   clean_text(ctx, line.text, line.size, 200));
            return -1;
        }
    }
    return 0;
}
