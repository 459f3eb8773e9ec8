/*
 * timeline.h - one schedule, step by step, in the words of its source: who did
 * what to which variable, what was there before and after, who was
 * interrupted where. Made of the trace that a replay has written
 * (harness/explorer/trace.c).
 */
#ifndef TIMELINE_H
#define TIMELINE_H

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "evidence.h"
#include "explored.h"

enum event_kind {
    EVENT_STEP,   /* a lock, a signal, ...: `op` */
    EVENT_READ,   /* `after` is the value */
    EVENT_WRITE,  /* `before` and `after` */
    EVENT_SWITCH, /* `other` goes on in place of `thread` */
    EVENT_NOTE    /* what the search decided: `text` */
};

struct event {
    enum event_kind kind;
    uint64_t step;
    int thread, other;
    const char *op; /* "lock", "signal", ...; "read", "write" */
    bool atomic;
    bool preempts;      /* a switch away from a thread that could go on */
    struct place place; /* line of the program */
    uint64_t address;
    size_t size;
    const char *object; /* name of the variable, the lock, ...; or NULL */
    const char *before, *after;
    const char *text; /* the event in a few words */
    bool matters;
    unsigned times; /* the same in a row */
};

static inline bool is_op(const struct event *event, const char *op)
{
    return event->op != NULL && strcmp(event->op, op) == 0;
}

static inline bool is_access(const struct event *event)
{
    return event->kind == EVENT_READ || event->kind == EVENT_WRITE;
}

/* A thread that had not ended when the schedule did. */
struct standing {
    int thread;
    const char *op;
    struct place place;
    const char *object;
    uint64_t address;
    int owner;          /* the thread that has what it waits for, or -1 */
    struct place taken; /* where that thread has taken it */
    const char *text;
};

struct timeline {
    struct event *events; /* talloc array */
    size_t count;
    struct standing *standing;
    size_t standing_count;
    int threads;
    enum fault_kind kind;
    int fault_thread;
    struct place fault_place;
    struct place other_place; /* of a race, or a free() */
    int other_thread;         /* or -1 */
    const char *fault_object; /* name, or NULL */
    const char *fault_text;   /* as the explorer tells it */
    const char *sentence;     /* what went wrong, in one or two sentences */
    uint64_t wrong_step;      /* the one that the sentence tells of, or 0 */
};

/* The text of a line of the source, or NULL. */
typedef const char *source_line(void *state, const struct place *place);

/*
 * Reads a trace. `executable` is the program that was replayed; `student` the
 * base name of the student's file, NULL when all of it is hers. Returns NULL
 * with a sentence on `why`.
 */
struct timeline *timeline_read(void *ctx, const char *trace, size_t size,
                               const char *executable, const char *student,
                               source_line *line, void *state,
                               const char **why);

/* The step that goes wrong; where nothing shows which that is, the last one. */
uint64_t timeline_wrong_step(const struct timeline *timeline);

/* timeline_words.c: fills in the texts and the sentence. */
void timeline_tell(struct timeline *timeline);

/* "main", "T1", ... */
const char *timeline_thread(void *ctx, int number);

/* report_timeline.c */
void report_timeline(FILE *out, const struct timeline *timeline,
                     source_line *line, void *state);
json_t *timeline_json(const struct timeline *timeline);

#endif
