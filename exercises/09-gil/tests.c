/*
 * tests.c - what is observed of a GIL, and what must be.
 *
 * Programs in bytecode call functions of this file, and there the tests look
 * in: who is inside a VM_NATIVE holds the interpreter, who is inside a VM_WAIT
 * does not. Two that meet in there were inside at the same moment. What the
 * functions note down is guarded by the interpreter, and by nothing else.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gil.h"
#include "vm-inside.h"

/* ---- workers ------------------------------------------------------------ */

/* One more than a power of two: in a ring of 16, 32, 64 or 128 places, who is
 * made to hand over takes the place of the one who is called. */
enum { WORKERS = 20, IN_LINE = 129 };

/* One thread with its program. */
struct worker {
    struct gil *gil;
    struct vm_thread *state;
    struct meeting *meeting; /* where its functions wait, or NULL */
    int number;
    pthread_t thread;
    pid_t id; /* for the kernel */

    /* set by its functions, read after the join */
    int met;      /* most threads in its meeting */
    int rounds;   /* what it has done so far */
    int returned; /* by gil_run() */
};

static struct vm *vm;
static struct gil *gil;
static struct worker workers[IN_LINE];

/* Another interpreter, beside the first. */
static struct vm *new_vm(void)
{
    struct vm *made = vm_create();

    cr_assert(made != NULL, "the test has no memory");
    return made;
}

static struct gil *new_gil(int interval)
{
    struct gil *made = gil_create(interval);

    cr_assert(made != NULL, "gil_create() returned NULL");
    return made;
}

static void open_vm(int interval)
{
    memset(workers, 0, sizeof workers);
    vm = new_vm();
    gil = new_gil(interval);
}

static struct worker *prepare(int number, struct vm *of, struct gil *by,
                              const struct instruction *code)
{
    struct worker *worker = &workers[number];

    worker->gil = by;
    worker->number = number;
    worker->state = vm_thread_create(of, code, worker);
    cr_assert(worker->state != NULL, "the test has no memory");
    return worker;
}

static void *execute_program(void *arg)
{
    struct worker *worker = arg;

    worker->id = gettid();
    worker->returned = gil_run(worker->gil, worker->state);
    return NULL;
}

static void start(struct worker *worker)
{
    cr_assert(pthread_create(&worker->thread, NULL, execute_program, worker) ==
                  0,
              "the test could not create a thread");
}

static void join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    vm_thread_destroy(worker->state);
}

/* Executes these programs at once, to their ends. */
static void run_all(int count, const struct instruction *const *codes,
                    struct meeting *meeting)
{
    for (int i = 0; i < count; i++)
        prepare(i, vm, gil, codes[i])->meeting = meeting;
    for (int i = 0; i < count; i++)
        start(&workers[i]);
    for (int i = 0; i < count; i++)
        join(&workers[i]);
}

/* The same for all of them. */
static void run_same(int count, const struct instruction *code,
                     struct meeting *meeting)
{
    const struct instruction *codes[IN_LINE];

    for (int i = 0; i < count; i++)
        codes[i] = code;
    run_all(count, codes, meeting);
}

/* Keeps no pointer: what was not given back is lost, and Memcheck sees it. */
static void close_vm(void)
{
    gil_destroy(gil);
    vm_destroy(vm);
    gil = NULL;
    vm = NULL;
    memset(workers, 0, sizeof workers);
}

/* What is left when all have ended: the globals, and nobody else refers to
 * their objects. */
static void observe_objects(void)
{
    long references = 0;

    for (int i = 0; i < VM_GLOBALS; i++)
        references += vm_references(vm, i);
    observe_int("references", references);
    observe_int("objects", vm_objects(vm));
}

static void expect_objects(void)
{
    expect_int("references", EQUAL, VM_GLOBALS,
               "when all programs have ended only the globals refer to their "
               "objects: each reference that was added was taken away");
    expect_int("objects", EQUAL, VM_GLOBALS,
               "when all programs have ended only the globals' objects are "
               "left");
}

/* ---- functions of the programs ------------------------------------------ */

static int meet_others(void *arg)
{
    struct worker *worker = arg;
    int met = meet(worker->meeting);

    if (met > worker->met)
        worker->met = met;
    return 0;
}

static int count_round(void *arg)
{
    ((struct worker *)arg)->rounds++;
    return 0;
}

static int wait_for_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int fail_with_io(void *arg)
{
    (void)arg;
    return EIO;
}

/* ---- exclusive: one at a time ------------------------------------------- */

static struct meeting two = MEETING(2);

/* A loop that calls a function of two instructions, and waits in between; at
 * the same time another thread does the same. */
static const struct instruction calls[] = {
    DOES(VM_NATIVE, meet_others),
    WITH(VM_NUMBER, 3),
    WITH(VM_CALL, 6),
    DOES(VM_WAIT, count_round),
    WITH(VM_LOOP, 2),
    BARE(VM_END),
    WITH(VM_BUMP, 1),
    BARE(VM_RETURN),
};

