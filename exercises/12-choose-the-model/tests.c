/*
 * tests.c - what is observed of the eight cells, and what must be.
 *
 * Each item notes who did it and who else was under way, in a page that all
 * processes share. A worker that does its first item waits there for the
 * others, in a meeting: so it is no luck who gets how much, and no clock is
 * needed to see whether they overlap. A meeting of one more than there are to
 * be ends when nothing moves any more, and shows one too many as well. Items
 * that wait ask the origin server, which holds its answers back until so many
 * are in flight (4).
 *
 * All notes are made by atomic operations of relaxed order, and none of them
 * is a plain write: they give no order that would hide a race.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "body.h"
#include "choose-the-model.h"
#include "models.c"

#include "loop.c"

#define RELAXED memory_order_relaxed

enum { ITEMS_MAX = 200, WHO_MAX = 64, BODY = 60, TURNS = 40 };

/* ---- what the items note ------------------------------------------------- */

static struct notes {
    atomic_int under_way, most;
    atomic_int who[WHO_MAX]; /* thread numbers, each once */
    atomic_int who_count;
    atomic_int lonely;    /* nobody waits any more: a meeting was let go */
    atomic_int in_caller; /* items that were done in the caller's process */
    atomic_int outside;   /* in it, but not in a call of a loop */
    atomic_int crowded;   /* more than one in one call of the loop */
    atomic_int came_back; /* workers that have returned into the test */
    atomic_int at_exit;   /* and that have ended with exit() */
    atomic_int done[ITEMS_MAX];
} * notes;

static pid_t caller;
static struct meeting *meeting; /* of workers at their first item, or NULL */
static bool on_the_loop;        /* this cell is the loop's */
static int last_call;           /* of the loop, that did an item */

static int get(const atomic_int *number)
{
    return atomic_load_explicit(number, RELAXED);
}

static int add(atomic_int *number, int n)
{
    return atomic_fetch_add_explicit(number, n, RELAXED) + n;
}

static void at_least(atomic_int *number, int n)
{
    int now = get(number);

    while (now < n && !atomic_compare_exchange_weak_explicit(number, &now, n,
                                                             RELAXED, RELAXED))
        ;
}

