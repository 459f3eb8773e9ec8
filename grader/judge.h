/*
 * judge.h - the one place where evidence becomes a verdict. A pure function:
 * data to data, no file, no clock, no process.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "../harness/explorer/told.h"
#include "evidence.h"
#include "exercise.h"
#include "read.h"

/* Lines, in no order. */
struct passage {
    const char *test;
    int *lines; /* talloc array */
    size_t count;
};

/* How one run of one lens ended, and what it brought. */
struct run {
    enum lens lens;
    const char *way; /* "gcc", "clang", "patient", "tsan", ... */
    uint64_t seed;
    const char **asked; /* tests that were asked for; talloc array */
    size_t asked_count;
    struct box_result box; /* how the program ended */
    struct records records;
    struct reports reports;
    struct expectations *expected; /* for this run's seed; NULL if the
                                      oracle itself failed */
    struct injected *faults;       /* the lens faults; talloc array */
    size_t fault_count;
    struct schedule *schedules; /* the lens interleavings; talloc array */
    size_t schedule_count;
    struct search *searches; /* one for each test */
    size_t search_count;
    /* The lines of the student's that each test ran through; talloc array.
     * Only of the way "tsan". */
    struct passage *passages;
    size_t passage_count;
    /* Lines of the student's where, in explored tests, accesses were made, and
     * where some of them raced with others; talloc arrays. */
    int *visited, *raced;
    size_t visited_count, raced_count;
};

/* A time to be shown, "row/column", in seconds; 0: not measured. */
struct figure {
    const char *name;
    double virtual_time; /* on the cores of exercise.conf */
    double clock;
};

/* By the clock, to be shown: interleaved rounds, times in seconds. */
struct round {
    double sequential; /* the kit's, one thread */
    double one;        /* the student's on one thread */
    double many;       /* the student's on `threads` threads */
};
struct measurement {
    struct round *rounds; /* none where the cores are lacking */
    size_t count;
    struct figure *cases; /* of the workload, by the clock; talloc array */
    size_t case_count;
};

/* The median of the speedup that the rounds have shown; 0: no rounds. */
double measured(const struct measurement *speed);

/* One run in virtual time, on so many cores. */
struct timed_run {
    int cores;
    double seconds;
    unsigned long long sum; /* what came of the work */
    unsigned left;          /* threads that were alive when it had ended */
    /* What the run hung on; longest first. A share is a part of it all. */
    struct path_part {
        enum path_kind kind;
        struct place place;
        bool first; /* of the thread that runs main(), or calls the answer */
        double share;
    } * parts;
    size_t part_count;
    /* Cache lines that cores took from one another: at which line, of which
     * variable (or NULL), with which share of their time. Dearest first. */
    struct fetched_part {
        struct place place;
        const char *variable;
        double share;
    } * fetched;
    size_t fetched_count;
};

/*
 * The workload in virtual time (harness/explorer/timed.c), in seconds: the
 * same on every machine, whatever else it does.
 */
struct timed {
    bool wanted;
    bool complete;         /* all that was asked for came to its end */
    double sequential;     /* the kit's, on one core; or 0 */
    double one;            /* the student's, on one core with one thread */
    struct timed_run many; /* and on as many as are asked for */
    bool agree;            /* on the result */
    unsigned left;         /* threads at work when it had returned */
    enum fault_kind fault; /* what stopped it, where, and in words */
    struct place fault_place;
    int fault_cores;
    const char *fault_text;
    struct timed_run *runs; /* on more and more cores: a curve; or NULL */
    size_t run_count;
    struct figure *cases; /* of the workload, to be shown; talloc array */
    size_t case_count;
};

/* What speedup is measured against: the quicker one, or an answer that is slow
 * alone would look fast together. */
static inline double timed_base(const struct timed *timed)
{
    return timed->sequential > 0 && timed->sequential < timed->one
               ? timed->sequential
               : timed->one;
}

/* Everything that is known about one answer. */
struct evidence {
    unsigned lenses;               /* which were asked for: bit set */
    uint64_t seed;                 /* of the check; each run has one made of it;
                                      0: not told */
    const char *source;            /* text of the student's file, or NULL */
    struct diagnostics gcc, clang; /* of the student's file */
    bool built;                    /* compiled and linked by both */
    const char *build_trouble;     /* linking and the like, in words; NULL */
    struct place build_place;
    const char *machine_cannot[LENS_COUNT]; /* reason, or NULL */
    struct run *runs;                       /* talloc array */
    size_t count;
    struct measurement speed;
    struct timed timed;
    const char *fault; /* the kit's own: verdict error; or NULL */

    /* What the student's object calls, from its symbol table. */
    bool uses_trylock, uses_semaphore, uses_atomics, uses_fence, uses_unseen,
        uses_clocklock, uses_c11_threads;
};

enum status {
    STATUS_PASS,
    STATUS_FAIL,
    STATUS_SKIPPED,
    STATUS_INCONCLUSIVE,
    STATUS_ERROR
};

struct location {
    struct place place;
    const char *what; /* "writes here", "takes the second lock" */
};

/* One bug, told once, whoever saw it. */
struct finding {
    enum property property;
    enum bug kind;
    const char *message;        /* what happened, in the words of the subject */
    struct location *locations; /* both sides of a race, ... */
    size_t location_count;
    const char *story; /* one run of events that shows it, lines; or NULL */
    const char *idea;  /* the idea behind it, a sentence */
    const char *help;  /* what to try next, or NULL */
    unsigned lenses;   /* who saw it */
    const char *test;  /* first test in which it was seen, or NULL */
    bool note;         /* worth knowing, costs nothing */
    const struct timeline *timeline; /* of a schedule that shows it; or NULL */
    const char *schedule;            /* "suite/name:TURNS", or NULL */
};

struct row {
    const struct check *check;
    enum lens lens; /* that decided; the check's first when it passed */
    enum status status;
    const char *reason;        /* "blocked", "machine", "noisy", ...; or NULL */
    int points, max_points;    /* max_points 0 where the machine cannot judge */
    const char *message;       /* for people, one or a few sentences; or NULL */
    const char *help;          /* what to try next */
    const char *handout;       /* "handouts/04-thread-pool.md#no-data-race" */
    const char *again;         /* the command to see it again */
    struct finding **findings; /* talloc array; the first is told in full */
    size_t finding_count;
    struct figure *figures; /* talloc array: shown, whatever the status */
    size_t figure_count;
    double speedup; /* in virtual time; 0: not counted */
    unsigned run_counts[LENS_COUNT];
};

struct verdict {
    enum { VERDICT_PASS, VERDICT_FAIL, VERDICT_ERROR } verdict;
    bool partial;
    int score, max_score;
    struct row *rows;
    size_t row_count;
    struct finding *notes;
    size_t note_count;
    const char *message; /* for VERDICT_ERROR */
    const char **unseen; /* what a pass does not say yet, sentences */
    size_t unseen_count;
};

struct verdict judge(void *ctx, const struct exercise *exercise,
                     const struct evidence *evidence);

/* The cases of a workload in virtual time, each with what the clock says of it;
 * `speed` may be NULL. As many as `timed` has; belongs to ctx. */
struct figure *figures_joined(void *ctx, const struct timed *timed,
                              const struct measurement *speed);

const char *status_name(enum status status);

#endif