Test(exclusive, loops_and_calls)
{
    open_vm(2);
    run_same(2, calls, &two);
    observe_int("together", workers[0].met);
    observe_int("together-2", workers[1].met);
    observe_int("waited", workers[0].rounds);
    observe_int("waited-2", workers[1].rounds);
    observe_int("counted", vm_value(vm, 1));
    observe_int("returned", workers[0].returned + workers[1].returned);
    observe_objects();
    close_vm();
}

Expect(exclusive, loops_and_calls)
{
    expect_int("together", EQUAL, 1,
               "a VM_NATIVE is called with the interpreter held, so nobody "
               "else is inside one");
    expect_int("together-2", EQUAL, 1,
               "a VM_NATIVE is called with the interpreter held, so nobody "
               "else is inside one");
    expect_int("waited", EQUAL, 3,
               "vm_wait() is called once after each VM_WAITS");
    expect_int("waited-2", EQUAL, 3,
               "vm_wait() is called once after each VM_WAITS");
    expect_int("counted", EQUAL, 6,
               "two programs add 1 three times each, with one instruction "
               "that nobody can come into");
    expect_int("returned", EQUAL, 0, "both programs came to their end: 0");
    expect_objects();
}

static const struct instruction meets_and_bumps[] = {
    WITH(VM_LOAD, 0), DOES(VM_NATIVE, meet_others),
    WITH(VM_BUMP, 2), DOES(VM_WAIT, count_round),
    WITH(VM_BUMP, 2), BARE(VM_END),
};

static void four_threads(int rounds)
{
    static const char *const keys[] = {"together", "together-2", "together-3",
                                       "together-4"};
    int met[4] = {0};

    for (int i = 0; i < rounds; i++) {
        open_vm(3);
        run_same(4, meets_and_bumps, &two);
        for (int k = 0; k < 4; k++)
            if (workers[k].met > met[k])
                met[k] = workers[k].met;
        if (i < rounds - 1)
            close_vm();
    }
    for (int k = 0; k < 4; k++)
        observe_int(keys[k], met[k]);
    observe_int("counted", vm_value(vm, 2));
    observe_objects();
    close_vm();
}

static void expect_four_threads(void)
{
    const char *why = "one thread at a time holds the interpreter: never are "
                      "two inside a VM_NATIVE";

    expect_int("together", EQUAL, 1, why);
    expect_int("together-2", EQUAL, 1, why);
    expect_int("together-3", EQUAL, 1, why);
    expect_int("together-4", EQUAL, 1, why);
    expect_int("counted", EQUAL, 8, "four programs add 1 twice each");
    expect_objects();
}

Test(exclusive, four_threads)
{
    four_threads(1);
}

Expect(exclusive, four_threads)
{
    expect_four_threads();
}

/* For Memcheck: what lies on the stack of a thread that has ended may still
 * point to a block that was lost; the next one lies over it. */
Test(memory, three_times)
{
    four_threads(3);
}

Expect(memory, three_times)
{
    expect_four_threads();
}

static const struct instruction meets[] = {
    DOES(VM_NATIVE, meet_others),
    BARE(VM_END),
};

/* One lock for each interpreter, and not one for all. */
Test(exclusive, two_interpreters)
{
    struct vm *other_vm = new_vm();
    struct gil *other_gil = new_gil(3);

    open_vm(3);
    prepare(0, vm, gil, meets)->meeting = &two;
    prepare(1, other_vm, other_gil, meets)->meeting = &two;
    start(&workers[0]);
    start(&workers[1]);
    join(&workers[0]);
    join(&workers[1]);
    observe_int("together", workers[0].met);
    close_vm();
    gil_destroy(other_gil);
    vm_destroy(other_vm);
}

Expect(exclusive, two_interpreters)
{
    expect_int("together", EQUAL, 2,
               "two interpreters have nothing in common, so neither waits for "
               "the other: what belongs to one is no global or static "
               "variable");
}

/* ---- failing: programs that end with an error --------------------------- */

static const struct instruction bumps[] = {
    WITH(VM_LOAD, 0), WITH(VM_BUMP, 1), DOES(VM_WAIT, count_round),
    WITH(VM_BUMP, 1), BARE(VM_END),
};

static const struct instruction native_fails[] = {
    WITH(VM_LOAD, 0),
    DOES(VM_NATIVE, fail_with_io),
    DOES(VM_NATIVE, count_round),
    BARE(VM_END),
};

static const struct instruction wait_fails[] = {
    WITH(VM_LOAD, 0),
    DOES(VM_WAIT, fail_with_io),
    DOES(VM_NATIVE, count_round),
    BARE(VM_END),
};

/* One program fails, and others do not: at the same time, and afterwards. */
static void run_failing(const struct instruction *failing)
{
    const struct instruction *codes[] = {failing, bumps};
    int returned;

    open_vm(1);
    run_all(2, codes, NULL);
    returned = workers[0].returned;
    observe_int("returned", returned);
    observe_int("went-on", workers[0].rounds);
    observe_int("other-returned", workers[1].returned);
    run_all(1, &codes[1], NULL);
    observe_int("next-returned", workers[0].returned);
    observe_int("counted", vm_value(vm, 1));
    observe_objects();
    close_vm();
}

