/*
 * object.h - the symbol table of a compiled file: what it defines, what it
 * calls. By libelf.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include <stdbool.h>
#include <stddef.h>

struct object {
    const char **defined; /* global functions and variables */
    size_t defined_count;
    const char **needed; /* undefined */
    size_t needed_count;
};

/* Reads an object file. NULL when it is none. Strings belong to ctx. */
struct object *object_read(void *ctx, const char *path);

bool object_defines(const struct object *object, const char *name);

/* true when it calls `name`; with a trailing '*', anything that begins so */
bool object_needs(const struct object *object, const char *name);

#endif
