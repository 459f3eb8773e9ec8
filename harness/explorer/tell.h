/*
 * tell.h - lines for the grader, behind the secret of this run.
 */
#ifndef TELL_H
#define TELL_H

#include <stddef.h>

void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The schedule under way, as a replay takes it. */
void tell_token(char *text, size_t size);

#endif