static void expect_failing(void)
{
    expect_int("returned", EQUAL, EIO,
               "gil_run() returns the error with which the program ended");
    expect_int("went-on", EQUAL, 0,
               "when a program has failed nothing more of it is executed");
    expect_int("other-returned", EQUAL, 0,
               "that one program fails is nothing to the other");
    expect_int("next-returned", EQUAL, 0,
               "after a program has failed the interpreter is free for the "
               "next");
    expect_int("counted", EQUAL, 4, "two programs add 1 twice each");
    expect_objects();
}

Test(failing, native)
{
    run_failing(native_fails);
}

Expect(failing, native)
{
    expect_failing();
}

Test(failing, wait)
{
    run_failing(wait_fails);
}

Expect(failing, wait)
{
    expect_failing();
}

/* ---- race: objects that are shared -------------------------------------- */

static int came; /* guarded by the interpreter */

/* The first that comes in waits until the others stand in line. */
static int wait_for_the_line(void *arg)
{
    (void)arg;
    if (came++ == 0)
        meet(&two);
    return 0;
}

static const struct instruction shares[] = {
    DOES(VM_NATIVE, wait_for_the_line),
    WITH(VM_NUMBER, 4),
    WITH(VM_LOAD, 1),
    WITH(VM_LOAD, 2),
    BARE(VM_ADD),
    WITH(VM_STORE, 1),
    WITH(VM_BUMP, 2),
    DOES(VM_WAIT, count_round),
    WITH(VM_LOOP, 2),
    WITH(VM_LOAD, 1),
    BARE(VM_END),
};

Test(race, shared_objects)
{
    open_vm(3);
    came = 0;
    run_same(3, shares, NULL);
    observe_int("counted", vm_value(vm, 2));
    observe_objects();
    close_vm();
}

Expect(race, shared_objects)
{
    expect_int("counted", EQUAL, 12, "three programs add 1 four times each");
    expect_objects();
}

/* ---- overlap: not while waiting ----------------------------------------- */

/* Any number can stand in line, and any number can wait together. */
static struct meeting crowd = MEETING(WORKERS);

static const struct instruction waits[] = {
    DOES(VM_NATIVE, wait_for_the_line),
    WITH(VM_BUMP, 0),
    DOES(VM_WAIT, meet_others),
    WITH(VM_BUMP, 0),
    BARE(VM_END),
};

Test(overlap, twenty_wait_together)
{
    int met = WORKERS;

    open_vm(100);
    came = 0;
    run_same(WORKERS, waits, &crowd);
    for (int i = 0; i < WORKERS; i++)
        if (workers[i].met < met)
            met = workers[i].met;
    observe_int("together", met);
    observe_int("counted", vm_value(vm, 0));
    observe_objects();
    close_vm();
}

Expect(overlap, twenty_wait_together)
{
    expect_int("together", EQUAL, WORKERS,
               "nobody holds the interpreter while waiting, so any number of "
               "threads can wait at the same moment: here twenty");
    expect_int("counted", EQUAL, 2 * WORKERS,
               "twenty programs add 1 twice each");
    expect_objects();
}

/* One waits, and the other executes meanwhile: until nothing moves any more,
 * and then the first need not wait any longer. */
static struct meeting curtain = MEETING(2);
static struct meeting stages = MEETING(2);

static atomic_int waiting; /* a note only: it gives no order */

static int wait_for_the_other(void *arg)
{
    (void)arg;
    atomic_store_explicit(&waiting, 1, memory_order_relaxed);
    meet(&stages);
    meet(&stages);
    atomic_store_explicit(&waiting, 0, memory_order_relaxed);
    return 0;
}

static int look_at_the_other(void *arg)
{
    ((struct worker *)arg)->met =
        atomic_load_explicit(&waiting, memory_order_relaxed);
    return 0;
}

static const struct instruction waits_long[] = {
    WITH(VM_LOAD, 0),
    DOES(VM_WAIT, wait_for_the_other),
    BARE(VM_END),
};

static const struct instruction executes[] = {
    WITH(VM_NUMBER, 5), WITH(VM_BUMP, 1),
    WITH(VM_LOOP, 1),   DOES(VM_NATIVE, look_at_the_other),
    BARE(VM_END),
};

Test(overlap, waits_and_executes)
{
    open_vm(2);
    prepare(0, vm, gil, waits_long);
    prepare(1, vm, gil, executes);
    start(&workers[0]);
    meet(&curtain);
    start(&workers[1]);
    join(&workers[0]);
    join(&workers[1]);
    observe_int("meanwhile", workers[1].met);
    observe_int("counted", vm_value(vm, 1));
    observe_objects();
    close_vm();
}

Expect(overlap, waits_and_executes)
{
    expect_int("meanwhile", EQUAL, 1,
               "nobody holds the interpreter while waiting, so another thread "
               "executes its program meanwhile");
    expect_int("counted", EQUAL, 5,
               "the program that did not wait adds 1 five "
               "times");
    expect_objects();
}