static void begin_notes(struct meeting *of_workers)
{
    if (notes == NULL)
        notes = mmap(NULL, sizeof *notes, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(notes != MAP_FAILED, "the test has no memory");
    memset((void *)notes, 0, sizeof *notes);
    caller = getpid();
    meeting = of_workers;
    last_call = 0;
}

/* A worker that comes back to where `self` has called goes no further. */
static void only(pid_t self)
{
    if (getpid() == self)
        return;
    add(&notes->came_back, 1);
    _exit(9);
}

static void stay(void)
{
    only(caller);
}

static void note_exit(void)
{
    if (getpid() != caller)
        add(&notes->at_exit, 1);
}

/* Is this the first item of whoever does it? */
static bool is_new(void)
{
    int self = (int)syscall(SYS_gettid), count = get(&notes->who_count);
    int place;

    for (int i = 0; i < count && i < WHO_MAX; i++)
        if (get(&notes->who[i]) == self)
            return false;
    place = add(&notes->who_count, 1) - 1;
    if (place < WHO_MAX)
        add(&notes->who[place], self);
    return true;
}

/* On a loop. */
static void note_call(void)
{
    if (!loop_in_call)
        add(&notes->outside, 1);
    else if (loop_calls == last_call)
        add(&notes->crowded, 1);
    else
        last_call = loop_calls;
}

static void under_way(int n)
{
    at_least(&notes->most, add(&notes->under_way, n));
}

static void enter(int i)
{
    bool new = is_new();

    under_way(1);
    if (i >= 0 && i < ITEMS_MAX)
        add(&notes->done[i], 1);
    if (getpid() == caller)
        add(&notes->in_caller, 1);
    if (on_the_loop && getpid() == caller)
        note_call();
    if (!new || meeting == NULL || get(&notes->lonely) > 0)
        return;
    if (meet(meeting) < meeting->size)
        add(&notes->lonely, 1);
}

/* ---- items that compute -------------------------------------------------- */

static uint64_t value_of(int i)
{
    uint64_t value = seed() + (uint64_t)i;

    for (int n = 0; n < TURNS; n++)
        draw(&value);
    return draw(&value);
}

static uint64_t compute(int i)
{
    uint64_t value;

    enter(i);
    value = value_of(i);
    under_way(-1);
    return value;
}

/* ---- items that wait ----------------------------------------------------- */

/* Held back by the server until `together` are in flight; and not. Once one
 * was let go because nobody could move, no other is held back: that so many do
 * not come is known then. */
static const char *urls[ITEMS_MAX], *free_urls[ITEMS_MAX];
static int together;

static const char *url_of(int i)
{
    return get(&notes->lonely) > 0 ? free_urls[i] : urls[i];
}

static void answered(void)
{
    if (get(&notes->most) < together)
        add(&notes->lonely, 1);
    under_way(-1);
}

static unsigned seed_of(int i)
{
    return (unsigned)(seed() % 10000) + (unsigned)i;
}

static uint64_t wait_for(int i)
{
    uint64_t value;

    enter(i);
    value = blocking_get(url_of(i));
    answered();
    return value;
}

/* What a waiting item is to call at its end. */
static struct end {
    void (*done)(void *arg, int i, uint64_t value);
    void *arg;
} ends[ITEMS_MAX];

static int begins_left; /* so many are begun before one fails; -1: none fails */
static int error_after; /* what begin() returns after that one */

static void has_come(void *arg, int i, uint64_t value)
{
    struct end *end = arg;

    answered();
    end->done(end->arg, i, value);
}

static int begin_to_wait(struct loop *loop, int i,
                         void (*done)(void *arg, int i, uint64_t value),
                         void *arg)
{
    int error;

    if (begins_left >= 0 && begins_left-- == 0)
        return EMFILE;
    if (begins_left == -1 && error_after != 0)
        return error_after;
    is_new();
    add(&notes->done[i], 1);
    ends[i] = (struct end){done, arg};
    error = loop_get(loop, url_of(i), i, has_come, &ends[i]);
    if (error == 0)
        under_way(1);
    return error;
}

/* ---- items that wait for nothing, and for nobody ------------------------- */

static int begin_to_pause(struct loop *loop, int i,
                          void (*done)(void *arg, int i, uint64_t value),
                          void *arg)
{
    add(&notes->done[i], 1);
    return loop_pause(loop, 0, value_of(i), i, done, arg);
}

/* ---- a cell -------------------------------------------------------------- */

typedef int run(const struct workload *workload, const struct means *means,
                uint64_t results[]);

static const struct workload computing = {0, compute, NULL};
static const struct workload waiting = {0, wait_for, begin_to_wait};
static const struct workload pausing = {0, compute, begin_to_pause};

static uint64_t results[ITEMS_MAX];

/* Far down on the stack, where nobody else comes: what a thread uses that was
 * left behind stays there as it was, and so it is the thread that is seen. */
static __attribute__((noinline)) int
run_below(run *run, const struct workload *workload, const struct means *means)
{
    char room[1 << 16];
    int error;

    __asm__ volatile("" : : "r"(room) : "memory"); /* it is used */
    error = run(workload, means, results);
    __asm__ volatile("" : : "r"(room) : "memory");
    return error;
}

/* Runs the first `count` items. Items that a worker has not done have no
 * result that could look right. */
static int run_cell(run *run, const struct workload *like, int count,
                    int workers, int in_flight)
{
    static struct workload workload;
    static struct means means;
    int error;

    workload = *like;
    workload.count = count;
    means = (struct means){workers, in_flight};
    memset(results, 0, sizeof results);
    begins_left = -1;
    error_after = 0;
    on_the_loop = run == run_on_loop;
    error = run_below(run, &workload, &means);
    stay();
    return error;
}

/* 0: all are answered at once. */
static void ask_for(int count, int held)
{
    together = held;
    for (int i = 0; i < count; i++) {
        urls[i] =
            origin_url("together/%d/body/%d/%u/%d", held, BODY, seed_of(i), i);
        free_urls[i] = origin_url("body/%d/%u/%d", BODY, seed_of(i), i);
    }
}

static uint64_t body_value(int i)
{
    uint64_t value = 0xcbf29ce484222325;

    for (uint64_t at = 0; at < BODY; at++)
        value = (value ^ body_byte(seed_of(i), at)) * 0x100000001b3;
    return value;
}

/* Results that are right; items that were done other than once; and what was
 * done, or written, beyond the last. */
static void observe_items(bool waits, int count)
{
    int right = 0, not_once = 0, beyond = 0;

    for (int i = 0; i < count; i++) {
        right += results[i] == (waits ? body_value(i) : value_of(i));
        not_once += get(&notes->done[i]) != 1;
    }
    for (int i = count; i < ITEMS_MAX; i++)
        beyond += results[i] != 0 || get(&notes->done[i]) != 0;
    observe_int("right", right);
    observe_int("not-once", not_once);
    observe_int("beyond", beyond);
}

static void expect_once(void)
{
    expect_int("not-once", EQUAL, 0, "each item is done once");
    expect_int("beyond", EQUAL, 0,
               "there is no item behind the last one, and no place for what "
               "would come of it: items are not always as many as can be "
               "divided by the number of workers");
}

static void expect_items(int count)
{
    expect_int("returned", EQUAL, 0, "nothing has failed");
    expect_int("right", EQUAL, count, "results[i] is what came of item i");
    expect_once();
}

static void report(void)
{
    cr_assert(origin_report() == 0, "the test has no web server to ask");
}

/* More than any number that stands in these tests: whoever has a bound of her
 * own meets it. */
static int many(void)
{
    uint64_t state = seed();

    return 26 + (int)(draw(&state) % 6);
}

/* How many items there are, nobody knows beforehand. */
static int very_many(void)
{
    return 150 + many();
}

static void run_very_many(run *run, const struct workload *like)
{
    begin_notes(NULL);
    observe_int("returned", run_cell(run, like, very_many(), 2, 3));
    observe_items(false, very_many());
}

/* More than a pipe holds, from one worker: even of 8 bytes each. (Threads may
 * go to sleep and wake up for each: there fewer have to do.) */
enum { RESULTS = 10000, FEWER = 1000 };

static uint64_t cheap(int i)
{
    return seed() + (uint64_t)i * 3;
}

static void run_many_results(run *run, int count)
{
    const struct workload workload = {count, cheap, NULL};
    static const struct means means = {1, 1};
    static uint64_t values[RESULTS];
    int right = 0;

    begin_notes(NULL);
    observe_int("returned", run(&workload, &means, values));
    stay();
    for (int i = 0; i < count; i++)
        right += values[i] == cheap(i);
    observe_int("right", right);
}

static void expect_many_results(int count)
{
    expect_int("returned", EQUAL, 0, "nothing has failed");
    expect_int("right", EQUAL, count, "results[i] is what came of item i");
}

/* Two threads have called, and all workers of both are at their first item. The
 * second calls only when those of the first are there: who makes processes at
 * the very moment at which another thread does has copies of that one's pipes,
 * by chance. It has the items from CALL on. */
enum { CALL = 10 };

static struct one_call {
    run *run;
    uint64_t (*item)(int i);
    uint64_t values[CALL];
    int error;
    pthread_t thread;
} calls[2];

static struct meeting of_the_first = MEETING(3); /* two workers, and the test */
static struct meeting of_both = MEETING(4);

static uint64_t compute_first(int i)
{
    if (is_new()) {
        meet(&of_the_first);
        meet(&of_both);
    }
    return compute(i);
}

static uint64_t compute_second(int i)
{
    return compute(CALL + i);
}

static void *make_call(void *arg)
{
    struct one_call *call = arg;
    const struct workload workload = {CALL, call->item, NULL};
    const struct means means = {2, 1};

    call->error = call->run(&workload, &means, call->values);
    stay();
    return NULL;
}

static void start_call(struct one_call *call, run *run, uint64_t (*item)(int))
{
    *call = (struct one_call){.run = run, .item = item};
    cr_assert(pthread_create(&call->thread, NULL, make_call, call) == 0,
              "the test has no thread");
}

static void run_two_calls(run *run)
{
    int right = 0, error = 0;

    begin_notes(&of_both);
    start_call(&calls[0], run, compute_first);
    meet(&of_the_first);
    start_call(&calls[1], run, compute_second);
    for (int i = 0; i < 2; i++) {
        pthread_join(calls[i].thread, NULL);
        error += calls[i].error;
        for (int k = 0; k < CALL; k++)
            right += calls[i].values[k] == value_of(i * CALL + k);
    }
    observe_int("returned", error);
    observe_int("right", right);
}

static void expect_two_calls(void)
{
    expect_int("returned", EQUAL, 0, "nothing has failed");
    expect_int(
        "right", EQUAL, 2 * CALL,
        "two threads have called, and both calls are under way: each has "
        "its own workload and its own results, and none is kept where "
        "two calls meet");
}

/* Items the first of which runs items itself, in the same model. */
enum { OUTER = 3, INNER = 4 };

static run *model_of_inner;

static uint64_t inner(int i)
{
    return value_of(ITEMS_MAX + i);
}

static bool inner_goes_well(void)
{
    static const struct workload workload = {INNER, inner, NULL};
    static const struct means means = {1, 1};
    static uint64_t values[INNER];
    pid_t self = getpid();
    int right = 0, error;

    memset(values, 0, sizeof values);
    error = model_of_inner(&workload, &means, values);
    only(self);
    if (error != 0)
        return false;
    for (int i = 0; i < INNER; i++)
        right += values[i] == inner(i);
    return right == INNER;
}

static uint64_t outer(int i)
{
    add(&notes->done[i], 1);
    return i > 0 || inner_goes_well() ? value_of(i) : 0;
}

static void run_one_within_another(run *run)
{
    static const struct workload nested = {0, outer, NULL};

    begin_notes(NULL);
    model_of_inner = run;
    observe_int("returned", run_cell(run, &nested, OUTER, 1, 1));
    observe_items(false, OUTER);
}

static void expect_one_within_another(void)
{
    expect_int("returned", EQUAL, 0, "nothing has failed");
    expect_int("right", EQUAL, OUTER,
               "an item has run items of its own in the same model: each call "
               "has its own workload and its own results, and none is kept "
               "where two calls meet");
    expect_once();
}

/* ---- sequential ---------------------------------------------------------- */

Test(sequential, computing)
{
    begin_notes(NULL);
    observe_int("returned", run_cell(run_sequential, &computing, 5, 2, 2));
    observe_items(false, 5);
    observe_int("at-once", get(&notes->most));
}

Expect(sequential, computing)
{
    expect_items(5);
    expect_int("at-once", EQUAL, 1, "one item after the other");
    expect_int("threads", EQUAL, 1, "the calling thread does it all");
}

Test(sequential, waiting)
{
    begin_notes(NULL);
    ask_for(3, 0);
    observe_int("returned", run_cell(run_sequential, &waiting, 3, 2, 2));
    observe_items(true, 3);
    report();
}

Expect(sequential, waiting)
{
    expect_items(3);
    expect_int("most-in-flight", EQUAL, 1, "one item after the other");
    expect_int("threads", EQUAL, 1, "the calling thread does it all");
}

/* ---- threads ------------------------------------------------------------- */

enum { WORKERS = 3, ROUNDS = 4 };

Test(threads, computing)
{
    static struct meeting more = MEETING(WORKERS + 1);

    begin_notes(&more);
    observe_int("returned", run_cell(run_with_threads, &computing,
                                     WORKERS * ROUNDS, WORKERS, 1));
    observe_items(false, WORKERS * ROUNDS);
    observe_int("at-once", get(&notes->most));
    observe_int("workers", get(&notes->who_count));
}

Expect(threads, computing)
{
    expect_items(WORKERS * ROUNDS);
    expect_int("workers", EQUAL, WORKERS,
               "three threads do all twelve items, no more and no fewer; each "
               "is made once, and not again and again");
    expect_int("at-once", EQUAL, WORKERS,
               "with three workers three items are under way at one moment: "
               "none of them waits for another");
    expect_int("threads", AT_MOST, WORKERS + 1,
               "beside the workers there is the caller, and nobody else");
}

Test(threads, waiting)
{
    begin_notes(NULL);
    ask_for(WORKERS * 2, 3);
    observe_int("returned",
                run_cell(run_with_threads, &waiting, WORKERS * 2, WORKERS, 1));
    observe_items(true, WORKERS * 2);
    observe_int("workers", get(&notes->who_count));
    report();
}

static void expect_workers_wait(void)
{
    expect_items(WORKERS * 2);
    expect_int("workers", EQUAL, WORKERS,
               "three workers do all six items, and nobody else does any");
    expect_int("most-in-flight", EQUAL, WORKERS,
               "each of the three workers waits for an answer of its own");
    expect_int("let-go", EQUAL, 0,
               "the second three are under way at one moment, like the first");
}

Expect(threads, waiting)
{
    expect_workers_wait();
}

Test(threads, few_items)
{
    int returned;

    begin_notes(NULL);
    returned = run_cell(run_with_threads, &computing, 0, 2, 1);
    observe_int("returned",
                returned + run_cell(run_with_threads, &computing, 1, 2, 1));
    observe_items(false, 1);
    observe_int("returned", run_cell(run_with_threads, &computing, 4, 1, 1));
}

Expect(threads, few_items)
{
    expect_items(1);
}

static void use_many_workers(run *run)
{
    static struct meeting all;

    all.size = many();
    begin_notes(&all);
    observe_int("returned", run_cell(run, &computing, many(), many(), 1));
    observe_items(false, many());
    observe_int("workers", get(&notes->who_count));
}

static void expect_many_workers(void)
{
    expect_items(many());
    expect_int("workers", EQUAL, many(),
               "there are as many workers as the means say, each with an item "
               "in its hands, whatever their number");
}

Test(threads, many_workers)
{
    use_many_workers(run_with_threads);
}

Expect(threads, many_workers)
{
    expect_many_workers();
}

Test(threads, very_many_items)
{
    run_very_many(run_with_threads, &computing);
}

Expect(threads, very_many_items)
{
    expect_items(very_many());
}

Test(threads, many_results)
{
    run_many_results(run_with_threads, FEWER);
}

Expect(threads, many_results)
{
    expect_many_results(FEWER);
}

Test(threads, two_calls)
{
    run_two_calls(run_with_threads);
}

Expect(threads, two_calls)
{
    expect_two_calls();
}

Test(threads, one_within_another)
{
    run_one_within_another(run_with_threads);
}

Expect(threads, one_within_another)
{
    expect_one_within_another();
}

/* ---- processes ----------------------------------------------------------- */

Test(processes, computing)
{
    static struct meeting more = MEETING(WORKERS + 1);

    begin_notes(&more);
    atexit(note_exit);
    observe_int("returned", run_cell(run_with_processes, &computing,
                                     WORKERS * ROUNDS, WORKERS, 1));
    observe_items(false, WORKERS * ROUNDS);
    observe_int("came-back", get(&notes->came_back));
    observe_int("at-exit", get(&notes->at_exit));
    observe_int("at-once", get(&notes->most));
    observe_int("workers", get(&notes->who_count));
    observe_int("in-the-caller", get(&notes->in_caller));
}

Expect(processes, computing)
{
    expect_items(WORKERS * ROUNDS);
    expect_int("in-the-caller", EQUAL, 0,
               "items are done by the workers, and not in the caller's "
               "process");
    expect_int("workers", EQUAL, WORKERS,
               "three processes do all twelve items, no more and no fewer; "
               "each is made once, and not again and again");
    expect_int("at-once", EQUAL, WORKERS,
               "with three workers three items are under way at one moment");
    expect_int("came-back", EQUAL, 0,
               "a worker ends where its work ends: who returns goes on as a "
               "second copy of the caller, and does once more whatever it does "
               "next");
    expect_int("at-exit", EQUAL, 0,
               "a worker ends with _exit(): exit() also does what the caller "
               "has to do at its own end, and writes out a second time what "
               "stands in the buffers of its files");
    expect_int("threads", EQUAL, 1, "the caller's process makes no threads");
}

Test(processes, waiting)
{
    begin_notes(NULL);
    ask_for(WORKERS * 2, 3);
    observe_int("returned", run_cell(run_with_processes, &waiting, WORKERS * 2,
                                     WORKERS, 1));
    observe_items(true, WORKERS * 2);
    observe_int("workers", get(&notes->who_count));
    report();
}

Expect(processes, waiting)
{
    expect_workers_wait();
    expect_int("threads", EQUAL, 1, "the caller's process makes no threads");
}

Test(processes, few_items)
{
    int returned;

    begin_notes(NULL);
    returned = run_cell(run_with_processes, &computing, 0, 2, 1);
    observe_int("returned",
                returned + run_cell(run_with_processes, &computing, 1, 2, 1));
    observe_items(false, 1);
}

Expect(processes, few_items)
{
    expect_items(1);
}

Test(processes, many_workers)
{
    use_many_workers(run_with_processes);
}

Expect(processes, many_workers)
{
    expect_many_workers();
}

Test(processes, very_many_items)
{
    run_very_many(run_with_processes, &computing);
}

Expect(processes, very_many_items)
{
    expect_items(very_many());
}

Test(processes, two_calls)
{
    run_two_calls(run_with_processes);
}

Expect(processes, two_calls)
{
    expect_two_calls();
}

Test(processes, one_within_another)
{
    run_one_within_another(run_with_processes);
}

Expect(processes, one_within_another)
{
    expect_one_within_another();
}

Test(processes, many_results)
{
    run_many_results(run_with_processes, RESULTS);
}

Expect(processes, many_results)
{
    expect_many_results(RESULTS);
}

/* The caller has a child of its own, which has ended. */
Test(processes, beside_a_child)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    cr_assert(child > 0, "the test has no process");
    begin_notes(NULL);
    observe_int("returned", run_cell(run_with_processes, &computing, 4, 2, 1));
    observe_items(false, 4);
    observe_int("still-there", waitpid(child, NULL, 0) == child);
}

