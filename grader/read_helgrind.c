/*
 * read_helgrind.c - what Helgrind's errors mean.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read_valgrind.h"

/* ---- races ------------------------------------------------------------------
 */

/* "... during write of size 4 at ...", "... previous read of size 1 by ..." */
static const char *access_of(struct valgrind *valgrind,
                             const struct xml_item *item,
                             const struct stack *stack)
{
    bool write = strstr(item->text, "write of size ") != NULL;

    return access_words(valgrind->ctx, write, false,
                        valgrind_number(item->text, " of size "),
                        stack_call(stack));
}

/*
 * libc keeps books of its own: pthread_create() reuses the stack and the
 * thread-local block of a thread that has ended, ordered by a futex that
 * Helgrind does not know. Accesses that such a call makes are not the
 * student's. (memcpy() and the like touch what she handed over, and count.)
 */
static bool keeps_own_books(const char *call)
{
    static const char *const names[] = {
        "pthread_", "sem_",   "thrd_",    "malloc",        "calloc",
        "realloc",  "valloc", "memalign", "aligned_alloc", "posix_memalign",
        "free",     "exit",   "dl"};

    for (size_t i = 0; call && i < sizeof names / sizeof names[0]; i++)
        if (strncmp(call, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static bool take_race(struct valgrind *valgrind, const struct xml_event *event,
                      struct report *report)
{
    const struct xml_item *item[2] = {
        valgrind_item(event, "data race during", 0),
        valgrind_item(event, "This conflicts with", 0)};

    report->kind = BUG_RACE;
    for (size_t i = 0; i < 2; i++) {
        struct stack stack = valgrind_stack(valgrind, item[i]);
        const char *what = "an access whose place was not kept";

        if (item[i] != NULL) {
            what = access_of(valgrind, item[i], &stack);
            report->kind = race_kind(stack_call(&stack), report->kind);
            if (report->kind == BUG_RACE && keeps_own_books(stack_call(&stack)))
                report->kind = BUG_OTHER;
        }
        valgrind_side(valgrind, report, item[i], what,
                      item[i] ? item[i]->thread : 0);
    }
    report->object = valgrind_object(valgrind, event);
    return true;
}

/* ---- lock order
 * -------------------------------------------------------------- */

/* "M0, taken at bank.c:31" */
static const char *held_at(struct valgrind *valgrind, const char *lock,
                           const struct xml_item *item)
{
    struct stack stack = valgrind_stack(valgrind, item);
    const char *where = stack_where(valgrind->scratch, &stack);

    if (where == NULL)
        return lock;
    return talloc_asprintf(valgrind->ctx, "%s, taken at %s", lock, where);
}

/*
 * 'lock order "M0 before M1" violated': the thread takes M0 while it holds
 * M1, and M1 was taken under M0 before. Where that was is told only for a
 * cycle of two; for longer ones there is where each lock was first seen.
 */
static bool take_order(struct valgrind *valgrind, const struct xml_event *event,
                       struct report *report)
{
    const struct xml_item *main = valgrind_main(event);
    const struct xml_item *first =
        valgrind_item(event, "Required order was established", 0);
    const struct xml_item *later =
        valgrind_item(event, "followed by a later acquisition", 0);
    const struct xml_item *wrong =
        valgrind_item(event, "Observed (incorrect) order", 0);
    const struct xml_item *seen = valgrind_item(event, "was first observed", 0);
    struct side *side;

    report->kind = BUG_LOCK_ORDER;
    if (wrong != NULL && wrong->frames == NULL)
        wrong = NULL;
    side =
        valgrind_side(valgrind, report, main, "takes lock M0 while holding M1",
                      event->count > 0 ? event->items[0].thread : 0);
    side->locks = held_at(valgrind, "M1", wrong);
    side = valgrind_side(valgrind, report, later ? later : seen,
                         later ? "takes lock M1 while holding M0"
                               : "takes lock M0, or uses it first",
                         0);
    if (later != NULL)
        side->locks = held_at(valgrind, "M0", first);
    for (size_t i = 0; !later && seen && i < 1; i++) {
        seen = valgrind_item(event, "was first observed",
                             (size_t)(seen - event->items) + 1);
        if (seen != NULL)
            valgrind_side(valgrind, report, seen,
                          "takes lock M1, or uses it first", 0);
    }
    return true;
}

/* ---- misuse
 * ------------------------------------------------------------------- */

/* By a part of the sentence, the first that fits. */
static const struct misuse {
    const char *part;
    enum bug bug;
    const char *what;
} misuses[] = {
    {"associated lock is not held", BUG_DUBIOUS,
     "signals the condition without holding its lock"},
    {"Exiting thread still holds", BUG_LOCK_MISUSE,
     "ends while it still holds a lock"},
    {"re-lock a non-recursive lock", BUG_LOCK_MISUSE,
     "takes a lock again while holding it"},
    {"destruction of condition variable being waited", BUG_COND_MISUSE,
     "destroys a condition variable while a thread waits for it"},
    {"destruction of unknown cond", BUG_COND_MISUSE,
     "destroys a condition variable that was never used"},
    {"pthread_cond_{timed}wait", BUG_COND_MISUSE,
     "waits for a condition without holding the mutex"},
    {"pthread_cond", BUG_COND_MISUSE, "misuses a condition variable"},
    {"of a locked", BUG_LOCK_MISUSE, "destroys a lock that is held"},
    {"pthread_mutex", BUG_LOCK_MISUSE, "misuses a mutex"},
    {"pthread_rwlock", BUG_LOCK_MISUSE, "misuses a read-write lock"},
    {"pthread_barrier", BUG_LOCK_MISUSE, "misuses a barrier"},
    {"sem", BUG_LOCK_MISUSE, "misuses a semaphore"},
    {"", BUG_OTHER, ""},
};

static bool take_misc(struct valgrind *valgrind, const struct xml_event *event,
                      struct report *report)
{
    const struct misuse *misuse = misuses;
    unsigned long thread = event->count > 0 ? event->items[0].thread : 0;
    const struct stack *birth = valgrind_birth(valgrind, thread);
    const struct xml_item *before =
        valgrind_item(event, "Lock was previously acquired", 0);
    bool nowhere;

    while (strstr(report->title, misuse->part) == NULL)
        misuse++;
    report->kind = misuse->bug;
    nowhere = valgrind_side(valgrind, report, valgrind_main(event),
                            misuse->what, thread)
                  ->depth == 0;
    if (before != NULL)
        valgrind_side(valgrind, report, before, "took the lock before", thread);
    /* A thread that has ended stands nowhere; who started it, does. */
    if (nowhere && birth != NULL)
        side_stack(
            valgrind_side(valgrind, report, NULL, "starts the thread", 0),
            birth);
    return true;
}

static bool take_unlock(struct valgrind *valgrind,
                        const struct xml_event *event, struct report *report)
{
    const char *what = strcmp(event->kind, "UnlockForeign") == 0
                           ? "releases a lock that another thread holds"
                       : strcmp(event->kind, "UnlockUnlocked") == 0
                           ? "releases a lock that is free"
                           : "releases a lock that was never taken, or is none";

    report->kind = BUG_LOCK_MISUSE;
    valgrind_side(valgrind, report, valgrind_main(event), what,
                  event->count > 0 ? event->items[0].thread : 0);
    return true;
}

/* "Thread #1's call to pthread_mutex_lock failed", "with error code 35
 * (EDEADLK: Resource deadlock would occur)" */
static bool take_call(struct valgrind *valgrind, const struct xml_event *event,
                      struct report *report)
{
    const char *call = strstr(report->title, "call to ");
    const char *code = strchr(report->title, '(');
    size_t size = call ? strcspn(call + 8, " ") : 0;
    const char *what;

    if (call == NULL)
        return true;
    call += 8;
    report->kind = strncmp(call, "pthread_cond", 12) == 0 ? BUG_COND_MISUSE
                   : strncmp(call, "pthread_mutex", 13) == 0 ||
                           strncmp(call, "pthread_rwlock", 14) == 0 ||
                           strncmp(call, "pthread_spin", 12) == 0 ||
                           strncmp(call, "pthread_barrier", 15) == 0 ||
                           strncmp(call, "sem_", 4) == 0
                       ? BUG_LOCK_MISUSE
                       : BUG_OTHER;
    what = talloc_asprintf(valgrind->ctx, "calls %.*s, which fails%s%.*s",
                           (int)size, call, code ? " with " : "",
                           code ? (int)strcspn(code + 1, ":)") : 0,
                           code ? code + 1 : "");
    valgrind_side(valgrind, report, valgrind_main(event), what,
                  event->items[0].thread);
    return true;
}

static bool take_error(struct valgrind *valgrind, const struct xml_event *event,
                       struct report *report)
{
    static const struct {
        const char *kind;
        valgrind_error *take;
    } kinds[] = {
        {"Race", take_race},
        {"LockOrder", take_order},
        {"UnlockUnlocked", take_unlock},
        {"UnlockForeign", take_unlock},
        {"UnlockBogus", take_unlock},
        {"PthAPIerror", take_call},
        {"Misc", take_misc},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(event->kind, kinds[i].kind) == 0)
            return kinds[i].take(valgrind, event, report);
    return true;
}

static bool has_title(const struct reports *reports, const char *part)
{
    for (size_t i = 0; i < reports->count; i++)
        if (reports->items[i].title && strstr(reports->items[i].title, part))
            return true;
    return false;
}

/* After a timed wait that failed, Helgrind goes on counting its thread among
 * those that wait, and is wrong about the condition's end. */
static void forget_false_waiters(struct reports *reports)
{
    size_t kept = 0;

    if (!has_title(reports, "pthread_cond_timedwait failed"))
        return;
    for (size_t i = 0; i < reports->count; i++)
        if (!reports->items[i].title ||
            strstr(reports->items[i].title,
                   "destruction of condition variable being waited") == NULL)
            reports->items[kept++] = reports->items[i];
    reports->count = kept;
}

struct reports read_helgrind(void *ctx, const char *xml, size_t size,
                             const char *student)
{
    struct reports reports =
        valgrind_read(ctx, xml, size, student, LENS_HELGRIND, take_error);

    forget_false_waiters(&reports);
    return reports;
}