/* ---- fair: nobody starves ----------------------------------------------- */

enum { STAGES = 3, ENOUGH = 8000 };

static atomic_int held; /* a note only: it gives no order */

/* Holds the interpreter until the others stand in line, one behind the other:
 * each of these meetings ends when nothing moves any more. */
static int hold(void *arg)
{
    struct worker *worker = arg;

    atomic_store_explicit(&held, 1, memory_order_relaxed);
    for (int i = 0; i < STAGES; i++)
        meet(&stages);
    atomic_store_explicit(&held, 0, memory_order_relaxed);
    worker->met = 1;
    return 0;
}

static int look_who_holds(void *arg)
{
    ((struct worker *)arg)->met =
        atomic_load_explicit(&held, memory_order_relaxed);
    return 0;
}

/* Goes on when nothing else can move: then the others stand in line. */
static int stand_still(void *arg)
{
    (void)arg;
    meet(&stages);
    return 0;
}

static int again_and_again(void *arg)
{
    return ++((struct worker *)arg)->rounds < ENOUGH ? 0 : ETIME;
}

/* Until somebody has changed global 3. */
static const struct instruction holds_and_asks[] = {
    DOES(VM_NATIVE, hold), DOES(VM_NATIVE, again_and_again),
    WITH(VM_LOAD, 3),      WITH(VM_UNTIL, 1),
    BARE(VM_END),
};

static const struct instruction asks[] = {
    DOES(VM_NATIVE, again_and_again),
    WITH(VM_LOAD, 3),
    WITH(VM_UNTIL, 0),
    BARE(VM_END),
};

static const struct instruction tells[] = {
    DOES(VM_NATIVE, look_who_holds),
    WITH(VM_BUMP, 3),
    BARE(VM_END),
};

/* Looks when it has computed for longer than a turn. */
static const struct instruction looks[] = {
    WITH(VM_NUMBER, 3),
    WITH(VM_LOOP, 1),
    DOES(VM_NATIVE, look_who_holds),
    BARE(VM_END),
};

/* They come one after the other, and the first holds the interpreter until all
 * have come. */
static void come_one_by_one(void)
{
    for (int i = 0; i < STAGES; i++) {
        start(&workers[i]);
        meet(&curtain);
    }
    for (int i = 0; i < STAGES; i++)
        join(&workers[i]);
}

/* One of the three changes global 3. The other two want the interpreter again
 * and again, until it has happened or they have had enough. */
static void starve(const struct instruction *const *codes)
{
    int starved = 0;

    open_vm(4);
    for (int i = 0; i < STAGES; i++)
        prepare(i, vm, gil, codes[i]);
    come_one_by_one();
    for (int i = 0; i < STAGES; i++)
        starved |= workers[i].returned == ETIME;
    observe_int("held", workers[0].met);
    observe_int("starved", starved);
    observe_int("told", vm_value(vm, 3));
}

static void expect_starved(const char *why)
{
    expect_int("held", EQUAL, 1, "the first thread was inside");
    expect_int("starved", EQUAL, 0, why);
    expect_int("told", EQUAL, 1, "each thread has executed its program");
}

/* The one in the middle has waited longest when the first hands over. */
Test(fair, nobody_starves)
{
    const struct instruction *codes[] = {holds_and_asks, tells, asks};

    starve(codes);
    observe_int("came-in", workers[1].met);
    observe_int("returned", workers[1].returned);
    close_vm();
}

static void expect_told(void)
{
    expect_int("came-in", EQUAL, 0,
               "while one thread is inside a VM_NATIVE nobody else executes");
    expect_int("returned", EQUAL, 0, "its program came to its end");
}

Expect(fair, nobody_starves)
{
    expect_starved("two threads executed thousands of instructions, and a "
                   "third, that has waited since before they began, never got "
                   "the interpreter");
    expect_told();
}

/* Three instructions each, and four a turn: more than sixteen turns. */
enum { VISITS = 24 };

static struct meeting outside = MEETING(2);

/* Until whoever was given the interpreter is inside. */
static int go_away(void *arg)
{
    (void)arg;
    meet(&outside);
    return 0;
}

/* Goes on when the others stand in line: the first of these meetings ends
 * together with that of whoever has gone away, the second when that one is
 * back. */
static int visit(void *arg)
{
    stand_still(arg);
    stand_still(arg);
    return ++((struct worker *)arg)->rounds < VISITS ? 0 : ETIME;
}

/* As holds_and_asks and asks, but each time the others stand in line. */
static const struct instruction holds_and_visits[] = {
    DOES(VM_NATIVE, hold), DOES(VM_NATIVE, visit), WITH(VM_LOAD, 3),
    WITH(VM_UNTIL, 1),     BARE(VM_END),
};

static const struct instruction visits[] = {
    DOES(VM_NATIVE, visit),
    WITH(VM_LOAD, 3),
    WITH(VM_UNTIL, 0),
    BARE(VM_END),
};

/* The first hands over to the second; the last was there before the first
 * wants the interpreter again. */
