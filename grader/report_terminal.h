/*
 * report_terminal.h - what the two files of the terminal's report share.
 */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include "report.h"

enum { TERMINAL_COLUMNS = 79 };

/* The code that begins an ink, or "" without colour; plain ends it. */
const char *terminal_ink(const struct terminal *terminal, const char *code);
const char *terminal_plain(const struct terminal *terminal);
const char *terminal_bold(const struct terminal *terminal);

/* The file of a place, the student's own as the user names it. */
const char *terminal_file(const struct terminal *terminal,
                          const struct place *place);

/* Cleans a text and prints it between the margins. */
void terminal_paragraph(const struct terminal *terminal, void *ctx,
                        const char *text);

/* What a row that fell short has to say, with its first finding. */
void terminal_failure(const struct terminal *terminal, void *ctx,
                      const struct exercise *exercise, const struct row *row);

#endif
