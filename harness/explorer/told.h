/*
 * told.h - what the explorer and the grader both know: the names of what goes
 * wrong, the turns of a schedule as they lie in a file, and where a program's
 * memory is. The grader includes this file and no other of this folder.
 */
#ifndef TOLD_H
#define TOLD_H

#include <stdint.h>

/* X(kind, name in results and in what is told) */
#define FAULT_LIST(X)                                                          \
    X(ASSERTION, "assertion")                                                  \
    X(ABORT, "abort")                                                          \
    X(CRASH, "crash")                                                          \
    X(STACK_OVERFLOW, "stack-overflow")                                        \
    X(DEADLOCK, "deadlock")                                                    \
    X(LIVELOCK, "livelock")                                                    \
    X(USE_AFTER_FREE, "use-after-free")                                        \
    X(BAD_FREE, "bad-free")                                                    \
    X(RACE, "data-race")                                                       \
    X(MISUSE, "misuse")             /* of a lock, a condition variable, ... */ \
    X(WILD_ACCESS, "wild-access")   /* aims at the explorer's own memory */    \
    X(LOOP, "endless-loop")         /* runs on without a step to be seen */    \
    X(UNCONTROLLED, "uncontrolled") /* what the explorer does not know */

#define FAULT_KIND(kind, name) FAULT_##kind,
enum fault_kind { NO_FAULT, FAULT_LIST(FAULT_KIND) FAULT_KINDS };
#undef FAULT_KIND

static inline const char *fault_name(enum fault_kind kind)
{
#define FAULT_NAME(kind, name) [FAULT_##kind] = name,
    static const char *const names[FAULT_KINDS] = {[NO_FAULT] = "none",
                                                   FAULT_LIST(FAULT_NAME)};
#undef FAULT_NAME

    return kind < FAULT_KINDS ? names[kind] : "unknown";
}

/* One choice that was not the first: what a token is made of. */
struct turn {
    uint64_t step;
    unsigned choice;
};
enum { TURNS = 4096 };
struct turns {
    unsigned count;
    struct turn list[TURNS];
};

/* Heap and stacks lie at fixed places. */
#define HEAP       0x10000000000
#define HEAP_END   0x10080000000
#define STACKS     0x20000000000
#define STACKS_END 0x20010000000

/* Why time passes on a critical path in virtual time (path.h). */
enum path_kind {
    PATH_RUNS,  /* a thread's own code; told with its function */
    PATH_HOLDS, /* the same, with a lock in hand; told with where it was taken
                 */
    PATH_WAKES, /* it was let go, and is not yet awake; its function */
    PATH_KINDS
};

#endif
