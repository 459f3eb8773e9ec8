/*
 * evidence.h - what the lenses bring home: plain data, no verdict. judge.c
 * turns it into one. Everything is allocated with talloc below one context
 * and freed with it.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "box.h"

enum lens {
    LENS_BUILD,
    LENS_BEHAVIOUR,
    LENS_TSAN,
    LENS_HELGRIND,
    LENS_MEMORY,
    LENS_FAULTS,
    LENS_INTERLEAVINGS,
    LENS_SPEED,
    LENS_COUNT
};

/* A point in a program. `student` is decided by the object that holds it. */
struct place {
    const char *file;     /* as the compiler was told; base name for the
                             student's own file */
    int line;             /* 0: not known */
    const char *function; /* or NULL */
    bool student;         /* in the student's own object */
    bool kit;             /* in a test or in the harness */
};

enum bug {
    BUG_RACE,          /* two accesses, no order, one of them a write */
    BUG_LOCK_ORDER,    /* locks taken in a cycle: a possible deadlock */
    BUG_DEADLOCK,      /* a real one: it was seen */
    BUG_LOCK_MISUSE,   /* unlock of a free lock, destroy of a held one, ... */
    BUG_COND_MISUSE,   /* wait without the mutex, destroy with waiters */
    BUG_DUBIOUS,       /* Helgrind: signal without the lock held */
    BUG_THREAD_LEAK,   /* neither joined nor detached */
    BUG_BAD_ACCESS,    /* invalid read or write, use after free */
    BUG_BAD_FREE,      /* invalid or double free */
    BUG_UNINITIALISED, /* a value never set decides something */
    BUG_LEAK,          /* a block that nobody can free any more */
    BUG_CRASH,         /* ended by a signal */
    BUG_LOOP,          /* used up the processor time of a test */
    BUG_ASLEEP,        /* slept past the wall-clock limit of a test */
    BUG_SIGNAL_UNSAFE, /* TSan: unsafe call in a signal handler and the like */
    BUG_OTHER
};

/* One side of a report: an access, a lock taken, a wait, an allocation. */
struct side {
    const char *what;    /* "writes 8 bytes", "takes lock M1", ... in words
                            of the subject */
    const char *thread;  /* "main thread", "T2", or NULL */
    const char *locks;   /* locks held then, or NULL */
    struct place *stack; /* innermost first; talloc array */
    size_t depth;
};

/* What one tool said once. */
struct report {
    enum bug kind;
    enum lens lens;
    const char *title;  /* the tool's own words, one line */
    const char *object; /* the variable, lock or block it is about, or NULL:
                           "total", "block of 40 bytes allocated at
                           pool.c:23" */
    struct side *sides; /* talloc array; races: 2, lock cycles: n,
                           others: 1 or more */
    size_t count;       /* number of sides */
    const char *test;   /* "suite/name" if a frame or marker tells, or NULL */
    const char *raw;    /* the tool's text, for the curious; may be NULL */
};

struct reports {
    struct report *items; /* talloc array */
    size_t count;
    bool complete; /* the tool came to its own end of the log; false when it
                      was cut short */
};

/* One line that the harness wrote, inside the student's process. */
enum record_kind {
    RECORD_START, /* test began */
    RECORD_VALUE, /* an observation: key, value */
    RECORD_END    /* test came to its end */
};

struct record {
    enum record_kind kind;
    const char *test; /* "suite/name" */
    const char *key;
    const char *value; /* numbers in decimal */
};

struct records {
    struct record *items; /* talloc array */
    size_t count;
};

/* A call of the student's code that was made to fail in one run of a test. */
struct injected {
    const char *test;  /* "suite/name@7" */
    const char *call;  /* "malloc" */
    const char *says;  /* "ENOMEM", "interrupted", "short", ... */
    unsigned time;     /* which of the calls at this place: 1, 2 */
    bool child;        /* in a child process */
    struct side at;    /* the call */
    struct side block; /* where the first block came from that is not freed */
};

/*
 * An outcome of an explored test: the schedule with the fewest preemptions that
 * comes to it. And how far the search came.
 */
struct timeline;
struct schedule {
    const char *test;  /* "suite/name@2" */
    const char *turns; /* as a token has them */
    unsigned preemptions;
    const char *fault; /* "deadlock", ...; NULL: it came to its end */
    const char *text;  /* of the fault */
    const struct timeline *timeline; /* NULL: not looked into */
};
struct search {
    const char *test; /* "suite/name" */
    unsigned long long schedules, searched, pruned, steps;
    unsigned level, places;
    bool bound_whole, whole;
};

/* What the oracle, outside, says must be observed. */
enum relation { REL_EQ, REL_NE, REL_LT, REL_LE, REL_GT, REL_GE, REL_STR };

struct expectation {
    const char *test;
    const char *key;
    enum relation relation;
    const char *value;
    const char *why; /* a sentence for the student */
};

struct expectations {
    const char **tests; /* every test there is, in order; talloc array */
    size_t test_count;
    struct expectation *items;
    size_t count;
};

const char *lens_name(enum lens lens);

/* The lens of that name, or -1. */
int lens_by_name(const char *name);

#endif
