/*
 * judging.h - what the parts of the judge share. Only judge*.c, tally.c,
 * findings*.c and words*.c include it.
 *
 * How a verdict is made, in this order:
 *
 *   findings.c        reports of all tools about one bug become one `trouble`
 *   findings_weigh.c  each trouble gets its weight: does it cost points, is it
 *                     open, or is it a note?
 *   findings_rows.c   the check that it belongs to, and the row that tells it
 *   gaps.c            why a lens that saw nothing has shown nothing
 *   tally.c           what happened to one test in one run, and what was
 *                     observed
 *   judge_*.c         one file for each property: from both to one row
 *   words*.c          what a student reads about a trouble
 *   judge.c           all rows together: score, verdict, notes, what is unseen
 */
#ifndef JUDGING_H
#define JUDGING_H

#include "judge.h"

/* What a trouble does to the property that it is about. */
enum weight {
    WEIGHT_FAIL, /* breaks it */
    WEIGHT_OPEN, /* these tools cannot tell: inconclusive */
    WEIGHT_NOTE  /* worth knowing, costs nothing */
};

/* One bug, and all that is known about who saw it. */
struct trouble {
    struct finding finding; /* what goes into the verdict */
    enum weight weight;
    const struct report *report;   /* the one that is told */
    const struct report **reports; /* all of them; talloc array */
    size_t report_count;
    const char **tests; /* in which it was seen; talloc array */
    size_t test_count;
    bool anywhere;  /* somebody saw it without saying in which test */
    enum lens lens; /* who saw it first */
    bool claimed;   /* some row tells it */
};

struct judging {
    void *ctx;
    const struct exercise *exercise;
    const struct evidence *evidence;
    const struct expectations *tests; /* one that names all tests, or NULL */
    struct trouble *troubles;         /* in the order in which they are told */
    size_t trouble_count;
};

/* ---- findings.c -------------------------------------------------------- */

/* Merges the reports of all runs and weighs them. */
void findings_collect(struct judging *judging);

enum property finding_property(enum bug kind);

/* true when it happened only because a call was made to fail */
bool finding_is_made(const struct finding *finding);

/* The frame of a side where the student's own code is, or NULL. */
const struct place *side_student(const struct side *side);

/* How many sides of a report have such a frame. */
size_t report_student_sides(const struct report *report);

/* ---- findings_weigh.c --------------------------------------------------- */

/* The weight of a trouble, by who saw it and what the answer calls. */
enum weight findings_weigh(const struct evidence *evidence,
                           const struct trouble *trouble);

/* What a tool believes of a lock that it does not know is not even a note,
 * when the explorer has been there. Asked of a trouble that has its weight. */
bool findings_refuted(const struct evidence *evidence,
                      const struct trouble *trouble);

/* ---- findings_rows.c ---------------------------------------------------- */

/* true when the trouble was, or may have been, seen in a test of the check */
bool trouble_covers(const struct trouble *trouble, const struct check *check);

/* true when this check's points are at stake for the trouble */
bool trouble_belongs(const struct judging *judging,
                     const struct trouble *trouble, const struct check *check);

/*
 * A race that costs points, in a test that the check rests on, or NULL: it was
 * seen there, or the test runs through both places. In which test a race shows
 * is luck, and a row that hangs on it would have one status today and another
 * tomorrow.
 */
struct trouble *race_covering(struct judging *judging,
                              const struct check *check);

/* Adds to what the row tells a finding, which must live as long; or a
 * trouble, once. */
void row_add(struct judging *judging, struct row *row, struct finding *finding);
void row_tell(struct judging *judging, struct row *row,
              struct trouble *trouble);

/*
 * Adds every trouble of that weight that belongs to the row's check. Returns
 * the first, or NULL when there is none.
 */
struct trouble *row_tell_all(struct judging *judging, struct row *row,
                             enum weight weight);

/* ---- tally.c ----------------------------------------------------------- */

/* How one test went in one run; a later one is worth more words. */
enum outcome {
    OUTCOME_FINE,      /* came to its end, all that was expected held */
    OUTCOME_UNASKED,   /* was not asked for in this run */
    OUTCOME_UNREACHED, /* asked for, never began */
    OUTCOME_LEFT,      /* the process ended itself in the middle */
    OUTCOME_UNSEEN,    /* came to its end, a value was not observed */
    OUTCOME_WRONG,     /* a value is not what it must be */
    OUTCOME_LIMIT,     /* stopped at a limit: box.end says which */
    OUTCOME_ASSERT,    /* a cr_assert ended it */
    OUTCOME_ASLEEP,    /* slept until its time was up */
    OUTCOME_LOOP,      /* used up its processor time */
    OUTCOME_CRASH,
    OUTCOME_DEADLOCK
};

struct trial {
    enum outcome outcome;
    const struct run *run;
    const char *test;
    const struct expectation *expectation; /* WRONG, UNSEEN */
    const char *seen; /* WRONG: the value; ASSERT, CRASH: what was recorded */
};

struct trial tally_trial(const struct run *run, const char *test);

/* The same for one of several runs of a test, recorded as `name`. Values that
 * this run has not observed are not judged, unless `whole`. */
struct trial tally_variant(const struct run *run, const char *test,
                           const char *name, bool whole);

