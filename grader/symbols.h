/*
 * symbols.h - from an address in a program to the line that made it, by
 * libdw. Symbolising here, outside, saves the 70 ms that TSan's own
 * symboliser costs a run, and cannot be fooled by a program named
 * llvm-symbolizer.
 */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdint.h>

#include "evidence.h"

struct symbols;

/*
 * Opens the debug information of an executable. `student` is the base name of
 * the student's source file as it was compiled: code of that compilation unit
 * is the student's. Units whose path lies below `kit` (exercises/ or harness/
 * of the kit, or the tests' unit) are the kit's. One object serves one
 * thread. Returns NULL with a message on `why` when the file cannot be read.
 * Freed with the talloc context.
 */
struct symbols *symbols_open(void *ctx, const char *executable,
                             const char *student, const char **why);

/*
 * Names the code at an offset from the executable's load address (as TSan
 * prints it: "prog+0x1234"; as recorded for a position-independent program:
 * pc - load base). Return addresses: pass offset - 1. Strings belong to the
 * symbols object.
 */
struct place symbols_code(struct symbols *symbols, uint64_t offset);

/*
 * Calls `tell` for each place where the code of a line of the student's file
 * begins, and where it goes on after another line: in the order of the line
 * table. Offsets are those of symbols_code().
 */
void symbols_lines(struct symbols *symbols,
                   void (*tell)(void *state, uint64_t offset, int line),
                   void *state);

/* Name of the global variable that covers an offset, or NULL. */
const char *symbols_data(struct symbols *symbols, uint64_t offset);

#endif
