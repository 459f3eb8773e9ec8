/*
 * passage.c - see passage.h. Basic blocks become lines: a block reaches from
 * its beginning to that of the next, and has the lines that the line table puts
 * there, and the one in which it begins.
 */
#define _GNU_SOURCE
#include "passage.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* Where each block begins, in the order in which they were told. */
struct blocks {
    void *ctx;
    uint64_t *begins; /* talloc arrays */
    size_t *sorted;   /* indices, by where they begin */
    size_t count;
    struct line_of {
        size_t block;
        int line;
    } * lines;
    size_t line_count;
};

static void read_table(struct blocks *blocks, const char *text)
{
    char *end;

    for (;; text = end) {
        uint64_t begin = strtoull(text, &end, 16);

        if (end == text)
            return;
        blocks->begins = talloc_realloc(blocks->ctx, blocks->begins, uint64_t,
                                        (unsigned)blocks->count + 1);
        blocks->begins[blocks->count++] = begin;
    }
}

static int by_begin(const void *a, const void *b, void *state)
{
    const struct blocks *blocks = state;
    uint64_t left = blocks->begins[*(const size_t *)a];
    uint64_t right = blocks->begins[*(const size_t *)b];

    return left < right ? -1 : left > right;
}

static void add_line(struct blocks *blocks, size_t block, int line)
{
    blocks->lines = talloc_realloc(blocks->ctx, blocks->lines, struct line_of,
                                   (unsigned)blocks->line_count + 1);
    blocks->lines[blocks->line_count++] = (struct line_of){block, line};
}

/* The last block that begins there or before. */
static void place_line(void *state, uint64_t offset, int line)
{
    struct blocks *blocks = state;
    size_t low = 0, high = blocks->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (blocks->begins[blocks->sorted[middle]] <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0)
        add_line(blocks, blocks->sorted[low - 1], line);
}

static void find_lines(struct blocks *blocks, struct symbols *symbols)
{
    blocks->sorted = talloc_array(blocks->ctx, size_t, (unsigned)blocks->count);
    for (size_t i = 0; i < blocks->count; i++)
        blocks->sorted[i] = i;
    qsort_r(blocks->sorted, blocks->count, sizeof blocks->sorted[0], by_begin,
            blocks);
    symbols_lines(symbols, place_line, blocks);
    for (size_t i = 0; i < blocks->count; i++) {
        struct place place = symbols_code(symbols, blocks->begins[i]);

        if (place.student)
            add_line(blocks, i, place.line);
    }
}

bool passage_has(const struct passage *passage, int line)
{
    for (size_t i = 0; i < passage->count; i++)
        if (passage->lines[i] == line)
            return true;
    return false;
}

/* Has the flag of that block been set? */
static bool was_set(const char *bits, size_t block)
{
    size_t length = strlen(bits);
    char digit[2] = {block / 4 < length ? bits[block / 4] : '0', '\0'};

    return strtoul(digit, NULL, 16) >> block % 4 & 1;
}

static void add_test(void *ctx, struct run *run, const struct blocks *blocks,
                     const struct record *record)
{
    struct passage passage = {.test = record->test};

    passage.lines = talloc_array(ctx, int, (unsigned)blocks->line_count);
    for (size_t i = 0; i < blocks->line_count; i++)
        if (was_set(record->value, blocks->lines[i].block) &&
            !passage_has(&passage, blocks->lines[i].line))
            passage.lines[passage.count++] = blocks->lines[i].line;
    run->passages = talloc_realloc(ctx, run->passages, struct passage,
                                   (unsigned)run->passage_count + 1);
    run->passages[run->passage_count++] = passage;
}

void passages_read(void *ctx, struct run *run, struct symbols *symbols)
{
    struct blocks blocks = {.ctx = talloc_new(ctx)};

    for (size_t i = 0; i < run->records.count; i++)
        if (run->records.items[i].kind == RECORD_VALUE &&
            strcmp(run->records.items[i].key, "blocks") == 0)
            read_table(&blocks, run->records.items[i].value);
    if (blocks.count > 0)
        find_lines(&blocks, symbols);
    for (size_t i = 0; i < run->records.count; i++)
        if (run->records.items[i].kind == RECORD_VALUE &&
            strcmp(run->records.items[i].key, "ran") == 0)
            add_test(ctx, run, &blocks, &run->records.items[i]);
    talloc_free(blocks.ctx);
}
