/*
 * words_tests.c - what a student reads about a test that did not go well.
 */
#include <signal.h>
#include <string.h>

#include "judging.h"

#define LONGEST 60 /* of a string that was observed; the rest is left out */

const char *words_lens(enum lens lens)
{
    switch (lens) {
    case LENS_BUILD:
        return "the compilers";
    case LENS_BEHAVIOUR:
        return "the tests";
    case LENS_TSAN:
        return "ThreadSanitizer";
    case LENS_HELGRIND:
        return "Helgrind";
    case LENS_MEMORY:
        return "Memcheck";
    case LENS_FAULTS:
        return "the runs with failing calls";
    case LENS_INTERLEAVINGS:
        return "the explorer";
    case LENS_SPEED:
        return "the speed tests";
    case LENS_COUNT:
        break;
    }
    return "a lens";
}

/* " under Helgrind" where that is not plain to see. */
static const char *under(const struct trial *trial)
{
    switch (trial->run ? trial->run->lens : LENS_BEHAVIOUR) {
    case LENS_TSAN:
        return " under ThreadSanitizer";
    case LENS_HELGRIND:
        return " under Helgrind";
    case LENS_MEMORY:
        return " under Memcheck";
    default:
        return "";
    }
}

static const char *relation(enum relation which)
{
    switch (which) {
    case REL_NE:
        return "must not be ";
    case REL_LT:
        return "must be less than ";
    case REL_LE:
        return "must be at most ";
    case REL_GT:
        return "must be more than ";
    case REL_GE:
        return "must be at least ";
    case REL_EQ:
    case REL_STR:
        break;
    }
    return "must be ";
}

/* A value as it is shown: strings in quotes, and not too long. */
static const char *shown(struct judging *judging, enum relation which,
                         const char *value)
{
    const char *quote = which == REL_STR ? "\"" : "";

    if (strlen(value) <= LONGEST)
        return say(judging, "%s%s%s", quote, value, quote);
    return say(judging, "%s%.*s...%s", quote, LONGEST, value, quote);
}

static const char *wrong(struct judging *judging, const struct trial *trial)
{
    const struct expectation *expectation = trial->expectation;

    return say(judging, "In the test `%s`%s, `%s` is %s and %s%s: %s.",
               trial->test, under(trial), expectation->key,
               shown(judging, expectation->relation, trial->seen),
               relation(expectation->relation),
               shown(judging, expectation->relation, expectation->value),
               expectation->why ? expectation->why : "that is the task");
}

static const char *limit(struct judging *judging, const struct trial *trial)
{
    const struct box_result *box = &trial->run->box;
    const char *test = trial->test, *where = under(trial);

    switch (box->end) {
    case BOX_CPU:
        return say(judging,
                   "The test `%s` does not end%s: it kept the processor busy "
                   "for %.0f seconds and was stopped. Is there a loop that "
                   "never ends, or one that spins until another thread does "
                   "something?",
                   test, where, box->cpu_seconds);
    case BOX_MEMORY:
        return say(judging,
                   "In the test `%s`%s the program took more than %zu MB of "
                   "memory and was stopped.",
                   test, where, judging->exercise->memory_bytes >> 20);
    case BOX_OUTPUT:
        return say(judging,
                   "In the test `%s`%s the program flooded its output and was "
                   "stopped.",
                   test, where);
    case BOX_FILES:
        return say(judging,
                   "In the test `%s`%s the program wrote more into files than "
                   "it may and was stopped.",
                   test, where);
    case BOX_PROCESSES:
        return say(judging,
                   "In the test `%s`%s the program started more threads or "
                   "processes than it may and was stopped.",
                   test, where);
    default:
        return say(judging,
                   "The test `%s` had not ended%s after %.0f seconds and was "
                   "stopped.",
                   test, where, box->wall_seconds);
    }
}

