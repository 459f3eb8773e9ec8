/*
 * conf.h - reads exercise.conf into a struct exercise.
 */
#ifndef CONF_H
#define CONF_H

#include "exercise.h"

/*
 * Reads the file at `path`, fills all that the file says, and checks it: every
 * key known, none twice, points that sum to 100. `name` is the file as it is
 * to be called in a message. Strings belong to ctx. Returns 0, or -1 and on
 * `why` what is wrong, with file and line.
 */
int conf_read(void *ctx, const char *path, const char *name,
              struct exercise *exercise, const char **why);

#endif
