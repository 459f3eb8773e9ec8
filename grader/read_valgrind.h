/*
 * read_valgrind.h - what read_helgrind.c and read_memcheck.c share.
 */
#ifndef READ_VALGRIND_H
#define READ_VALGRIND_H

#include "read.h"
#include "read_parts.h"
#include "read_xml.h"

/* Where a thread that Helgrind announced was started. */
struct birth {
    unsigned long thread;
    struct stack at;
};

struct valgrind {
    void *ctx;
    const char *student;
    enum lens lens;
    struct reports reports;
    struct birth *births; /* talloc array below `scratch` */
    size_t birth_count;
    void *scratch; /* freed when the log is read */
};

/*
 * Reads the whole log. `error` is called for each <error>, with a report that
 * has title, raw text and no sides yet; true keeps the report.
 */
typedef bool valgrind_error(struct valgrind *valgrind,
                            const struct xml_event *event,
                            struct report *report);
struct reports valgrind_read(void *ctx, const char *xml, size_t size,
                             const char *student, enum lens lens,
                             valgrind_error *error);

/* The places of an item's stack. */
struct stack valgrind_stack(struct valgrind *valgrind,
                            const struct xml_item *item);

/* The first item that has a stack: where the error happened. NULL: none */
const struct xml_item *valgrind_main(const struct xml_event *event);
/* The first item after `from` whose sentence holds `words`, or NULL. */
const struct xml_item *valgrind_item(const struct xml_event *event,
                                     const char *words, size_t from);

/* Adds a side with the stack of an item, which may be NULL. */
struct side *valgrind_side(struct valgrind *valgrind, struct report *report,
                           const struct xml_item *item, const char *what,
                           unsigned long thread);

/*
 * What the address is that an event is about: the name of a variable, or
 * "block of 40 bytes allocated at pool.c:23"; NULL when it is on a stack or
 * nothing is known.
 */
const char *valgrind_object(struct valgrind *valgrind,
                            const struct xml_event *event);

/* Where a thread was started, or NULL. */
const struct stack *valgrind_birth(const struct valgrind *valgrind,
                                   unsigned long thread);

/* The number after `words` in the text, or 0. */
unsigned long valgrind_number(const char *text, const char *words);

#endif
