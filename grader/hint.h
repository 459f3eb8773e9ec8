/*
 * hint.h - hints as a handout has them:
 *
 *     ## Hints
 *     ### check-name
 *     1. The weakest hint.
 *     2. A stronger one.
 */
#ifndef HINT_H
#define HINT_H

#include <stddef.h>

struct hints {
    const char **items; /* weakest first, ready to print; talloc array */
    size_t count;
};

/*
 * Finds the hints for a check in a handout's text: none is no error.
 * Paragraphs are broken into lines; code keeps its own. Belongs to ctx.
 */
struct hints hint_read(void *ctx, const char *markdown, size_t size,
                       const char *check);

#endif
