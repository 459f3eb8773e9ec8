/*
 * copy.h - copies of files that never overwrite one.
 */
#ifndef COPY_H
#define COPY_H

#include <stdbool.h>

/*
 * Copies a regular file to a name that must be free, with its permissions.
 * Returns 0, or -1 with errno set (EEXIST: the name is taken); then there is
 * no file of that name that was not there before.
 */
int copy_file(const char *from, const char *to);

/* true when both can be read and hold the same bytes */
bool copy_same(const char *one, const char *other);

#endif
