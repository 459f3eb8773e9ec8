/*
 * read_xml.h - Valgrind's XML, protocol 4, element by element; what it means
 * is said in read_valgrind.c.
 */
#ifndef READ_XML_H
#define READ_XML_H

#include <stdbool.h>
#include <stddef.h>

/* Any of the strings may be NULL. */
struct xml_frame {
    const char *function, *folder, *file, *object;
    int line;
};

/* A sentence and the stack below it; either may be missing. */
struct xml_item {
    const char *text;
    unsigned long thread; /* its <hthreadid>, 0: none */
    struct xml_frame *frames;
    size_t depth;
};

/* <error>, <announcethread> or <fatal_signal> */
struct xml_event {
    const char *tag;
    const char *kind;     /* <kind>, or the signal's name; "" if none */
    unsigned long thread; /* <tid>, or <hthreadid> outside of sentences */
    unsigned long bytes, blocks; /* of a leak */
    bool root;                   /* <isrootthread/> */
    struct xml_item *items;
    size_t count;
};

/*
 * Calls `take` with every event that came whole; the event is gone after
 * that. Returns true when the log came to its end. Blocks no longer than it
 * takes to read the text once.
 */
bool xml_read(const char *xml, size_t size,
              void (*take)(void *state, const struct xml_event *event),
              void *state);

#endif
