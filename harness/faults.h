/*
 * faults.h - calls of the student's code that are made to fail, one in each
 * run of a test. Only in the program of the lens `faults`.
 *
 * The runner runs a test once as it is, and notes every call that could fail:
 * its name and where it was called. Then it runs the test again in a child
 * process for each of them, and there that one call fails. How a call can
 * fail is said in faults_calls.c and faults_memory.c; what must hold after it,
 * in the tests.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>

#include "inside.h"

enum fault_action {
    ACTION_NONE,
    ACTION_FAIL,    /* the call does nothing and returns its error */
    ACTION_BREAK,   /* the same, of read() and write(): nobody is there */
    ACTION_EINTR,   /* interrupted before it did anything */
    ACTION_SHORT,   /* one byte only */
    ACTION_EAGAIN,  /* a descriptor that does not block was not ready */
    ACTION_WAKE,    /* a wait on a condition returns without a signal */
    ACTION_KILL,    /* the child process is killed before the call */
    ACTION_KILL_MID /* and after the first half of what it writes */
};

#define CAN(action) (1u << (action))

/* One call that can fail; made by a wrapper, on its stack. */
struct fault_call {
    const char *name;
    unsigned can;     /* set of CAN(...) */
    const char *says; /* the error of ACTION_FAIL: "ENOMEM" */
};

/* What happens to this call. Must be called by the wrapper itself. */
enum fault_action faults_here(const struct fault_call *call,
                              const struct frames *at);

/* A wrapper's first line: `action` is what happens to its call, `at` where it
 * was called. */
#define FAULT(Name, Can, Says)                                                 \
    struct frames at;                                                          \
    const struct fault_call call = {Name, Can, Says};                          \
    enum fault_action action;                                                  \
    frames_here(&at, __builtin_frame_address(0));                              \
    action = faults_here(&call, &at)

/* The blocks that the student's code has: noted, and forgotten when freed. */
void faults_note_block(void *block, const struct frames *at);
void faults_forget_block(void *block);

/* Runs the test as it is, then once for each call that can fail. In programs
 * without this lens it is not there. */
void faults_run(const char *test, void (*body)(void));

/* "@7" in the seventh run with a failing call, "@0" in the one without; ""
 * outside the lens. */
const char *faults_suffix(void);

/* Records which call fails, and what the test's blocks came to. */
void faults_test_begin(void);
void faults_test_end(void);

#endif
