/*
 * read_tsan_words.c - from what the lines of one of ThreadSanitizer's reports
 * said to a report in words of the subject.
 */
#include "read_tsan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

/* Titles by how they begin. In the words, %s is the lock or the call. */
static const struct kind {
    const char *title;
    enum bug bug;
    const char *what;   /* of the first stack; NULL: an access says itself */
    const char *second; /* of the one after "and:" */
} kinds[] = {
    {"data race", BUG_RACE, NULL, NULL},
    {"race on", BUG_RACE, NULL, NULL},
    {"heap-use-after-free", BUG_BAD_ACCESS, NULL, NULL},
    {"lock-order-inversion", BUG_LOCK_ORDER, NULL, NULL},
    {"unlock of an unlocked mutex", BUG_LOCK_MISUSE,
     "releases %s without holding it", NULL},
    {"double lock of a mutex", BUG_LOCK_MISUSE,
     "takes %s again while holding it", "took %s before"},
    {"destroy of a locked mutex", BUG_LOCK_MISUSE,
     "destroys %s while it is held", "takes %s"},
    {"use of an invalid mutex", BUG_LOCK_MISUSE,
     "uses %s, which is not initialised or already destroyed", NULL},
    {"read lock of a write locked mutex", BUG_LOCK_MISUSE,
     "takes %s to read while holding it to write", NULL},
    {"read unlock of a write locked mutex", BUG_LOCK_MISUSE,
     "releases %s as a reader while holding it to write", NULL},
    {"thread leak", BUG_THREAD_LEAK, NULL, NULL},
    {"signal-unsafe call", BUG_SIGNAL_UNSAFE, "calls %s in a signal handler",
     NULL},
    {"signal handler spoils errno", BUG_SIGNAL_UNSAFE,
     "changes errno in a signal handler", NULL},
    {"SEGV", BUG_CRASH, "crashes", NULL},
    {"BUS", BUG_CRASH, "crashes", NULL},
    {"FPE", BUG_CRASH, "crashes", NULL},
    {"ILL", BUG_CRASH, "crashes", NULL},
    {"stack-overflow", BUG_CRASH, "uses up its stack", NULL},
    {"attempting double-free", BUG_BAD_FREE, "frees a block again", NULL},
    {"", BUG_OTHER, "", NULL},
};

static const struct kind *kind_of(const char *title)
{
    const struct kind *kind = kinds;

    while (strncmp(title, kind->title, strlen(kind->title)) != 0)
        kind++;
    return kind;
}

/* ---- locks ----------------------------------------------------------------
 */

static const char *lock_name(struct tsan *tsan, const struct tsan_lock *lock)
{
    const char *name;

    if (tsan->symbols == NULL || lock->address < tsan->base)
        return NULL;
    name = symbols_data(tsan->symbols, lock->address - tsan->base);
    return name ? talloc_strdup(tsan->ctx, name) : NULL;
}

static const struct tsan_lock *find_lock(const struct tsan *tsan,
                                         unsigned long number)
{
    for (size_t i = 0; i < tsan->draft.lock_count; i++)
        if (tsan->draft.locks[i].number == number)
            return &tsan->draft.locks[i];
    return NULL;
}

/* "M0", or "M0 (accounts)" when the name is known */
static const char *lock_label(struct tsan *tsan, unsigned long number)
{
    const struct tsan_lock *lock = find_lock(tsan, number);
    const char *name = lock ? lock_name(tsan, lock) : NULL;

    if (name != NULL)
        return talloc_asprintf(tsan->ctx, "M%lu (%s)", number, name);
    return talloc_asprintf(tsan->ctx, "M%lu", number);
}

/* The same, with where it was made when it has no name. */
static const char *lock_about(struct tsan *tsan, const struct tsan_lock *lock)
{
    const struct stack *made = &lock->made;
    const char *where = stack_where(tsan->scratch, made);
    bool set_up = made->call && strstr(made->call, "_init") != NULL;

    if (lock_name(tsan, lock) != NULL || where == NULL)
        return lock_label(tsan, lock->number);
    return talloc_asprintf(tsan->ctx, "M%lu (%s at %s)", lock->number,
                           set_up ? "initialised" : "first used", where);
}

/* "write M0, read M1" becomes "M0 (total_lock), M1 to read" */
static const char *locks_held(struct tsan *tsan, const char *printed)
{
    char *held = NULL;

    for (const char *p = printed; p && *p; p += strspn(p, ", ")) {
        size_t word = strcspn(p, ",");
        bool read = strncmp(p, "read ", 5) == 0;
        const char *m = memchr(p, 'M', word);
        unsigned long number;

        if (m != NULL && sscanf(m, "M%lu", &number) == 1)
            held = talloc_asprintf(tsan->ctx, "%s%s%s%s", held ? held : "",
                                   held ? ", " : "", lock_label(tsan, number),
                                   read ? " to read" : "");
        p += word;
    }
    return held;
}

/* ---- sides ----------------------------------------------------------------
 */

static const char *access_what(struct tsan *tsan, const struct tsan_side *from)
{
    const char *call = stack_call(&from->at);

    if (tsan->draft.is_descriptor && call != NULL && strcmp(call, "close"))
        return talloc_asprintf(tsan->ctx, "uses the descriptor in %s", call);
    return access_words(tsan->ctx, from->write, from->atomic, from->size, call);
}

