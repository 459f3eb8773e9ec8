/*
 * judge_faults.c - every call may fail: the tests bear it, with one failing
 * call in each run. What a run without one leaves behind is no matter here.
 *
 * A test that runs as "faults/map" is "faults/map@0" in the run without a
 * failing call, and @1, @2, ... in the others. "runs" says how many there
 * were, so none can be missing.
 */
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "judging.h"

/* What an outcome of the runs is told with. */
static const struct {
    const char *says; /* of the fault; "" any other: the call's own error */
    const char *how, *idea, *help;
} kinds[] = {
    {"interrupted", "is interrupted (EINTR)",
     "A call that waits can be interrupted by a signal before it has done "
     "anything. That is no error.",
     "Make the call again when errno is EINTR."},
    {"short", "moves one byte and no more",
     "read() and write() may move fewer bytes than they were asked to: a pipe "
     "or a socket has no borders between messages.",
     "Call again for the rest until all has been moved; only 0 from read() is "
     "the end."},
    {"not-ready", "finds its descriptor not ready (EAGAIN)",
     "That a descriptor was ready is news of a moment ago: the call that uses "
     "it may still find nothing.",
     "Go back to waiting when errno is EAGAIN."},
    {"wake", "wakes up without a signal",
     "A wait on a condition variable may end although nobody gave a signal: a "
     "spurious wakeup. And what was signalled may be gone again.",
     "Ask again after each wakeup: while (!ready) pthread_cond_wait(...)."},
    {"kill", "never comes: the child process is killed just before it",
     "A process can be ended from outside at any moment. Its parent learns of "
     "it by the end of the pipe, and by waitpid().",
     "Ask at each read and write in the parent: what if the other side is "
     "gone now? Which item was in its hands?"},
    {"kill-middle", "ends in the middle: the child process is killed",
     "A process can be ended from outside at any moment, also when half of a "
     "message has been sent.",
     "Half a message is no message: the end that comes before the last byte "
     "is the end of the worker."},
    {"", NULL,
     "Every call that can fail will fail one day, and where it fails the "
     "function must leave nothing half done.",
     "Follow the path from the line where this call fails: what was done "
     "before it is undone, in the reverse order, and the error is returned."},
};

static const char *const leftovers[][3] = {
    {"threads-left", "thread is still there", "threads are still there"},
    {"children-left", "child process is still there",
     "child processes are still there"},
    {"descriptors-left", "descriptor is still open",
     "descriptors are still open"},
    {"blocks-left", "block of memory is never freed",
     "blocks of memory are never freed"},
};
#define LEFTOVERS (sizeof(leftovers) / sizeof(leftovers[0]))

static size_t kind_of(const struct injected *fault)
{
    size_t i = 0;

    while (*kinds[i].says && strcmp(kinds[i].says, fault->says) != 0)
        i++;
    return i;
}

/* The line that called the function in which the call stands, or NULL. */
static const struct place *own_caller(const struct side *side,
                                      const struct place *at)
{
    const struct place *end = side->stack + side->depth;

    for (const struct place *next = at + 1; at && next < end; next++)
        if (next->student)
            return next;
    return NULL;
}

static const struct injected *fault_of(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->fault_count; i++)
        if (strcmp(run->faults[i].test, name) == 0)
            return &run->faults[i];
    return NULL;
}

static long number_of(const struct run *run, const char *name, const char *key)
{
    const char *value = tally_value(run, name, key);

    return value ? atol(value) : 0;
}

/* More is left behind than without the failing call: how, in words; or NULL. */
static const char *left_behind(struct judging *judging, const struct run *run,
                               const char *test, const char *name)
{
    const char *calm = say(judging, "%s@0", test);

    for (size_t i = 0; i < LEFTOVERS; i++) {
        long more = number_of(run, name, leftovers[i][0]) -
                    number_of(run, calm, leftovers[i][0]);
        if (more > 0)
            return say(judging, "When the test has ended, %ld %s.", more,
                       leftovers[i][more == 1 ? 1 : 2]);
    }
    return NULL;
}

/* What a hang or a crash in this run was, or NULL. */
static struct trouble *trouble_in(struct judging *judging, const char *name)
{
    for (size_t i = 0; i < judging->trouble_count; i++) {
        struct trouble *trouble = &judging->troubles[i];
        for (size_t k = 0; k < trouble->test_count; k++)
            if (strcmp(trouble->tests[k], name) == 0)
                return trouble;
    }
    return NULL;
}

