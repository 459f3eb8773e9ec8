/*
 * say.h - words to a person: what the kit could not do, and colour.
 */
#ifndef SAY_H
#define SAY_H

#include <stdio.h>

/* What every verb returns: the exit status of build/interleave. */
enum { STATUS_FULL_MARKS = 0, STATUS_FALLS_SHORT = 1, STATUS_NO_WORK = 2 };

/*
 * Says on stderr why the kit could not do its work: "interleave: ...".
 * Returns STATUS_NO_WORK, so that a verb can end with `return say_fault(...)`.
 */
int say_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_GREEN, INK_YELLOW };

/*
 * What to print before and, with INK_PLAIN, after coloured words. Empty
 * unless the stream is a terminal; empty too when NO_COLOR is set to
 * anything, or TERM is "dumb".
 */
const char *say_ink(FILE *stream, enum ink ink);

/*
 * The text as it can be shown on a terminal: control characters become '?',
 * and what is longer than a line or two is cut. Belongs to ctx.
 */
const char *say_printable(void *ctx, const char *text);

#endif