/* Puts the lock or the call into the words of a kind. */
static const char *fill(struct tsan *tsan, const char *words, const char *call)
{
    const struct tsan_draft *draft = &tsan->draft;
    const char *gap = strstr(words, "%s");
    const char *it = "the lock";

    if (gap == NULL)
        return words;
    if (strncmp(words, "calls ", 6) == 0)
        it = call ? call : "an unsafe function";
    else if (draft->global != NULL)
        it = talloc_asprintf(tsan->scratch, "lock `%s`", draft->global);
    else if (draft->lock_count > 0)
        it = talloc_asprintf(tsan->scratch, "lock %s",
                             lock_label(tsan, draft->locks[0].number));
    return talloc_asprintf(tsan->ctx, "%.*s%s%s", (int)(gap - words), words, it,
                           gap + 2);
}

static const char *side_what(struct tsan *tsan, const struct kind *kind,
                             size_t index)
{
    const struct tsan_side *from = &tsan->draft.sides[index];

    if (from->act == TSAN_ACCESS)
        return access_what(tsan, from);
    if (from->act == TSAN_ORDER)
        return talloc_asprintf(tsan->ctx, "takes lock %s while holding %s",
                               lock_label(tsan, from->takes),
                               lock_label(tsan, from->holds));
    if (kind->bug == BUG_THREAD_LEAK)
        return talloc_asprintf(
            tsan->ctx, "starts thread %s, which nobody joins or detaches",
            tsan->draft.tls ? tsan->draft.tls : "");
    if (index == 0 && kind->what != NULL)
        return fill(tsan, kind->what, stack_call(&from->at));
    return kind->second ? fill(tsan, kind->second, stack_call(&from->at)) : "";
}

static const char *side_locks(struct tsan *tsan, const struct tsan_side *from)
{
    const char *where;

    if (from->act != TSAN_ORDER)
        return locks_held(tsan, from->locks);
    where = stack_where(tsan->scratch, &from->first);
    if (where == NULL)
        return lock_label(tsan, from->holds);
    return talloc_asprintf(tsan->ctx, "%s, taken at %s",
                           lock_label(tsan, from->holds), where);
}

static void make_sides(struct tsan *tsan, const struct kind *kind,
                       struct report *report)
{
    for (size_t i = 0; i < tsan->draft.side_count; i++) {
        const struct tsan_side *from = &tsan->draft.sides[i];
        struct side *side = sides_add(tsan->ctx, report);

        side->what = side_what(tsan, kind, i);
        side->thread = from->thread;
        side->locks = side_locks(tsan, from);
        side_stack(side, &from->at);
        if (report->kind == BUG_RACE)
            report->kind = race_kind(stack_call(&from->at), BUG_RACE);
    }
}

/* ---- the report ------------------------------------------------------------
 */

static const char *object_of(struct tsan *tsan, enum bug bug)
{
    const struct tsan_draft *draft = &tsan->draft;
    const char *where = stack_where(tsan->scratch, &draft->made);
    char *text = NULL;

    if (bug == BUG_THREAD_LEAK)
        return NULL;
    if (draft->global != NULL)
        return draft->global;
    if (draft->is_block)
        return talloc_asprintf(tsan->ctx, "block of %lu bytes%s%s",
                               draft->block, where ? " allocated at " : "",
                               where ? where : "");
    if (draft->is_descriptor)
        return talloc_asprintf(tsan->ctx, "descriptor %lu%s%s",
                               draft->descriptor, where ? " opened at " : "",
                               where ? where : "");
    if (draft->tls != NULL)
        return talloc_asprintf(tsan->ctx, "thread-local data of %s",
                               draft->tls);
    if (bug != BUG_LOCK_ORDER && bug != BUG_LOCK_MISUSE)
        return NULL;
    if (draft->sides[0].act == TSAN_ACCESS)
        return NULL;
    for (size_t i = 0; i < draft->lock_count; i++)
        text = talloc_asprintf(tsan->ctx, "%s%s%s", text ? text : "",
                               text ? ", " : "",
                               lock_about(tsan, &draft->locks[i]));
    return text;
}

static const char *test_of(struct tsan *tsan, enum bug bug)
{
    const struct tsan_draft *draft = &tsan->draft;
    const char *test = NULL;

    for (size_t i = 0; !test && i < draft->side_count; i++)
        if (!(test = test_of_stack(tsan->ctx, &draft->sides[i].at)))
            test = test_of_stack(tsan->ctx, &draft->sides[i].first);
    for (size_t i = 0; !test && i < draft->birth_count; i++)
        test = test_of_stack(tsan->ctx, &draft->births[i]);
    if (test == NULL)
        test = test_of_stack(tsan->ctx, &draft->made);
    /* Threads that were left behind are counted when all tests are over. */
    if (test == NULL && bug != BUG_THREAD_LEAK)
        test = tsan->test;
    return test;
}

static bool needs_two(enum bug bug)
{
    return bug == BUG_RACE || bug == BUG_LOCK_ORDER;
}

void tsan_finish(struct tsan *tsan, const char *end)
{
    struct tsan_draft *draft = &tsan->draft;
    const struct kind *kind;
    struct report *report;

    if (!draft->open)
        return;
    draft->open = false;
    kind = kind_of(draft->title);
    report = reports_add(tsan->ctx, &tsan->reports, LENS_TSAN);
    report->kind = kind->bug;
    report->title = draft->title;
    make_sides(tsan, kind, report);
    /* A race and a cycle have two sides, or it was not understood. */
    if (report->count < (needs_two(report->kind) ? 2 : 1))
        report->kind = BUG_OTHER;
    report->object = object_of(tsan, report->kind);
    report->test = test_of(tsan, report->kind);
    report->raw = clean_text(tsan->ctx, draft->begin,
                             (size_t)(end - draft->begin), READ_RAW_MAX);
}
