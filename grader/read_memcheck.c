/*
 * read_memcheck.c - what Memcheck's errors mean.
 *
 * Memcheck does not say where a thread was started, so the test is known only
 * where a test's body stands on one of the stacks.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read_valgrind.h"

static const struct kind {
    const char *kind;
    enum bug bug;
    const char *what;
} kinds[] = {
    {"InvalidRead", BUG_BAD_ACCESS, "reads"},
    {"InvalidWrite", BUG_BAD_ACCESS, "writes"},
    {"InvalidJump", BUG_BAD_ACCESS, "jumps to where no code is"},
    {"Overlap", BUG_BAD_ACCESS, "copies between areas that overlap"},
    {"InvalidFree", BUG_BAD_FREE, "frees what malloc did not give"},
    {"MismatchedFree", BUG_BAD_FREE, "frees with the wrong function"},
    {"UninitCondition", BUG_UNINITIALISED,
     "decides by a value that was never set"},
    {"UninitValue", BUG_UNINITIALISED, "uses a value that was never set"},
    {"SyscallParam", BUG_UNINITIALISED,
     "hands bytes that were never set to the system"},
    {"Leak_DefinitelyLost", BUG_LEAK, "allocates what nobody frees"},
    {"Leak_IndirectlyLost", BUG_LEAK,
     "allocates what only another lost block points to"},
    {"Leak_PossiblyLost", BUG_LEAK, "allocates what nobody frees"},
};

/* The sentence about the address, or NULL. */
static const char *address_text(const struct xml_event *event)
{
    const struct xml_item *item = valgrind_item(event, "Address 0x", 1);

    return item ? item->text : NULL;
}

static const char *access_of(struct valgrind *valgrind,
                             const struct xml_event *event, const char *verb,
                             unsigned long size)
{
    const char *address = address_text(event);
    const char *where = "of memory that is not its own";

    if (address == NULL || strstr(address, "not stack'd"))
        where = "of memory that is not its own";
    else if (strstr(address, "free'd"))
        where = "of a block that is freed";
    else if (strstr(address, "bytes after a block"))
        where = "past the end of a block";
    else if (strstr(address, "bytes before a block"))
        where = "before the start of a block";
    else if (strstr(address, "s stack"))
        where = "of a stack, outside of what is in use";
    return talloc_asprintf(valgrind->ctx, "%s %lu byte%s %s", verb, size,
                           size == 1 ? "" : "s", where);
}

static const char *words_of(struct valgrind *valgrind,
                            const struct xml_event *event,
                            const struct kind *kind, struct report *report)
{
    const char *address = address_text(event);
    unsigned long size = valgrind_number(report->title, " of size ");

    if (kind->bug == BUG_BAD_ACCESS && size > 0)
        return access_of(valgrind, event, kind->what, size);
    if (strcmp(kind->kind, "InvalidFree") == 0 && address &&
        strstr(address, "is 0 bytes inside") && strstr(address, "free'd"))
        return "frees a block that is freed already";
    if (strcmp(kind->kind, "SyscallParam") == 0 &&
        strstr(report->title, "unaddressable") != NULL) {
        report->kind = BUG_BAD_ACCESS;
        return "hands memory that is not its own to the system";
    }
    return kind->what;
}

/* The stacks below the first: where the block came from and went. */
static void add_history(struct valgrind *valgrind,
                        const struct xml_event *event, struct report *report)
{
    const struct xml_item *main = valgrind_main(event);

    for (size_t i = 0; i < event->count; i++) {
        const struct xml_item *item = &event->items[i];
        const char *text = item->text;

        if (item == main || item->frames == NULL || text == NULL)
            continue;
        if (strstr(text, "free'd"))
            valgrind_side(valgrind, report, item, "frees the block", 0);
        else if (strstr(text, "alloc'd") || strstr(text, "heap allocation"))
            valgrind_side(valgrind, report, item, "allocates the block", 0);
        else if (strstr(text, "stack allocation"))
            valgrind_side(valgrind, report, item, "enters with it unset", 0);
    }
}

/*
 * What pthread_create() allocated for the thread's own data is still there:
 * the thread was neither joined nor detached.
 */
static bool is_thread(const struct xml_event *event)
{
    const struct xml_item *main = valgrind_main(event);

    for (size_t i = 0; main && i < main->depth; i++) {
        const char *name = main->frames[i].function;

        if (name && (strcmp(name, "allocate_dtv") == 0 ||
                     strcmp(name, "_dl_allocate_tls") == 0 ||
                     strcmp(name, "allocate_stack") == 0 ||
                     strncmp(name, "pthread_create@", 15) == 0))
            return true;
    }
    return false;
}

static bool take_leak(struct valgrind *valgrind, const struct xml_event *event,
                      const struct kind *kind, struct report *report)
{
    const struct xml_item *main = valgrind_main(event);
    struct stack stack = valgrind_stack(valgrind, main);
    const char *where = stack_where(valgrind->scratch, &stack);
    const char *what = kind->what;

    if (is_thread(event)) {
        report->kind = BUG_THREAD_LEAK;
        what = "starts a thread that nobody joins or detaches";
    } else {
        report->object = talloc_asprintf(
            valgrind->ctx, "%s%lu bytes%s%s",
            event->blocks > 1
                ? talloc_asprintf(valgrind->scratch, "%lu blocks, together ",
                                  event->blocks)
                : "block of ",
            event->bytes, where ? " allocated at " : "", where ? where : "");
    }
    valgrind_side(valgrind, report, main, what, 0);
    return true;
}

/*
 * A struct that is sent goes with the gaps between its members, and nobody
 * sets those. "Syscall param write(buf) points to uninitialised byte(s)"; the
 * address is that of the first such byte. A block of which already the first
 * byte was never set has not been filled at all.
 */
static bool sends_gaps(const struct xml_event *event,
                       const struct report *report)
{
    const char *address = address_text(event);

    return strcmp(event->kind, "SyscallParam") == 0 && report->title &&
           strstr(report->title, "points to uninitialised") != NULL &&
           (strstr(report->title, " write") || strstr(report->title, "send")) &&
           (address == NULL || strstr(address, " 0 bytes inside") == NULL);
}

static bool take_error(struct valgrind *valgrind, const struct xml_event *event,
                       struct report *report)
{
    const char *what;

    /* Somebody still can free it: at the end that is no fault. */
    if (strcmp(event->kind, "Leak_StillReachable") == 0 ||
        sends_gaps(event, report))
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(event->kind, kinds[i].kind) != 0)
            continue;
        report->kind = kinds[i].bug;
        if (report->kind == BUG_LEAK)
            return take_leak(valgrind, event, &kinds[i], report);
        what = words_of(valgrind, event, &kinds[i], report);
        valgrind_side(valgrind, report, valgrind_main(event), what,
                      event->thread);
        add_history(valgrind, event, report);
        report->object = valgrind_object(valgrind, event);
        break;
    }
    return true;
}

struct reports read_memcheck(void *ctx, const char *xml, size_t size,
                             const char *student)
{
    return valgrind_read(ctx, xml, size, student, LENS_MEMORY, take_error);
}
