/*
 * timeline_parts.h - what the parts of a timeline share. Only timeline*.c
 * include it.
 *
 * How a timeline is made, in this order:
 *
 *   timeline.c          the lines of a trace become events
 *   timeline_memory.c   meanwhile: what lies at an address
 *   timeline_matters.c  which events are told
 *   timeline_words.c    each event in a few words, and who stands where
 *   timeline_sentence.c what went wrong, in one or two sentences
 *   timeline_cause.c    how it came to that
 */
#ifndef TIMELINE_PARTS_H
#define TIMELINE_PARTS_H

#include "names.h"
#include "timeline.h"

/* ---- timeline_memory.c -------------------------------------------------- */

struct memory;

/* Opens the executable; arguments and `why` as of timeline_read(). Freed with
 * the timeline, as are all strings that come of it. */
struct memory *memory_open(struct timeline *timeline, const char *executable,
                           const char *student, source_line *line, void *state,
                           const char **why);

/*
 * Lines of the trace, behind their letter: a block was allocated, a function
 * began, a function ended. How many blocks came from one line is a part of
 * their names, so all of them come before the first name is asked for.
 */
void memory_allocated(struct memory *memory, const char *line);
void memory_entered(struct memory *memory, const char *line);
void memory_left(struct memory *memory, const char *line);

/* The line of the call that returns to `pc`; of no pc, 0, an empty place. */
struct place memory_place(struct memory *memory, uint64_t pc);

/* The function that the thread began last, 0 when it has begun none. false
 * when there is no such thread. */
bool memory_function(const struct memory *memory, int thread,
                     uint64_t *function);

/* The variable, or the part of one, that lies there. */
struct named memory_name(struct memory *memory, uint64_t address);
const char *memory_value(struct memory *memory, const struct named *named,
                         uint64_t value, size_t size);

/* What a step is about: a lock, a thread, a descriptor; or NULL. */
const char *memory_object(struct memory *memory, const char *op,
                          uint64_t address);

/* ---- timeline_matters.c ------------------------------------------------- */

/* Sets `matters` of all events. */
void timeline_find_what_matters(struct timeline *timeline);

/* Sets `taken` of all who stand before something that a thread has. */
void timeline_find_where_taken(struct timeline *timeline);

/* ---- timeline_words.c --------------------------------------------------- */

/* The name, or other words where it is not known. */
static inline const char *or_it(const char *name, const char *otherwise)
{
    return name != NULL ? name : otherwise;
}

/* " (line 12)", " (in the test)", or "" where the line is not known. */
const char *in_line(struct timeline *timeline, const struct place *place);

/* ---- timeline_sentence.c ------------------------------------------------ */

/* What went wrong; NULL when it is a wrong result, and nothing shows why. The
 * events must have their texts. */
const char *timeline_sentence(struct timeline *timeline);

/* ---- timeline_cause.c --------------------------------------------------- */

/* How the threads came to a wrong result, or NULL when no pattern fits. */
const char *timeline_cause(struct timeline *timeline);

#endif
