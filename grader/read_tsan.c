/*
 * read_tsan.c - ThreadSanitizer's text, line by line.
 *
 * A report begins with "WARNING: ThreadSanitizer:" and ends with "SUMMARY:".
 * In between, a line with a colon at its end opens a section, and the lines
 * "#0 ..." that follow are the stack of that section. The program under test
 * writes to the same stream, at any moment: lines of no known form are passed
 * over, and what is looked for may stand behind somebody's unfinished line.
 * Whoever forges a report accuses herself.
 */
#define _GNU_SOURCE
#include "read_tsan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* Longer lines are cut: no line of the tool's comes near it. */
enum { LINE_MAX_SIZE = 1024 };

/* ---- sections -------------------------------------------------------------
 */

/* "main thread", "thread T1 ..." as the reports name them; else NULL */
static const char *read_thread(struct tsan *tsan, const char *text)
{
    unsigned long number;

    if (strncmp(text, "main thread", 11) == 0)
        return "main thread";
    if (strncmp(text, "thread ", 7) == 0)
        text += 7;
    if (sscanf(text, "T%lu", &number) == 1)
        return talloc_asprintf(tsan->ctx, "T%lu", number);
    return NULL;
}

static struct tsan_side *add_side(struct tsan_draft *draft)
{
    struct tsan_side *side;

    if (draft->side_count == TSAN_SIDES)
        return NULL;
    side = &draft->sides[draft->side_count++];
    draft->sink = &side->at;
    return side;
}

/* "Write of size 8 at 0x7b04 by thread T2 (mutexes: write M0):" */
static bool section_access(struct tsan *tsan, const char *text)
{
    static const struct {
        const char *words;
        bool write, atomic;
    } kinds[] = {
        {"Write of size ", true, false},
        {"Read of size ", false, false},
        {"Previous write of size ", true, false},
        {"Previous read of size ", false, false},
        {"Atomic write of size ", true, true},
        {"Atomic read of size ", false, true},
        {"Previous atomic write of size ", true, true},
        {"Previous atomic read of size ", false, true},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct tsan_side *side;
        const char *by = strstr(text, " by ");
        const char *held = strstr(text, "(mutexes: ");

        if (strncmp(text, kinds[i].words, strlen(kinds[i].words)) != 0)
            continue;
        tsan->draft.sink = &tsan->draft.spill;
        if ((side = add_side(&tsan->draft)) == NULL)
            return true;
        side->act = TSAN_ACCESS;
        side->write = kinds[i].write;
        side->atomic = kinds[i].atomic;
        side->size = strtoul(text + strlen(kinds[i].words), NULL, 10);
        side->thread = by ? read_thread(tsan, by + 4) : NULL;
        if (held != NULL)
            side->locks = talloc_strndup(tsan->scratch, held + 10,
                                         strcspn(held + 10, ")"));
        return true;
    }
    return false;
}

static struct tsan_lock *lock_of(struct tsan_draft *draft, unsigned long number)
{
    for (size_t i = 0; i < draft->lock_count; i++)
        if (draft->locks[i].number == number)
            return &draft->locks[i];
    if (draft->lock_count == TSAN_LOCKS)
        return NULL;
    draft->locks[draft->lock_count].number = number;
    return &draft->locks[draft->lock_count++];
}

/* "Cycle in lock order graph: M0 (0x5646) => M1 (0x5647) => M0" */
static bool section_cycle(struct tsan *tsan, const char *text)
{
    static const char words[] = "Cycle in lock order graph: ";

    if (strncmp(text, words, sizeof words - 1) != 0)
        return false;
    for (const char *p = strchr(text, ':'); p; p = strstr(p + 1, "=> ")) {
        unsigned long number;
        unsigned long long address;
        struct tsan_lock *lock;

        p = strchr(p, 'M');
        if (p == NULL)
            break;
        if (sscanf(p, "M%lu (0x%llx)", &number, &address) == 2 &&
            (lock = lock_of(&tsan->draft, number)) != NULL)
            lock->address = address;
    }
    return true;
}

/* The three sections about mutexes. */
static bool section_mutex(struct tsan *tsan, const char *text)
{
    struct tsan_draft *draft = &tsan->draft;
    unsigned long one, other;
    unsigned long long address;
    const char *in;

    if (strncmp(text, "Mutex M", 7) != 0)
        return false;
    draft->sink = &draft->spill;
    if (sscanf(text, "Mutex M%lu acquired here while holding mutex M%lu", &one,
               &other) == 2) {
        struct tsan_side *side = add_side(draft);

        if (side == NULL)
            return true;
        in = strstr(text, " in ");
        side->act = TSAN_ORDER;
        side->takes = one;
        side->holds = other;
        side->thread = in ? read_thread(tsan, in + 4) : NULL;
    } else if (strstr(text, "previously acquired by the same thread") != NULL) {
        if (draft->side_count > 0)
            draft->sink = &draft->sides[draft->side_count - 1].first;
    } else if (sscanf(text, "Mutex M%lu (0x%llx)", &one, &address) == 2) {
        struct tsan_lock *lock = lock_of(draft, one);

        if (lock != NULL) {
            lock->address = address;
            draft->sink = &lock->made;
        }
    }
    return true;
}

