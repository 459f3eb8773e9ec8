/*
 * names.h - from an address in a running program to the name of what lies
 * there, as its source says it: "total", "accounts[1].balance", "queue->head"
 * never, but "node.next" for a block of the heap. By DWARF, with libdw.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names;

/* A block of the heap, or the variables of a function that is under way. */
struct names_block {
    uint64_t address, size;
    uint64_t pc;      /* where it was allocated */
    const char *line; /* that line of the source, or NULL */
    unsigned number;  /* of the blocks from there: 1, 2, ...; 0: the only one */
};
struct names_frame {
    uint64_t function; /* any address in it */
    uint64_t base;     /* %rbp */
};

/* How to write a value down. */
enum names_type {
    NAMES_UNKNOWN,
    NAMES_SIGNED,
    NAMES_UNSIGNED,
    NAMES_BOOL,
    NAMES_CHAR,
    NAMES_FLOAT,
    NAMES_POINTER
};

struct named {
    const char *name; /* NULL: not known */
    enum names_type type;
    size_t size; /* of the value; 0: not known */
};

/*
 * Opens an executable that is not position-independent. NULL with a sentence
 * on `why`. Freed with ctx; serves one thread.
 */
struct names *names_open(void *ctx, const char *executable, const char **why);

/* A static variable, or a part of one. Strings belong to the names. */
struct named names_static(struct names *names, uint64_t address);
struct named names_local(struct names *names, const struct names_frame *frame,
                         uint64_t address);
struct named names_heap(struct names *names, const struct names_block *block,
                        uint64_t address);

/* The value as the source would write it: "-1", "'a'", "true", "NULL", the
 * name of a function. */
const char *names_value(struct names *names, const struct named *named,
                        uint64_t value, size_t size);

#endif