Test(fair, last_comes_next)
{
    const struct instruction *codes[] = {holds_and_visits, visits, tells};

    starve(codes);
    observe_int("came-in", workers[2].met);
    observe_int("returned", workers[2].returned);
    close_vm();
}

Expect(fair, last_comes_next)
{
    expect_starved("two threads handed the interpreter to each other again and "
                   "again, sixteen times and more, and a third, that had come "
                   "before the first of them was made to hand over, did not "
                   "get it: who hands over stands behind those who wait "
                   "already");
    expect_told();
}

/* Until somebody has changed global 3. */
static const struct instruction comes_and_goes[] = {
    DOES(VM_NATIVE, visit), DOES(VM_WAIT, go_away), WITH(VM_LOAD, 3),
    WITH(VM_UNTIL, 0),      BARE(VM_END),
};

/* It computes for longer than a turn. */
static const struct instruction holds_and_tells[] = {
    DOES(VM_NATIVE, hold), WITH(VM_LOAD, 0), BARE(VM_DROP),
    WITH(VM_LOAD, 0),      BARE(VM_DROP),    WITH(VM_LOAD, 0),
    BARE(VM_DROP),         WITH(VM_BUMP, 3), BARE(VM_END),
};

/* The first is made to hand over. The others give the interpreter back of
 * their own will, to wait; and when one does so the other is there again. */
Test(fair, who_computes_comes_again)
{
    const struct instruction *codes[] = {holds_and_tells, comes_and_goes,
                                         comes_and_goes};

    starve(codes);
    observe_int("returned", workers[0].returned);
    close_vm();
}

Expect(fair, who_computes_comes_again)
{
    expect_starved("a thread that computes was made to hand over, and others "
                   "had sixteen turns and more before it had its next: those "
                   "who came from a wait, one after the other, all went before "
                   "it");
    expect_int("returned", EQUAL, 0, "its program came to its end");
}

/* It waits once, and then the others stand in line before it. */
static const struct instruction holds_and_waits[] = {
    DOES(VM_NATIVE, hold),
    DOES(VM_WAIT, go_away),
    WITH(VM_BUMP, 3),
    BARE(VM_END),
};

/* The other two compute, and hand over to each other. */
Test(fair, who_waited_comes_again)
{
    const struct instruction *codes[] = {holds_and_waits, visits, visits};

    starve(codes);
    observe_int("returned", workers[0].returned);
    close_vm();
}

Expect(fair, who_waited_comes_again)
{
    expect_starved(
        "a thread came back from a wait, and others had sixteen turns "
        "and more before it had its next: two that compute handed "
        "the interpreter to each other and stood in line behind it, "
        "and went before it all the same");
    expect_int("returned", EQUAL, 0, "its program came to its end");
}

/* The first to be inside stays there until all others stand in line. */
static int stand_still_first(void *arg)
{
    if (atomic_exchange_explicit(&held, 1, memory_order_relaxed) == 0)
        stand_still(arg);
    return 0;
}

static const struct instruction waits_in_line[] = {
    DOES(VM_NATIVE, stand_still_first),
    WITH(VM_BUMP, 3),
    WITH(VM_BUMP, 3),
    BARE(VM_END),
};

Test(fair, long_line)
{
    atomic_store_explicit(&held, 0, memory_order_relaxed);
    open_vm(2);
    run_same(IN_LINE, waits_in_line, NULL);
    observe_int("counted", vm_value(vm, 3));
    close_vm();
}

Expect(fair, long_line)
{
    expect_int("counted", EQUAL, 2 * IN_LINE,
               "any number of threads can wait for the interpreter at the same "
               "moment. Here one holds it while 128 stand in line; each adds 1 "
               "twice, and is made to hand over in between");
}

/* ---- exclusive: nothing in common ---------------------------------------- */

/* In one interpreter somebody waits for a turn; in the other a thread is
 * alone, and comes to the end of a turn. */
Test(exclusive, alone_in_another)
{
    struct vm *other_vm = new_vm();
    struct gil *other_gil = new_gil(2);

    open_vm(2);
    prepare(0, vm, gil, holds_and_asks);
    prepare(1, vm, gil, tells);
    prepare(2, other_vm, other_gil, looks);
    come_one_by_one();
    observe_int("meanwhile", workers[2].met);
    observe_int("returned", workers[2].returned);
    close_vm();
    gil_destroy(other_gil);
    vm_destroy(other_vm);
}

Expect(exclusive, alone_in_another)
{
    expect_int("meanwhile", EQUAL, 1,
               "a thread that is alone in its interpreter hands over to "
               "nobody, whoever waits for another interpreter: who waits is "
               "counted for each by itself");
    expect_int("returned", EQUAL, 0, "its program came to its end");
}

/* ---- fair: asleep -------------------------------------------------------- */

enum {
    MUCH = 20, /* milliseconds of computing; to fall asleep takes less than
                  one */
    LOOKS = 50
};

/* The state of another thread, as the kernel tells it, and its milliseconds of
 * computing. */
