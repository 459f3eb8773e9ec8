/*
 * passage.h - the lines of the student's file that each test ran through.
 */
#ifndef PASSAGE_H
#define PASSAGE_H

#include "judge.h"
#include "symbols.h"

/*
 * Reads what harness/blocks.c has told from the run's records, and fills
 * run->passages, which belongs to ctx. `symbols` are those of the program that
 * ran; where it told nothing, nothing is added.
 */
void passages_read(void *ctx, struct run *run, struct symbols *symbols);

/* true when it ran through that line */
bool passage_has(const struct passage *passage, int line);

#endif