Expect(processes, beside_a_child)
{
    expect_items(4);
    expect_int("still-there", EQUAL, 1,
               "the caller has a child of its own, for whose end it waits "
               "itself: wait for your processes, one by one, and not for "
               "anybody");
}

static uint64_t deadly(int i)
{
    if (i == 1 && getpid() != caller)
        raise(SIGKILL);
    return value_of(i);
}

Test(processes, one_dies)
{
    static const struct workload workload = {0, deadly, NULL};

    begin_notes(NULL);
    observe_int("returned", run_cell(run_with_processes, &workload, 4, 2, 1));
}

Expect(processes, one_dies)
{
    expect_int("returned", EQUAL, ECHILD,
               "a worker has been killed over its item: an item without a "
               "result is an error, and its name is ECHILD");
}

/* ---- the loop ------------------------------------------------------------ */

Test(loop, computing)
{
    begin_notes(NULL);
    observe_int("returned", run_cell(run_on_loop, &computing, 6, 3, 3));
    observe_items(false, 6);
    observe_int("outside", get(&notes->outside));
    observe_int("crowded", get(&notes->crowded));
    observe_int("in-the-caller", get(&notes->in_caller));
    observe_int("workers", get(&notes->who_count));
}

Expect(loop, computing)
{
    expect_items(6);
    expect_int("in-the-caller", EQUAL, 6, "a loop is in one process");
    expect_int("outside", EQUAL, 0,
               "items that compute are calls of the loop: loop_soon()");
    expect_int("crowded", EQUAL, 0,
               "one call does one item, so that the loop can turn between two "
               "of them and look after whatever waits");
    expect_int("workers", EQUAL, 1, "a loop has one thread");
    expect_int("threads", EQUAL, 1, "a loop has one thread");
}