static char look_at(pid_t thread, long *computed)
{
    char path[64], state = '?';
    unsigned long user = 0, system = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    file = fopen(path, "r");
    if (file != NULL) {
        fscanf(file,
               "%*d (%*[^)]) %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu "
               "%lu",
               &state, &user, &system);
        fclose(file);
    }
    *computed = (long)((user + system) * 1000) / sysconf(_SC_CLK_TCK);
    return state;
}

/* Who sleeps is asleep at every look. Who asks again and again is not; or has
 * slept a little in between, and computed for long all the same. */
static int spins(pid_t thread)
{
    long computed = 0;
    int asleep = 0, awake = 0;

    while (asleep < LOOKS && awake < LOOKS)
        if (look_at(thread, &computed) != 'R')
            asleep++;
        else
            awake++;
    return awake == LOOKS || computed > MUCH;
}

/* The other one waits for the interpreter. */
static int watch_the_other(void *arg)
{
    struct worker *worker = arg;

    stand_still(arg);
    worker->met |= spins(workers[1 - worker->number].id);
    return 0;
}

/* The other one waits: at first since it has come, then since it has handed
 * over, then after a wait. */
static const struct instruction watches[] = {
    DOES(VM_NATIVE, watch_the_other),
    DOES(VM_NATIVE, watch_the_other),
    DOES(VM_WAIT, wait_for_nothing),
    DOES(VM_NATIVE, watch_the_other),
    BARE(VM_END),
};

/* The processor time of threads that had nothing to do but to wait. */
Test(fair, asleep)
{
    open_vm(1);
    run_same(2, watches, NULL);
    observe_int("spun", workers[0].met + workers[1].met > 0);
    close_vm();
}

Expect(fair, asleep)
{
    expect_int("spun", EQUAL, 0,
               "a thread that waits for the interpreter sleeps, whether it has "
               "just come, was made to hand over, or comes from a wait; this "
               "one has used a processor all the time");
}

/* ---- schedules: turns --------------------------------------------------- */

enum { STEPS = 512, LONG = 120 };

/* Who has executed what; guarded by the interpreter. */
static struct {
    int count;
    struct step {
        int who;
        enum { STEP, STILL, AFTER_WAIT, FINISH } what;
    } steps[STEPS];
} story;

static int note(void *arg, int what)
{
    if (story.count < STEPS) {
        story.steps[story.count].who = ((struct worker *)arg)->number;
        story.steps[story.count++].what = what;
    }
    return 0;
}

static int step(void *arg)
{
    return note(arg, STEP);
}

static int still(void *arg)
{
    stand_still(arg);
    return note(arg, STILL);
}

/* As still(), and the first step after a wait. */
static int after_wait(void *arg)
{
    stand_still(arg);
    return note(arg, AFTER_WAIT);
}

/* The first step of a turn stands still. */
static int next_step(void *arg)
{
    int last = story.count - 1;

    if (last >= 0 && story.steps[last].who == ((struct worker *)arg)->number)
        return step(arg);
    return still(arg);
}

static int finish(void *arg)
{
    return note(arg, FINISH);
}

/* The end of what one thread has done there without a break. */
static int end_of_turn(int at)
{
    int who = story.steps[at].who;

    do
        at++;
    while (at < story.count && story.steps[at].who == who &&
           story.steps[at].what != AFTER_WAIT);
    return at;
}

/* Whether the turn that ends there ends neither with the program nor with a
 * wait: the thread goes on later. */
static int hands_over(int end)
{
    for (int i = end; i < story.count; i++)
        if (story.steps[i].who == story.steps[end - 1].who)
            return story.steps[i].what != AFTER_WAIT;
    return 0;
}

/* vm_finish() is no instruction. */
static int instructions(int from, int to)
{
    int count = 0;

    for (; from < to; from++)
        count += story.steps[from].what != FINISH;
    return count;
}

/* Where a thread stood still until another was in line: the instructions of
 * its turn while that one waited. Who has handed over waits from the first. */
static int while_another_waits(int at, int end)
{
    int handed_over = at > 0 && end_of_turn(at - 1) == at && hands_over(at);

    return instructions(handed_over ? at : at + 1, end);
}

/* The most that a thread has executed while another stood in line. */
static int longest_turn(void)
{
    int most = 0;

    for (int i = 0; i < story.count; i++) {
        int what = story.steps[i].what, end = end_of_turn(i);

        if ((what == STILL || what == AFTER_WAIT) && end < story.count &&
            while_another_waits(i, end) > most)
            most = while_another_waits(i, end);
    }
    return most;
}

/* The fewest in a turn at whose end a thread had to hand over. */
static int shortest_turn(void)
{
    int least = STEPS;

    for (int i = 0, end; i < story.count; i = end) {
        end = end_of_turn(i);
        if (hands_over(end) && instructions(i, end) < least)
            least = instructions(i, end);
    }
    return least;
}

static const struct instruction waits_for_others[] = {
    DOES(VM_NATIVE, still),
    DOES(VM_NATIVE, step),
    DOES(VM_NATIVE, step),
    DOES(VM_END, step),
};

