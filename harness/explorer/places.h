/*
 * places.h - the places in the code whose accesses race with others, found so
 * far. Each of their accesses is a step at which another thread may go first.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>
#include <stdint.h>

/* true when it is new */
bool places_add(uint64_t pc);
bool places_has(uint64_t pc);
unsigned places_count(void);

/* Calls `tell` for each of them, in the order of the code. */
void places_each(void (*tell)(uint64_t pc));

/*
 * Two accesses that race, the earlier one first, and what each does: 'r' reads,
 * 'w' writes, 'f' frees the block. Noted once for each two places; no more than
 * PLACES_PAIRS.
 */
struct racing_pair {
    uint64_t at[2];
    char does[2];
};
enum { PLACES_PAIRS = 64 };
void places_add_pair(const struct racing_pair *pair);

/* The pair of that number, in the order in which they were found, or NULL. */
const struct racing_pair *places_pair(unsigned number);

/* Notes that an access there was made while there were other threads. */
void places_visited(uint64_t pc);
void places_each_visited(void (*tell)(uint64_t pc));
extern bool places_any;

/* memory.c: throws away what race.c has noted of all schedules. */
void memory_forget_cells(void);

#endif