/* true for "suite/name@2", a run of the test "suite/name" */
bool tally_is_variant(const char *name, const char *test);

/* The last value of a key in a test of a run, or NULL. */
const char *tally_value(const struct run *run, const char *test,
                        const char *key);
bool tally_started(const struct run *run, const char *test);
bool tally_ended(const struct run *run, const char *test);

/*
 * Whether an expectation held: it was observed, and each time the value was
 * right. `seen` is set to the first wrong value, or NULL.
 */
bool tally_held(const struct run *run, const struct expectation *expectation,
                const char **seen);

bool tally_covers(const struct check *check, const char *test);

/* Number of tests that the check covers. */
size_t tally_covered(const struct judging *judging, const struct check *check);

/* true when some run of the lens was made that way */
bool tally_has_way(const struct judging *judging, enum lens lens,
                   const char *way);

/*
 * How a test went in all runs of a lens, or only in those of one way when
 * `way` is not NULL: the trial worth the most words; FINE when one run was
 * fine and none was worse than unreached; `run` is NULL when there was none.
 */
struct trial tally_test(const struct judging *judging, enum lens lens,
                        const char *way, const char *test);

/* Why the test went as it did, one or two sentences for the student. */
const char *tally_words(struct judging *judging, const struct trial *trial);

/* ---- gaps.c ------------------------------------------------------------- */

/* Adds the bugs that explain how the test went. Returns the first, or NULL. */
struct trouble *row_tell_causes(struct judging *judging, struct row *row,
                                const struct trial *trial);

/*
 * When this lens has shown nothing about the row's check, blocks the row and
 * returns true. `about` completes "a program that does not do the work shows
 * nothing about ...". Only runs made in that way when `way` is not NULL.
 */
bool row_gap(struct judging *judging, struct row *row, enum lens lens,
             const char *way, const char *about);

/* ---- judge.c ----------------------------------------------------------- */

/* printf into the judging's context */
const char *say(struct judging *judging, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void row_fail(struct row *row, enum lens lens, const char *message);
void row_blocked(struct row *row, const char *message);
void row_open(struct row *row, const char *reason, const char *message);
void row_error(struct row *row, const char *message);
bool row_is_blocked(const struct row *row);

/* The lowest lens of a set that is not empty. */
enum lens first_lens(unsigned lenses);

/* The command that shows it again. */
const char *again(struct judging *judging, enum lens lens);

/* ---- judge_*.c: each fills a row whose status is PASS ------------------- */

/* `lenses`: those of the check that were asked for and that work here. */
void judge_build(struct judging *judging, struct row *row);
void judge_build_notes(struct judging *judging, struct verdict *verdict);
void judge_notes(struct judging *judging, struct verdict *verdict);
void judge_results(struct judging *judging, struct row *row, unsigned lenses);

/* A row that has found nothing wrong, where race_covering() finds a race. */
void block_on_race(struct judging *judging, struct row *row,
                   const char *message);
void judge_race(struct judging *judging, struct row *row, unsigned lenses);
void judge_deadlock(struct judging *judging, struct row *row, unsigned lenses);
void judge_faults(struct judging *judging, struct row *row);
void judge_schedules(struct judging *judging, struct row *row);
void judge_memory(struct judging *judging, struct row *row, unsigned lenses);
/* These two come after all others, in this order: they look at their rows. */
void judge_speed(struct judging *judging, struct row *row,
                 const struct row *rows, size_t count);
void judge_needs(struct judging *judging, struct verdict *verdict);

/* A real deadlock in one of the check's tests ends them: when there is one,
 * blocks the row and returns true. In judge_deadlock.c. */
bool blocked_by_deadlock(struct judging *judging, struct row *row,
                         const char *about);

/* ---- words*.c ---------------------------------------------------------- */

/* Fills message, locations, story, idea and help of the trouble's finding. */
void words_fill(struct judging *judging, struct trouble *trouble);
void words_race(struct judging *judging, struct trouble *trouble);
void words_deadlock(struct judging *judging, struct trouble *trouble);

/* What to try next about a test that went that way; or NULL. */
const char *words_outcome(enum outcome outcome);

/* What a signal means, by its name ("SIGSEGV@...") or, without one, its
 * number. */
const char *words_signal(const char *name, int number);

/* "ThreadSanitizer", "Helgrind": the lens as people call it. */
const char *words_lens(enum lens lens);

/* What a compiler's warning means, by its option, or NULL. */
const char *words_warning(const char *option);

/* "line 23" in the student's file, "tests.c:23" elsewhere; the file alone
 * where the line is not known */
const char *words_place(struct judging *judging, const struct place *place);

/* The same inside a text: "taken at bank.c:12" is "taken at line 12". */
const char *words_in_lines(struct judging *judging, const char *text);

/* "`total`", or `otherwise` when the name is not known */
const char *words_object(struct judging *judging, const char *object,
                         const char *otherwise);

bool words_located(const struct finding *finding, const struct place *place);
void words_locate(struct judging *judging, struct finding *finding,
                  const struct place *place, const char *what);

/* ---- expression.c ------------------------------------------------------- */

/* What line `number` of the source assigns to, as it stands there, or NULL. */
const char *expression_assigned(void *ctx, const char *source, int number);

#endif