static const struct instruction one_step[] = {
    DOES(VM_NATIVE, step),
    DOES(VM_END, step),
};

static const struct instruction three_steps[] = {
    DOES(VM_NATIVE, step),
    DOES(VM_NATIVE, step),
    DOES(VM_NATIVE, step),
    DOES(VM_END, step),
};

static void begin_story(int interval, int count,
                        const struct instruction *const *codes)
{
    memset(&story, 0, sizeof story);
    open_vm(interval);
    for (int i = 0; i < count; i++)
        vm_at_finish(prepare(i, vm, gil, codes[i])->state, finish);
}

static void end_story(int interval, int count)
{
    int executed, longest;

    for (int i = 0; i < count; i++)
        join(&workers[i]);
    executed = instructions(0, story.count);
    longest = longest_turn();
    observe_int("executed", executed);
    observe_int("finished", story.count - executed);
    observe_int("too-long", longest > interval ? longest : 0);
    observe_int("too-short", shortest_turn() < interval);
    close_vm();
}

/* These programs, at once; all that they do is written down. */
static void tell_story(int interval, int count,
                       const struct instruction *const *codes)
{
    begin_story(interval, count, codes);
    for (int i = 0; i < count; i++)
        start(&workers[i]);
    end_story(interval, count);
}

static void expect_story(int interval, int count, int threads)
{
    char why[400];

    expect_int("executed", EQUAL, count, "each program came to its end");
    expect_int("finished", EQUAL, threads,
               "vm_finish() is called once for each program");
    snprintf(why, sizeof why,
             "while another thread waits for the interpreter, the one that "
             "holds it executes at most `interval` instructions more (%d in "
             "this test), and a thread to which it was handed over as many in "
             "its whole turn; then one of those who were waiting goes on, and "
             "not the same thread again",
             interval);
    expect_int("too-long", EQUAL, 0, why);
    snprintf(why, sizeof why,
             "a thread that does not wait is left to execute at least "
             "`interval` instructions (%d in this test) before it must hand "
             "over, counted from the moment at which it took the interpreter",
             interval);
    expect_int("too-short", EQUAL, 0, why);
}

Test(schedules, turn_has_an_end)
{
    const struct instruction *codes[] = {waits_for_others, one_step};

    tell_story(2, 2, codes);
}

Expect(schedules, turn_has_an_end)
{
    expect_story(2, 6, 2);
}

Test(schedules, turn_of_three)
{
    const struct instruction *codes[] = {waits_for_others, one_step, one_step};

    tell_story(2, 3, codes);
}

Expect(schedules, turn_of_three)
{
    expect_story(2, 8, 3);
}

Test(schedules, turn_and_turn_again)
{
    const struct instruction *codes[] = {waits_for_others, waits_for_others};

    tell_story(2, 2, codes);
}

Expect(schedules, turn_and_turn_again)
{
    expect_story(2, 8, 2);
}

Test(schedules, turn_not_cut_short)
{
    const struct instruction *codes[] = {three_steps, three_steps};

    tell_story(2, 2, codes);
}

Expect(schedules, turn_not_cut_short)
{
    expect_story(2, 8, 2);
}

/* ---- fair: turns of other lengths ---------------------------------------- */

/* Two turns and a bit: filled in by long_turns(). */
static struct instruction many_steps[2 * LONG + 2];

static void long_turns(void)
{
    const struct instruction *codes[] = {many_steps, many_steps};
    const struct instruction one = DOES(VM_NATIVE, next_step);
    const struct instruction last = DOES(VM_END, next_step);

    for (int i = 0; i <= 2 * LONG; i++)
        many_steps[i] = one;
    many_steps[2 * LONG + 1] = last;
    tell_story(LONG, 2, codes);
}

Test(fair, long_turns)
{
    long_turns();
}

Expect(fair, long_turns)
{
    expect_story(LONG, 2 * (2 * LONG + 2), 2);
}

/* Waits in the middle of a turn, and then computes for more than a whole. */
static const struct instruction waits_between[] = {
    DOES(VM_NATIVE, next_step),      DOES(VM_NATIVE, next_step),
    DOES(VM_WAIT, wait_for_nothing), DOES(VM_NATIVE, after_wait),
    DOES(VM_NATIVE, next_step),      DOES(VM_NATIVE, next_step),
    DOES(VM_NATIVE, next_step),      DOES(VM_NATIVE, next_step),
    DOES(VM_END, next_step),
};

Test(fair, turn_after_wait)
{
    const struct instruction *codes[] = {waits_between, waits_between};

    tell_story(3, 2, codes);
}

Expect(fair, turn_after_wait)
{
    expect_story(3, 16, 2);
}

static struct meeting door = MEETING(2);

/* Stays away until the other one has begun, and opens the door. */
static int stay_away(void *arg)
{
    stand_still(arg);
    meet(&door);
    return 0;
}

static int open_door(void *arg)
{
    meet(&door);
    return step(arg);
}

static const struct instruction comes_late[] = {
    DOES(VM_WAIT, stay_away),
    DOES(VM_NATIVE, step),
    DOES(VM_END, step),
};

