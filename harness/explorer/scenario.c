/*
 * scenario.c - tests of an exercise are explored: the lens `interleavings`.
 *
 * Each test named on the command line is a scenario. What its schedules
 * observe is collected; most of them observe the same. Of each outcome that
 * differs from all before it the first schedule is told, as records of a test
 * of its own (harness/record.c):
 *
 *     start T@1
 *     value T@1 key value
 *     value T@1 schedule PREEMPTIONS TURNS
 *     value T@1 fault KIND TEXT         only when it went wrong by itself
 *     end T@1                           only when it did not
 *     value T explored ...              how far the search came
 *     value T visited PC ...            where accesses were made
 *     value T raced PC ...              and which of them raced with others
 *     value T race PC DOES PC DOES      two that did (places.h)
 *
 * The oracle outside says what must have been observed. The first outcome is
 * that of the schedule that nobody interferes with, and each later one comes
 * with as few preemptions as it can have.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "calls.h"
#include "explore.h"
#include "interleave.h"
#include "places.h"
#include "strategy.h"
#include "tell.h"

enum { OUTCOME_BYTES = 2048, OUTCOMES = 16, TESTS = 64 };

static struct standin_test *tests;
static struct standin_test *running;

/* Of the schedule under way: lines "key value". */
static char *observed;
static size_t observed_size;

/* What is known of each test: first all are searched, then all that are not
 * whole go on by chance. */
static struct tried {
    struct standin_test *test;
    uint64_t known[OUTCOMES];
    unsigned outcomes;
    struct progress progress;
} tried[TESTS], *now;
static unsigned tried_count;

/* ---- what a test says (interleave.h) ------------------------------------ */

static void observe(const char *format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(observed + observed_size, OUTCOME_BYTES - observed_size,
                  format, arguments);
    va_end(arguments);
    if (n > 0 && observed_size + (size_t)n < OUTCOME_BYTES)
        observed_size += (size_t)n;
}

void observe_int(const char *key, long long value)
{
    observe("%s %lld\n", key, value);
}

void observe_str(const char *key, const char *value)
{
    char text[512];
    size_t n = 0;

    for (; *value != '\0' && n + 3 < sizeof text; value++) {
        if (*value == '\n' || *value == '\\')
            text[n++] = '\\';
        text[n++] = *value == '\n' ? 'n' : *value;
    }
    text[n] = '\0';
    observe("%s %s\n", key, text);
}

static bool all_are_here(struct thread *thread)
{
    return !thread->waits;
}

/* All that are in the meeting leave it, knowing how many they were. */
static int dissolve(struct object *place, int count)
{
    place->size = count;
    place->waiting = 0;
    for (int i = 0; i < world->thread_count; i++)
        if (world->threads[i].waits && world->threads[i].object == place)
            world->threads[i].waits = false;
    spin_progress();
    return count;
}

/* Without a clock, as everywhere: who is in a meeting goes on when it is full,
 * or when nobody else can move. */
int meet(struct meeting *meeting)
{
    struct object *place = object_at(meeting, OBJECT_BARRIER);
    struct thread *self = world->self;

    announce(OP_BARRIER, place, NULL, PC);
    depend(place, OP_BARRIER, true);
    if (++place->waiting < meeting->size) {
        self->waits = self->last_resort = true;
        announce_wait(OP_WAKE, place, NULL, all_are_here, true, world->now, PC);
        self->last_resort = false;
        if (self->timed_out) /* and so no longer among those that wait */
            return dissolve(place, place->waiting + 1);
        return place->size;
    }
    return dissolve(place, place->waiting);
}

int threads_alive(void)
{
    return world->alive;
}

static noreturn void not_here(const char *what)
{
    fail(FAULT_UNCONTROLLED, 0, 0, "%s", what);
}

void fail_thread_create_after(int n)
{
    (void)n;
    not_here("fail_thread_create_after() in an explored test");
}

const char *origin_url(const char *format, ...)
{
    (void)format;
    not_here("the origin server in an explored test");
}

int origin_report(void)
{
    not_here("the origin server in an explored test");
}

int origin_closed_port(void)
{
    not_here("the origin server in an explored test");
}

enum fault fault_kind(void)
{
    return FAULT_NONE;
}

void faults_allow(unsigned set)
{
    (void)set;
}

void faults_spare(const char *call)
{
    (void)call;
}

void harness_test_begin(const char *test)
{
    (void)test;
}

void harness_test_end(const char *test)
{
    (void)test;
}

/* Constructors run in the order of the file; keep that order. */
void standin_add(struct standin_test *test)
{
    struct standin_test **end = &tests;

    while (*end != NULL)
        end = &(*end)->next;
    *end = test;
}

void standin_fail(const char *file, int line, bool fatal, const char *format,
                  ...)
{
    const char *slash = strrchr(file, '/');
    char text[200];
    va_list arguments;

    (void)fatal;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fail(FAULT_ASSERTION, PC, 0, "%s:%d %s", slash ? slash + 1 : file, line,
         text);
}

/* ---- schedules ---------------------------------------------------------- */

static void *body(void *test)
{
    observed_size = 0;
    ((struct standin_test *)test)->body();
    announce(OP_EXIT, NULL, NULL, 0);
    program_ends(0);
}