/* So many in flight, twice, and as many workers as may confuse. */
static void wait_on_loop(int in_flight, int workers)
{
    int count = 2 * in_flight;

    begin_notes(NULL);
    ask_for(count, in_flight);
    observe_int("returned",
                run_cell(run_on_loop, &waiting, count, workers, in_flight));
    observe_items(true, count);
    observe_int("at-once", get(&notes->most));
    observe_int("workers", get(&notes->who_count));
    report();
}

static void expect_on_loop(int in_flight, const char *why)
{
    expect_items(2 * in_flight);
    expect_int("at-once", EQUAL, in_flight, why);
    expect_int("threads", EQUAL, 1, "one thread waits for all of them");
    expect_int("workers", EQUAL, 1, "one thread waits for all of them");
}

Test(loop, in_flight)
{
    wait_on_loop(4, 7);
}

Expect(loop, in_flight)
{
    expect_on_loop(4, "four may be in flight: so many are, and never more, "
                      "however many workers there might be");
    expect_int("most-in-flight", AT_LEAST, 4,
               "four may be in flight, so four are: the server answers nobody "
               "before");
    expect_int("let-go", EQUAL, 0,
               "the second four are in flight together, like the first");
}

Test(loop, many_in_flight)
{
    wait_on_loop(many(), 1);
}

