/*
 * crashes.h - what a test's process has recorded when it came to a bad end,
 * or when memory was left behind: from records to reports.
 */
#ifndef CRASHES_H
#define CRASHES_H

#include "evidence.h"
#include "symbols.h"

/* Is there such a record? Else nobody need open the symbols. */
bool crashes_any(const struct records *records);

/* Adds a report for each; its memory belongs to ctx. */
void crashes_read(void *ctx, struct symbols *symbols, enum lens lens,
                  const struct records *records, struct reports *reports);

#endif
