/*
 * files.h - what calls_files.c and the others share.
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stdint.h>

/* Closes what the schedule has opened. */
void files_end(void);

/* A descriptor that the program has got, or -1; `waits`: it wants to block
 * there. Returns it. */
int files_note(int fd, bool waits);

/* Before and after a call that the kernel answers at once. */
void files_step(int fd, uint64_t pc);
void files_done(bool changes);

#endif