Expect(loop, many_in_flight)
{
    expect_on_loop(many(), "as many are in flight as the means say, whatever "
                           "their number");
}

/* The one answer is held back until nothing moves. A loop that turns is let go
 * after a hundred milliseconds of computing: by then it has made thousands of
 * calls. */
Test(loop, asleep)
{
    int before = loop_calls;

    begin_notes(NULL);
    ask_for(1, 2);
    observe_int("returned", run_cell(run_on_loop, &waiting, 1, 1, 2));
    observe_items(true, 1);
    observe_int("calls", loop_calls - before);
    report();
}

Expect(loop, asleep)
{
    expect_items(1);
    expect_int("calls", AT_MOST, 100,
               "one item is waited for, and a few calls of the loop do: who "
               "asks for the next call again and again, to look whether "
               "anything has come, keeps the loop from sleeping");
}

Test(loop, one_within_another)
{
    run_one_within_another(run_on_loop);
}

Expect(loop, one_within_another)
{
    expect_one_within_another();
}

/* The first item that waits runs others that wait, as soon as it has come. */

static struct end outer_ends[OUTER];

static int begin_inner(struct loop *loop, int i,
                       void (*done)(void *arg, int i, uint64_t value),
                       void *arg)
{
    return loop_pause(loop, 0, value_of(i), i, done, arg);
}

