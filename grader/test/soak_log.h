/*
 * soak_log.h - the runs that a soak has made so far, kept from one call to the
 * next in build/soak.jsonl, a line each; and the table of them.
 */
#ifndef SOAK_LOG_H
#define SOAK_LOG_H

#include <signal.h>

#include "drive.h"

/* All runs: "path condition" -> list of lines. The caller frees it. */
json_t *log_load(void);

/* Those of one answer under one condition, borrowed, or NULL. */
json_t *log_of(json_t *runs, const struct answer *answer,
               const char *condition);

/*
 * Checks the answer and writes the line, in one piece, so that several
 * processes may do so at the same time; nothing once `*stopped` is set. Blocks.
 * What was said of a right answer that did not pass is kept in
 * build/soak-accused-PID.json: it may never come again.
 */
void log_run(const struct answer *answer, const char *condition,
             const volatile sig_atomic_t *stopped);

/*
 * Prints what changed its mind, and a table. Returns 1 when any check was pass
 * in one run and fail in another, a right answer did not pass, a wrong one was
 * not found, an answer got more than one mark, or a speedup in virtual time
 * differs in the fourth decimal.
 */
int log_table(const struct answers *answers);

#endif