static uint64_t hash_of_outcome(void)
{
    uint64_t hash = mix(world->fault, world->fault_pc);

    for (size_t i = 0; i < observed_size; i++)
        hash = mix(hash, (unsigned char)observed[i]);
    return hash;
}

static void tell_values(const char *name)
{
    char *rest = NULL;

    observed[observed_size] = '\0';
    for (char *line = strtok_r(observed, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        tell("value %s %s", name, line);
}

static void tell_outcome(void)
{
    char name[160], turns_text[2048];

    snprintf(name, sizeof name, "%s/%s@%u", running->suite, running->name,
             now->outcomes);
    tell_token(turns_text, sizeof turns_text);
    tell("start %s", name);
    tell_values(name);
    tell("value %s schedule %u %s", name, world->cost, turns_text);
    if (world->fault != NO_FAULT)
        tell("value %s fault %s %s", name, fault_name(world->fault),
             world->fault_text);
    else
        tell("end %s", name);
}

/* No other schedule, and no other test, would say more: each that loops takes
 * its second. */
static bool is_enough(void)
{
    return world->fault == FAULT_UNCONTROLLED || world->fault == FAULT_LOOP;
}

static bool known(void *state)
{
    uint64_t hash = hash_of_outcome();

    (void)state;
    for (unsigned i = 0; i < now->outcomes; i++)
        if (now->known[i] == hash)
            return true;
    return false;
}

/* Is there anything that no schedule has observed so far? */
static bool ended(void *state)
{
    if (racy_grew && strategy != &strategy_replay)
        return false; /* all begins anew, and is told then */
    if (known(state))
        return false;
    if (now->outcomes == OUTCOMES)
        return true;
    now->known[now->outcomes++] = hash_of_outcome();
    tell_outcome();
    return is_enough();
}

/* Those that were found since the last call. */
static void tell_races(void)
{
    static unsigned told;

    for (const struct racing_pair *pair; (pair = places_pair(told)); told++)
        tell("value %s/%s race 0x%llx %c 0x%llx %c", running->suite,
             running->name, (unsigned long long)pair->at[0], pair->does[0],
             (unsigned long long)pair->at[1], pair->does[1]);
}

/* What is left of the budget, for the tests that come. */
static uint64_t steps_left;

static void explore_now(void)
{
    struct exploration what = {
        .body = body, .argument = now->test, .ended = ended, .known = known};
    uint64_t before;

    running = now->test;
    before = explore_progress()->steps;
    explore(&what);
    tell_races();
    now->progress = *explore_progress();
    before = now->progress.steps - before;
    steps_left -= before < steps_left ? before : steps_left;
}

/* Three quarters of the budget are for searching, whoever needs them; */
static void search_all(uint64_t chance)
{
    settings.chance = false;
    for (unsigned i = 0; i < tried_count && world->fault != FAULT_LOOP; i++) {
        now = &tried[i];
        settings.steps = steps_left > chance ? steps_left - chance : 1;
        explore_again();
        explore_now();
    }
}

/* and one is for chance, however little the search has needed: after a whole
 * search with two preemptions PCT with d = 3 hardly finds anything new. */
static void go_on_by_chance(uint64_t chance)
{
    unsigned count = 0;

    if (steps_left > chance)
        steps_left = chance;
    for (unsigned i = 0; i < tried_count; i++)
        count += !tried[i].progress.whole;
    for (unsigned i = 0; i < tried_count && count > 0; i++) {
        now = &tried[i];
        if (now->progress.whole || is_enough())
            continue;
        explore_again();
        explore_set_progress(&now->progress);
        explore_by_chance();
        settings.steps = now->progress.steps + steps_left / count--;
        explore_now();
    }
}

static void tell_search(const struct tried *one)
{
    const struct progress *progress = &one->progress;

    tell("value %s/%s explored %llu %llu %llu %llu %u %d %d %u %s",
         one->test->suite, one->test->name,
         (unsigned long long)progress->schedules,
         (unsigned long long)progress->searched,
         (unsigned long long)progress->pruned,
         (unsigned long long)progress->steps, progress->level,
         progress->bound_whole, progress->whole, places_count(),
         progress->stopped ? progress->stopped : "-");
}

static const char *telling; /* "visited" or "raced" */

static void tell_place(uint64_t pc)
{
    tell("value %s/%s %s 0x%llx", running->suite, running->name, telling,
         (unsigned long long)pc);
}

/* Of all tests so far. */
static void tell_places(void)
{
    telling = "visited";
    places_each_visited(tell_place);
    telling = "raced";
    places_each(tell_place);
}

static bool asked_for(const struct standin_test *test, int count, char **names)
{
    char name[128];

    snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void explore_all(void)
{
    const uint64_t chance = settings.steps / 4;

    steps_left = settings.steps;
    search_all(chance);
    if (strategy == &strategy_replay)
        return;
    go_on_by_chance(chance);
    for (unsigned i = 0; i < tried_count; i++)
        tell_search(&tried[i]);
    if (running != NULL)
        tell_places();
}

int main(int argc, char **argv)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    explorer_init(argv);
    observed = own_memory(OUTCOME_BYTES + 1);
    settings.visits = settings.small = true;
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    for (struct standin_test *test = tests; test != NULL; test = test->next)
        if (asked_for(test, argc - 1, argv + 1) && tried_count < TESTS)
            tried[tried_count++].test = test;
    explore_all();
    _exit(0);
}