static bool inner_waits_go_well(void)
{
    static const struct workload workload = {INNER, compute, begin_inner};
    static const struct means means = {1, 2};
    uint64_t values[INNER] = {0};
    int right = 0;

    if (run_on_loop(&workload, &means, values) != 0)
        return false;
    for (int i = 0; i < INNER; i++)
        right += values[i] == value_of(i);
    return right == INNER;
}

static void outer_has_come(void *arg, int i, uint64_t value)
{
    struct end *end = arg;

    if (i == 0 && !inner_waits_go_well())
        value = 0;
    add(&notes->done[i], 1);
    end->done(end->arg, i, value);
}

static int begin_outer(struct loop *loop, int i,
                       void (*done)(void *arg, int i, uint64_t value),
                       void *arg)
{
    outer_ends[i] = (struct end){done, arg};
    return loop_pause(loop, 0, value_of(i), i, outer_has_come, &outer_ends[i]);
}

Test(loop, waits_within_a_wait)
{
    static const struct workload nested = {0, compute, begin_outer};

    begin_notes(NULL);
    observe_int("returned", run_cell(run_on_loop, &nested, OUTER, 1, 2));
    observe_items(false, OUTER);
}

Expect(loop, waits_within_a_wait)
{
    expect_one_within_another();
}

Test(loop, very_many_items)
{
    run_very_many(run_on_loop, &computing);
}

Expect(loop, very_many_items)
{
    expect_items(very_many());
}

Test(loop, many_results)
{
    run_many_results(run_on_loop, FEWER);
}

Expect(loop, many_results)
{
    expect_many_results(FEWER);
}

Test(loop, very_many_waits)
{
    run_very_many(run_on_loop, &pausing);
}

Expect(loop, very_many_waits)
{
    expect_items(very_many());
}

/* The first is answered only when the last was asked for. */
Test(loop, next_at_once)
{
    begin_notes(NULL);
    ask_for(5, 0);
    urls[0] = origin_url("until/5/body/%d/%u/0", BODY, seed_of(0));
    observe_int("returned", run_cell(run_on_loop, &waiting, 5, 1, 2));
    observe_items(true, 5);
    report();
}

Expect(loop, next_at_once)
{
    expect_items(5);
    expect_int("let-go", EQUAL, 0,
               "when one has ended the next begins, and waits for no other");
}

Test(loop, few_items)
{
    int returned;

    begin_notes(NULL);
    ask_for(2, 2);
    returned = run_cell(run_on_loop, &computing, 0, 1, 2);
    returned += run_cell(run_on_loop, &waiting, 0, 1, 2);
    observe_int("returned",
                returned + run_cell(run_on_loop, &waiting, 2, 1, 6));
    observe_items(true, 2);
    report();
}

Expect(loop, few_items)
{
    expect_items(2);
    expect_int("let-go", EQUAL, 0, "both are in flight at one moment");
}

/* ---- errors -------------------------------------------------------------- */

/* The kit's part has failed with that error. Who had no use for it cannot be
 * told. */
static int fails(run *run, int error)
{
    int told;

    begin_notes(NULL);
    models_error = error;
    told = run_cell(run, &computing, 2, 2, 2);
    if (models_error != 0 && told == 0)
        told = error;
    models_error = 0;
    return told;
}

/* So many threads can be made, and no more. */
static int threads_fail(int workers, int made)
{
    int error;

    fail_thread_create_after(made);
    error = run_cell(run_with_threads, &computing, 8, workers, 1);
    fail_thread_create_after(-1);
    return error == ENOMEM ? EAGAIN : error;
}

Test(errors, told)
{
    begin_notes(NULL);
    observe_int("threads-error", threads_fail(2, 0));
    observe_int("processes-error", fails(run_with_processes, ENOMEM));
    observe_int("loop-error", fails(run_on_loop, ENOMEM));
}