static const struct {
    const char *name;
    int number;
    const char *words;
} signals[] = {
    {"SIGSEGV", SIGSEGV, "it touched memory that is not its own (SIGSEGV)"},
    {"SIGBUS", SIGBUS, "it touched memory that is not there (SIGBUS)"},
    {"SIGABRT", SIGABRT,
     "it was aborted, by an assert() or because the C library found its "
     "memory damaged (SIGABRT)"},
    {"SIGFPE", SIGFPE, "it divided by zero or the like (SIGFPE)"},
    {"SIGILL", SIGILL, "it ran into an instruction that there is not (SIGILL)"},
    {"SIGPIPE", SIGPIPE, "it wrote to a pipe that nobody reads (SIGPIPE)"},
    {"SIGKILL", SIGKILL, "it was killed (SIGKILL)"},
    {"SIGTRAP", SIGTRAP, "it ran into a trap (SIGTRAP)"},
    /* harness/stacks.c */
    {"overflow", -1,
     "a coroutine's stack has overflowed: it needed more than the stack has, "
     "and ran into the guard page below it"},
    {"no-stack", -1,
     "a coroutine runs on a stack that is not there: the memory that was "
     "given to it is not mapped, or not any more"},
    {"own-stack", -1, "a coroutine frees the stack that it runs on"},
};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

const char *words_signal(const char *name, int number)
{
    size_t length = name ? strcspn(name, "@ ") : 0;

    for (size_t i = 0; i < SIGNALS; i++)
        if (length ? strlen(signals[i].name) == length &&
                         strncmp(signals[i].name, name, length) == 0
                   : signals[i].number == number)
            return signals[i].words;
    return "it was ended by a signal";
}

static const char *crash(struct judging *judging, const struct trial *trial)
{
    const struct box_result *box = &trial->run->box;

    return say(judging, "The program crashed in the test `%s`%s: %s.",
               trial->test, under(trial),
               words_signal(trial->seen,
                            box->end == BOX_SIGNALLED ? box->code : SIGSEGV));
}

const char *tally_words(struct judging *judging, const struct trial *trial)
{
    const char *test = trial->test, *where = under(trial);

    switch (trial->outcome) {
    case OUTCOME_FINE:
        return say(judging, "The test `%s` went well%s.", test, where);
    case OUTCOME_UNASKED:
        return say(judging, "The test `%s` was not run%s.", test, where);
    case OUTCOME_UNREACHED:
        if (trial->run->box.end == BOX_CPU)
            return say(judging,
                       "The test `%s` was never reached%s: before it the "
                       "program kept the processor busy until it was stopped. "
                       "What runs there, before main() or between tests?",
                       trial->test, where);
        return say(judging,
                   "The test `%s` was never reached%s: the program ended "
                   "before it.",
                   test, where);
    case OUTCOME_LEFT:
        return say(judging,
                   "The test program ended before the test `%s` did%s: is "
                   "there an exit() or _exit() in your file, or does a child "
                   "process return?",
                   test, where);
    case OUTCOME_UNSEEN:
        return say(judging,
                   "The test `%s` ended%s without having observed `%s`.", test,
                   where, trial->expectation->key);
    case OUTCOME_WRONG:
        return wrong(judging, trial);
    case OUTCOME_LIMIT:
        return limit(judging, trial);
    case OUTCOME_ASSERT:
        return say(judging, "The test `%s` could not go on%s: %s.", test, where,
                   trial->seen);
    case OUTCOME_ASLEEP:
        return say(judging,
                   "The test `%s` was still asleep%s when its time was up.",
                   test, where);
    case OUTCOME_LOOP:
        return say(judging,
                   "The test `%s` does not end%s: it kept the processor busy "
                   "until its time was up.",
                   test, where);
    case OUTCOME_CRASH:
        return crash(judging, trial);
    case OUTCOME_DEADLOCK:
        return say(judging,
                   "The test `%s` stops in a deadlock%s: every thread waits, "
                   "and nothing can move any more.",
                   test, where);
    }
    return "";
}

const char *words_outcome(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_LEFT:
        return "A function that others call returns an error to its caller; "
               "it does not end the program.";
    case OUTCOME_LIMIT:
    case OUTCOME_LOOP:
        return "Look at what ends each loop. A thread that waits for another "
               "sleeps in a lock, a condition variable or a join.";
    case OUTCOME_CRASH:
        return "Look at the pointers on that path: may one be NULL, freed "
               "already, or behind the end of an array?";
    default:
        return NULL;
    }
}