static bool section_location(struct tsan *tsan, const char *text)
{
    struct tsan_draft *draft = &tsan->draft;
    uint64_t offset;
    const char *name;

    if (strncmp(text, "Location is ", 12) != 0)
        return false;
    text += 12;
    draft->sink = &draft->spill;
    if (strncmp(text, "global ", 7) == 0) {
        if (draft->global == NULL && tsan->symbols != NULL &&
            tsan_offset(text, &offset) &&
            (name = symbols_data(tsan->symbols, offset)) != NULL)
            draft->global = talloc_strdup(tsan->ctx, name);
    } else if (sscanf(text, "heap block of size %lu", &draft->block) == 1) {
        draft->is_block = true;
        draft->sink = &draft->made;
    } else if (sscanf(text, "file descriptor %lu", &draft->descriptor) == 1) {
        draft->is_descriptor = true;
        draft->sink = &draft->made;
    } else if (strncmp(text, "TLS of ", 7) == 0) {
        draft->tls = read_thread(tsan, text + 7);
    }
    return true;
}

/* "Thread T2 'name' (tid=6504, running) created by main thread at:" */
static bool section_thread(struct tsan *tsan, const char *text)
{
    struct tsan_draft *draft = &tsan->draft;
    const char *by = strstr(text, " created by ");
    bool leak = strncmp(draft->title, "thread leak", 11) == 0;
    struct tsan_side *side;

    if (strncmp(text, "Thread T", 8) != 0)
        return false;
    draft->sink = &draft->spill;
    if (leak && draft->side_count == 0 && (side = add_side(draft)) != NULL) {
        side->thread = by ? read_thread(tsan, by + 12) : NULL;
        draft->tls = read_thread(tsan, text + 7);
    } else if (draft->birth_count < TSAN_THREADS) {
        draft->sink = &draft->births[draft->birth_count++];
    }
    return true;
}

/* ---- lines ----------------------------------------------------------------
 */

static void begin(struct tsan *tsan, const char *at, const char *title,
                  size_t size)
{
    struct tsan_draft *draft = &tsan->draft;

    tsan_finish(tsan, at);
    memset(draft, 0, sizeof *draft);
    draft->open = true;
    draft->begin = at;
    draft->title = clean_text(tsan->ctx, title, size, READ_TEXT_MAX);
    draft->sink = NULL;
}

/* The first line of a report: "WARNING: ThreadSanitizer: title (pid=1)". */
static bool line_begins(struct tsan *tsan, const struct line *line,
                        const char *text)
{
    static const char *const starts[] = {
        "WARNING: ThreadSanitizer: ", "ERROR: ThreadSanitizer: ",
        "FATAL: ThreadSanitizer: "};

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        const char *start = strstr(text, starts[i]);
        const char *title, *pid;

        if (start == NULL)
            continue;
        title = start + strlen(starts[i]);
        pid = i == 0 ? strstr(title, " (pid=") : strstr(title, " (pc ");
        begin(tsan, line->text, title,
              pid ? (size_t)(pid - title) : strlen(title));
        return true;
    }
    return false;
}

/* What the harness puts between. */
static bool line_marks(struct tsan *tsan, const struct line *line,
                       const char *text)
{
    const char *test = strstr(text, "interleave: test ");
    const char *base = strstr(text, "interleave: base 0x");

    if (test != NULL) {
        tsan_finish(tsan, line->text);
        tsan->test =
            clean_text(tsan->ctx, test + 17, strlen(test + 17), READ_TEXT_MAX);
    }
    if (base != NULL)
        tsan->base = strtoull(base + 17, NULL, 16);
    return test || base;
}

static void line_inside(struct tsan *tsan, const char *text)
{
    struct tsan_draft *draft = &tsan->draft;

    text += strspn(text, " ");
    if (text[0] == '#' && text[1] >= '0' && text[1] <= '9') {
        if (draft->sink == NULL && add_side(draft) == NULL)
            return;
        tsan_frame(tsan, text);
    } else if (strncmp(text, "and:", 4) == 0) {
        draft->sink = &draft->spill;
        add_side(draft);
    } else if (strncmp(text, "As if synchronized", 18) == 0) {
        draft->sink = &draft->spill;
    } else if (!section_access(tsan, text) && !section_cycle(tsan, text) &&
               !section_mutex(tsan, text) && !section_location(tsan, text)) {
        section_thread(tsan, text);
    }
}

static void read_one(struct tsan *tsan, const struct line *line)
{
    char text[LINE_MAX_SIZE];
    const char *from = line_find(line, "ThreadSanitizer: ");
    size_t skip, size;

    if (from == NULL)
        from = line_find(line, "interleave: ");
    /* Room for "==12345==WARNING: " before the word. */
    skip =
        from && from - line->text > 64 ? (size_t)(from - line->text) - 64 : 0;
    size =
        line->size - skip < sizeof text ? line->size - skip : sizeof text - 1;
    memcpy(text, line->text + skip, size);
    text[size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\0')
            text[i] = '?';

    if (line_marks(tsan, line, text) || line_begins(tsan, line, text))
        return;
    if (strstr(text, "ThreadSanitizer: reported ") != NULL && line->whole)
        tsan->ended = true;
    if (!tsan->draft.open)
        return;
    if (strstr(text, "SUMMARY: ThreadSanitizer: ") != NULL)
        tsan_finish(tsan, line->text);
    else
        line_inside(tsan, text);
}

struct reports read_tsan(void *ctx, const char *text, size_t size,
                         struct symbols *symbols)
{
    struct tsan *tsan = talloc_zero(NULL, struct tsan);
    struct cursor cursor = {text, text + size};
    struct reports reports;
    struct line line;
    bool cut;

    tsan->ctx = ctx;
    tsan->scratch = tsan;
    tsan->symbols = symbols;
    tsan->base = tsan_base(text, size);
    while (read_line(&cursor, &line))
        read_one(tsan, &line);
    cut = tsan->draft.open;
    tsan_finish(tsan, text + size);
    reports = tsan->reports;
    reports.complete = !cut && (reports.count == 0 || tsan->ended);
    talloc_free(tsan);
    return reports;
}