Expect(errors, told)
{
    expect_int("threads-error", EQUAL, EAGAIN,
               "no thread can be made, and the caller is told so: EAGAIN, or "
               "ENOMEM");
    expect_int("processes-error", EQUAL, ENOMEM,
               "what processes_run() returned is what the caller is told");
    expect_int("loop-error", EQUAL, ENOMEM,
               "loop_new() returned NULL and set errno: no memory");
}

/* Two of four can be made. They are held at their first item until nothing
 * moves: so they are still there if nobody waits for them. */
Test(errors, halfway)
{
    static struct meeting all = MEETING(4);

    begin_notes(&all);
    observe_int("error", threads_fail(4, 2));
    observe_int("left", threads_alive() - 1);
}

Expect(errors, halfway)
{
    expect_int("error", EQUAL, EAGAIN,
               "the third thread cannot be made, and the caller is told so: "
               "EAGAIN, or ENOMEM");
    expect_int("left", EQUAL, 0,
               "the threads that could be made have ended before the caller is "
               "told: they use what belongs to it");
}

/* The third item cannot be begun: first at once, then in a call of done().
 * Then the fourth cannot either, with `after`, if anybody begins it. */
static int begin_fails(int in_flight, int after)
{
    struct workload workload = waiting;
    struct means means = {1, in_flight};
    int error;

    begin_notes(NULL);
    workload.count = 4;
    begins_left = 2;
    error_after = after;
    on_the_loop = true;
    error = run_on_loop(&workload, &means, results);
    stay();
    return error;
}

Test(errors, cannot_begin)
{
    ask_for(4, 0);
    observe_int("at-first", begin_fails(4, 0));
    observe_int("later", begin_fails(1, 0));
    observe_int("of-two", begin_fails(4, ENOMEM));
    report();
}

Expect(errors, cannot_begin)
{
    expect_int("at-first", EQUAL, EMFILE,
               "begin() has failed, so the caller is told its error, whatever "
               "goes well after it");
    expect_int("later", EQUAL, EMFILE,
               "begin() has failed while the loop ran: its error is kept "
               "until the loop has come to its end");
    expect_int("of-two", EQUAL, EMFILE,
               "begin() has failed for the third item; if it is called for the "
               "fourth, it fails with ENOMEM. The first error is told");
}

/* ---- faults: any call may fail -------------------------------------------
 *
 * Each of these runs many times, and each time another call fails, of the
 * student's code or of the kit's functions that it calls; or a worker is
 * killed. An error that is returned is right.
 */

static void run_with_faults(run *run, const struct workload *like)
{
    int error = run_cell(run, like, 5, 2, 2), right = 0;
    int left = threads_alive() - 1;

    for (int i = 0; i < 5; i++)
        right += results[i] == value_of(i);
    observe_int("wrong", error == 0 && right < 5);
    observe_int("left", left);
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", error != 0);
}

static void expect_no_harm(void)
{
    expect_int("wrong", EQUAL, 0,
               "0 is returned only when all items have their results");
    expect_int("left", EQUAL, 0,
               "the threads that could be made have ended before the caller is "
               "told of an error");
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
}

/* Who is made is held at the first item until the other is there, or nothing
 * moves. */
Test(faults, threads)
{
    static struct meeting both = MEETING(2);

    begin_notes(&both);
    run_with_faults(run_with_threads, &computing);
}

Expect(faults, threads)
{
    expect_no_harm();
}

Test(faults, processes)
{
    begin_notes(NULL);
    run_with_faults(run_with_processes, &computing);
}

Expect(faults, processes)
{
    expect_no_harm();
}

Test(faults, loop_computing)
{
    begin_notes(NULL);
    run_with_faults(run_on_loop, &computing);
}

Expect(faults, loop_computing)
{
    expect_no_harm();
}

Test(faults, loop_waiting)
{
    begin_notes(NULL);
    run_with_faults(run_on_loop, &pausing);
}

Expect(faults, loop_waiting)
{
    expect_no_harm();
}

/* ---- everything, once ---------------------------------------------------- */

static int at_once(run *run, const struct workload *like, int held)
{
    begin_notes(NULL);
    ask_for(4, held);
    run_cell(run, like, 4, 2, 2);
    return get(&notes->most);
}

Test(memory, all)
{
    at_once(run_with_threads, &computing, 0);
    at_once(run_with_processes, &computing, 0);
    at_once(run_on_loop, &computing, 0);
    observe_int("threads-wait", at_once(run_with_threads, &waiting, 2));
    observe_int("processes-wait", at_once(run_with_processes, &waiting, 2));
    observe_int("loop-waits", at_once(run_on_loop, &waiting, 2));
    report();
}

Expect(memory, all)
{
    expect_int("threads-wait", EQUAL, 2, "two items wait at one moment");
    expect_int("processes-wait", EQUAL, 2, "two items wait at one moment");
    expect_int("loop-waits", EQUAL, 2, "two items wait at one moment");
}

/* ---- every interleaving -------------------------------------------------- */

static uint64_t square(int i)
{
    return (uint64_t)(i + 2) * (uint64_t)(i + 2);
}