/* Executes more than an interval alone, and then is not alone any more. */
static const struct instruction opens_late[] = {
    DOES(VM_NATIVE, step),  DOES(VM_NATIVE, step), DOES(VM_NATIVE, open_door),
    DOES(VM_NATIVE, still), DOES(VM_NATIVE, step), DOES(VM_NATIVE, step),
    DOES(VM_NATIVE, step),  DOES(VM_END, step),
};

Test(fair, somebody_comes_late)
{
    const struct instruction *codes[] = {comes_late, opens_late};

    begin_story(1, 2, codes);
    start(&workers[0]);
    meet(&curtain);
    start(&workers[1]);
    end_story(1, 2);
}

Expect(fair, somebody_comes_late)
{
    expect_story(1, 10, 2);
}

/* ---- schedules: references ---------------------------------------------- */

static const struct instruction load_and_drop[] = {
    WITH(VM_LOAD, 0),
    BARE(VM_DROP),
    BARE(VM_END),
};

static const struct instruction load_and_leave[] = {
    WITH(VM_LOAD, 0),
    BARE(VM_END),
};

static const struct instruction ends[] = {
    BARE(VM_END),
};

static const struct instruction new_for_old[] = {
    WITH(VM_NUMBER, 7),
    WITH(VM_STORE, 0),
    BARE(VM_END),
};

static const struct instruction load_and_wait[] = {
    WITH(VM_LOAD, 0),
    DOES(VM_WAIT, count_round),
    BARE(VM_DROP),
    BARE(VM_END),
};

static const struct instruction load_and_fail[] = {
    WITH(VM_LOAD, 0),
    DOES(VM_WAIT, fail_with_io),
    BARE(VM_END),
};

static void run_two(int interval, const struct instruction *first,
                    const struct instruction *second)
{
    const struct instruction *codes[] = {first, second};

    open_vm(interval);
    run_all(2, codes, NULL);
    observe_int("first", workers[0].returned);
    observe_int("second", workers[1].returned);
    observe_objects();
    close_vm();
}

static void expect_two(int first)
{
    expect_int("first", EQUAL, first,
               first == 0 ? "the first program came to its end: 0"
                          : "the first program failed: its error");
    expect_int("second", EQUAL, 0, "the second program came to its end: 0");
    expect_objects();
}

Test(schedules, load_and_drop)
{
    run_two(1, load_and_drop, load_and_drop);
}

Expect(schedules, load_and_drop)
{
    expect_two(0);
}

Test(schedules, left_on_the_stack)
{
    run_two(1, load_and_leave, load_and_leave);
}

Expect(schedules, left_on_the_stack)
{
    expect_two(0);
}

Test(schedules, new_for_old)
{
    run_two(1, new_for_old, load_and_drop);
}

Expect(schedules, new_for_old)
{
    expect_two(0);
}

Test(schedules, wait_and_go_on)
{
    run_two(1, load_and_wait, load_and_drop);
}

Expect(schedules, wait_and_go_on)
{
    expect_two(0);
}

Test(schedules, wait_fails)
{
    run_two(1, load_and_fail, load_and_drop);
}

Expect(schedules, wait_fails)
{
    expect_two(EIO);
}

Test(schedules, three_at_once)
{
    const struct instruction *codes[] = {load_and_leave, ends, ends};

    open_vm(1);
    run_all(3, codes, NULL);
    observe_int("returned", workers[0].returned + workers[1].returned +
                                workers[2].returned);
    observe_objects();
    close_vm();
}

Expect(schedules, three_at_once)
{
    expect_int("returned", EQUAL, 0, "each program came to its end: 0");
    expect_objects();
}

/* ---- faults ------------------------------------------------------------- */

static const struct instruction all_of_it[] = {
    DOES(VM_NATIVE, meet_others),
    WITH(VM_LOAD, 0),
    WITH(VM_BUMP, 1),
    DOES(VM_WAIT, stand_still),
    BARE(VM_DROP),
    WITH(VM_BUMP, 1),
    BARE(VM_END),
};

Test(faults, two_threads)
{
    memset(workers, 0, sizeof workers);
    vm = new_vm();
    gil = gil_create(1);
    if (gil == NULL) {
        vm_destroy(vm);
        if (fault_kind() <= FAULT_SOFT)
            observe_int("errors", 1);
        return;
    }
    run_same(2, all_of_it, &two);
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors",
                    workers[0].returned != 0 || workers[1].returned != 0);
    if (workers[0].returned == 0 && workers[1].returned == 0)
        observe_int("counted", vm_value(vm, 1));
    observe_int("together", workers[0].met);
    observe_objects();
    close_vm();
}

Expect(faults, two_threads)
{
    expect_int("together", EQUAL, 1,
               "one thread at a time holds the interpreter, whatever else goes "
               "wrong: never are two inside a VM_NATIVE");
    expect_int("errors", EQUAL, 0,
               "no call has failed, so no error comes of "
               "it");
    expect_int("counted", EQUAL, 4, "two programs add 1 twice each");
    expect_objects();
}
