/*
 * conf_keys.h - inside of conf.c and conf_keys.c: the sections and keys that
 * exercise.conf may have. A section has a table of its keys; a key is one
 * row, and one small function that reads its value into a place in a struct.
 */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include <stdio.h>

#include "exercise.h"

struct conf {
    void *ctx;
    struct exercise *exercise;
    FILE *file;
    const char *name; /* of the file, for messages */
    const char *why;  /* the first fault, or NULL */
    int line;
    bool continued;      /* the line is indented: goes on with the last value */
    bool has_speed;      /* there is a section [speed] */
    struct check *check; /* of the section we are in, or NULL */
    unsigned seen; /* keys of this section: bit set, by row of its table */
    const struct section *section; /* the one we are in, or NULL */
};

/* How to read one value. Returns -1 after conf_fault(). */
typedef int read_value(struct conf *conf, const char *key, const char *value,
                       void *place);

struct key {
    const char *name;
    read_value *read;
    size_t offset; /* in struct exercise, or in struct check */
    bool needed;
};

struct section {
    const char *name; /* "check" stands for every "check NAME" */
    const struct key *keys;
    size_t count;
};

enum { SECTION_TOP, SECTION_LIMITS, SECTION_SPEED, SECTION_CHECK, SECTIONS };

extern const struct section conf_sections[SECTIONS];

/* Keeps the first fault, with its line. Always returns -1. */
int conf_fault(struct conf *conf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the words of `value`. */
void conf_add_words(struct conf *conf, const char *value, struct words *words);

#endif
