/*
 * run.h - runs one program of an answer's tests in a box and watches it: who
 * sleeps, who loops, who must be let go.
 */
#ifndef RUN_H
#define RUN_H

#include "lab.h"

#define RUN_TIME_OUTS 8 /* the usual number, see below */

struct run_spec {
    enum lens lens;
    const char *way; /* for the evidence: "gcc", "patient", ... */
    const char *program;
    const char *const *before; /* words before it ("valgrind", ...); NULL */
    const char *const *after;  /* words after it; NULL: the tests' names */
    const char *const *extra;  /* of the environment, "NAME=value"; NULL */
    bool patient;              /* the patient policy */
    bool strangers;            /* threads of a tool are in the process */
    bool processes;            /* each test has a process (Criterion) */
    unsigned most;             /* processes at the most; 0: no limit */
    /* When so many tests have used up their time, the others are not begun.
     * (A deadlock is seen at once, and costs nothing.) Only the run itself
     * counts: what it looks at must not hang on how far another has come. */
    unsigned time_outs;
    unsigned repeats; /* runs of each test in one program; 0: one */
    double slowness;  /* processor time that a test may use, in plain ones */
    uint64_t seed;
    const struct expectations *expected;
    const char *const *tests; /* to run */
    size_t test_count;
    const char *const *spent; /* one test of each suite that is not begun */
    size_t spent_count;
};

/*
 * Runs it once. Blocks. Fills `run` with everything but the tool's own
 * reports; hangs, endless loops and crashes are reports too. `dir` gets the
 * folder in which it ran. Returns -1 when the box failed.
 */
int run_once(void *ctx, struct lab *lab, const struct run_spec *spec,
             struct run *run, const char **dir);

/* The tests of `spec` that have not begun in this run, for another one.
 * Returns how many; the list belongs to ctx. */
size_t run_rest(void *ctx, const struct run_spec *spec, const struct run *run,
                const char ***rest);

/*
 * Asks the oracle what every test must observe with this seed. NULL when the
 * oracle failed: the kit's fault, `why`.
 */
struct expectations *run_oracle(void *ctx, struct lab *lab, uint64_t seed,
                                const char **why);

/* Tests that used up their time. */
unsigned run_timed_out(const struct run *run);

/*
 * Has the suite of `test` had its turn? So it is when one of its
 * tests has used up its time, or has eaten up the box: its memory, its output.
 * The other suites go on without it.
 */
bool run_is_spent(const struct run *runs, size_t count, const char *way,
                  const char *test);

/* A word that the answer cannot guess; new on each call. */
const char *run_secret(void *ctx);

/* Appends one report. */
void run_add_report(void *ctx, struct reports *reports,
                    const struct report *report);
void run_add_reports(void *ctx, struct reports *reports,
                     const struct reports *more);

#endif