/* Two threads and so many items; no notes are made, which would be steps. */
static void in_any_order(int count)
{
    const struct workload workload = {count, square, NULL};
    const struct means means = {2, 1};
    uint64_t sum = 0;

    memset(results, 0, sizeof results);
    observe_int("returned", run_with_threads(&workload, &means, results));
    for (int i = 0; i < count; i++)
        sum = sum * 100 + results[i];
    observe_int("results", (long long)sum);
    observe_int("beyond", (long long)results[count]);
}

Test(schedules, an_item_for_each)
{
    in_any_order(2);
}

Expect(schedules, an_item_for_each)
{
    expect_int("returned", EQUAL, 0, "nothing has failed");
    expect_int("results", EQUAL, 409, "results[i] is what came of item i");
    expect_int("beyond", EQUAL, 0, "behind the last item there is none");
}

Test(schedules, three_items)
{
    in_any_order(3);
}

Expect(schedules, three_items)
{
    expect_int("returned", EQUAL, 0, "nothing has failed");
    expect_int("results", EQUAL, 40916, "results[i] is what came of item i");
    expect_int("beyond", EQUAL, 0, "behind the last item there is none");
}

/* ---- the choice ---------------------------------------------------------- */

static const char *const reasons[] = {"NO_REASON", "CORES_COMPUTE",
                                      "WAITS_OVERLAP", "SAME_TIME",
                                      "LESS_COMPUTED"};

static const char *reason_name(enum reason reason)
{
    return reason <= LESS_COMPUTED ? reasons[reason] : "unknown";
}

static const char *const names[MODELS] = {"sequential", "threads", "processes",
                                          "loop"};

static const int figures[KINDS][MODELS] = {
    [COMPUTING] = {1, CHOICE_WORKERS, CHOICE_WORKERS, 1},
    [WAITING] = {1, CHOICE_WORKERS, CHOICE_WORKERS, CHOICE_IN_FLIGHT},
};

/* How many items of the kind are under way at one moment in this model. */
static int measure(enum kind kind, enum model model)
{
    enum { COUNT = CHOICE_IN_FLIGHT };
    static struct meeting all = MEETING(CHOICE_WORKERS + 1);
    run *const runs[MODELS] = {run_sequential, run_with_threads,
                               run_with_processes, run_on_loop};
    int held = model == LOOP         ? CHOICE_IN_FLIGHT
               : model == SEQUENTIAL ? 0
                                     : CHOICE_WORKERS;

    begin_notes(kind == COMPUTING && (model == THREADS || model == PROCESSES)
                    ? &all
                    : NULL);
    if (kind == WAITING)
        ask_for(COUNT, held);
    run_cell(runs[model], kind == WAITING ? &waiting : &computing, COUNT,
             CHOICE_WORKERS, CHOICE_IN_FLIGHT);
    return get(&notes->most);
}

static void observe_choice(enum kind kind)
{
    const struct choice *choice = &choices[kind];
    int best = 1, measured[MODELS];
    char key[64];

    for (int model = 0; model < MODELS; model++) {
        measured[model] = measure(kind, (enum model)model);
        best = measured[model] > best ? measured[model] : best;
        snprintf(key, sizeof key, "%s-measured", names[model]);
        observe_int(key, measured[model]);
        snprintf(key, sizeof key, "%s-at-once", names[model]);
        observe_int(key, choice->at_once[model]);
    }
    observe_int("percent-of-the-best",
                choice->model < MODELS ? measured[choice->model] * 100 / best
                                       : 0);
    observe_str("reason", reason_name(choice->reason));
}

static void expect_choice(enum kind kind, const char *reason, const char *why)
{
    char key[64];

    for (int model = 0; model < MODELS; model++) {
        snprintf(key, sizeof key, "%s-measured", names[model]);
        expect_int(key, EQUAL, figures[kind][model],
                   "so many items are under way at one moment when the model "
                   "is right: the figures of a wrong one say nothing");
    }
    for (int model = 0; model < MODELS; model++) {
        snprintf(key, sizeof key, "%s-at-once", names[model]);
        expect_int(key, EQUAL, figures[kind][model],
                   "this is the figure in your file, and so many items were "
                   "under way at one moment when the kit counted them. The "
                   "speedup in the table below the last check is a little "
                   "less, as a model costs something");
    }
    expect_int("percent-of-the-best", AT_LEAST, 90,
               "the chosen model is as fast as the best, or nearly so: look "
               "at your own figures");
    expect_str("reason", reason, why);
}

Test(choice, computing)
{
    observe_choice(COMPUTING);
}

Expect(choice, computing)
{
    expect_choice(COMPUTING, "CORES_COMPUTE",
                  "these items never wait: what makes a model faster here is "
                  "that several of them compute at one moment. The figures of "
                  "the loop, which computes on one core, say so");
}

Test(choice, waiting)
{
    observe_choice(WAITING);
    report();
}

Expect(choice, waiting)
{
    expect_choice(WAITING, "WAITS_OVERLAP",
                  "these items hardly compute, and the best figure is that of "
                  "a model with one thread: it is not cores that help here");
}