static const char *call_words(struct judging *judging,
                              const struct injected *fault)
{
    const char *how = kinds[kind_of(fault)].how;

    return say(judging, "the %s call of %s()%s %s",
               fault->time == 1 ? "first" : "second", fault->call,
               fault->child ? " in a child process" : "",
               how ? how : say(judging, "fails (%s)", fault->says));
}

static void tell(struct judging *judging, struct row *row,
                 const struct injected *fault, const char *name,
                 const char *after)
{
    struct finding *finding = talloc_zero(judging->ctx, struct finding);
    const struct trouble *trouble = trouble_in(judging, name);
    const struct place *at = side_student(&fault->at);
    const struct place *block = side_student(&fault->block);
    const char *call = call_words(judging, fault);

    finding->property = PROPERTY_FAULTS;
    finding->kind = trouble ? trouble->finding.kind : BUG_OTHER;
    finding->lenses = 1u << LENS_FAULTS;
    finding->test = name;
    finding->message =
        say(judging, "Made to happen: %s. What came of it: %s", call, after);
    finding->idea = kinds[kind_of(fault)].idea;
    finding->help = kinds[kind_of(fault)].help;
    words_locate(judging, finding, at, call);
    words_locate(judging, finding, own_caller(&fault->at, at),
                 "on the way from here");
    words_locate(judging, finding, block, "allocated here, and not freed");
    for (size_t i = 0; trouble && i < trouble->finding.location_count; i++)
        words_locate(judging, finding, &trouble->finding.locations[i].place,
                     trouble->finding.locations[i].what);
    finding->story = trouble ? trouble->finding.story : NULL;
    row_add(judging, row, finding);
    row_fail(row, LENS_FAULTS, finding->message);
    row->help = finding->help;
    row->again = again(judging, LENS_FAULTS);
}

/* The run without a failing call must be right, or the others say nothing. */
static bool calm_run(struct judging *judging, struct row *row,
                     const struct run *run, const char *test)
{
    const char *name = say(judging, "%s@0", test);
    struct trial trial = tally_variant(run, test, name, true);

    if (trial.outcome != OUTCOME_FINE) {
        row_blocked(row, say(judging,
                             "First it must go well when no call "
                             "fails. %s",
                             tally_words(judging, &trial)));
        return false;
    }
    if (number_of(run, name, "runs") == 0) {
        row_blocked(row, say(judging,
                             "In the test `%s` your code makes no call that "
                             "can fail, so nothing was shown.",
                             test));
        return false;
    }
    return true;
}

/* true when this run with a failing call went as it must */
static bool bears(struct judging *judging, struct row *row,
                  const struct run *run, const char *test, long number)
{
    const char *name = say(judging, "%s@%ld", test, number);
    struct trial trial = tally_variant(run, test, name, false);
    const struct injected *fault = fault_of(run, name);
    const char *left = NULL;

    if (trial.outcome == OUTCOME_FINE)
        left = left_behind(judging, run, test, name);
    if (trial.outcome == OUTCOME_FINE && !left)
        return true;
    if (!fault) {
        if (trial.outcome == OUTCOME_UNREACHED)
            return true; /* the ones before it used up the time */
        row_fail(row, LENS_FAULTS, tally_words(judging, &trial));
        return false;
    }
    trial.test = test;
    tell(judging, row, fault, name,
         left ? say(judging, "%s (Test `%s`.)", left, test)
              : tally_words(judging, &trial));
    return false;
}

void judge_faults(struct judging *judging, struct row *row)
{
    const struct run *run = NULL;
    unsigned total = 0;

    for (size_t i = 0; i < judging->evidence->count && !run; i++)
        if (judging->evidence->runs[i].lens == LENS_FAULTS)
            run = &judging->evidence->runs[i];
    if (!run) {
        row_error(row, "The kit has no run of the lens faults.");
        return;
    }
    for (size_t i = 0; judging->tests && i < judging->tests->test_count; i++) {
        const char *test = judging->tests->tests[i];
        long runs;
        if (!tally_covers(row->check, test))
            continue;
        if (!calm_run(judging, row, run, test))
            return;
        runs = number_of(run, say(judging, "%s@0", test), "runs");
        total += (unsigned)runs + 1;
        row->run_counts[LENS_FAULTS] = total;
        for (long number = 1; number <= runs; number++)
            if (!bears(judging, row, run, test, number))
                return;
    }
}
