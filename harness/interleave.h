/*
 * interleave.h - what the tests of an exercise include.
 *
 * A test is written in Criterion's syntax and says what it OBSERVED; beside
 * it stands what must have been observed. The two never meet in one process:
 *
 *     Test(count, four_threads)              runs with the student's code
 *     {
 *         ...
 *         observe_int("total", total);
 *     }
 *
 *     Expect(count, four_threads)            runs outside, in the oracle
 *     {
 *         expect_int("total", EQUAL, naive_count(...),
 *                    "every byte is counted once");
 *     }
 *
 * Both draw their input from seed(), which is another one for every run. A
 * cr_assert in a test only explains, or ends a test that cannot go on; it
 * earns no marks. Assert and observe in the test's own thread, after the
 * join: other threads record into memory of their own.
 *
 * No test sleeps to synchronise, or measures time. Use meet().
 */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <criterion/criterion.h>
#include <stdint.h>

/* ---- input ------------------------------------------------------------ */

/* The seed of this run; the same in Test and Expect. */
uint64_t seed(void);

/* The next number of a splitmix64 sequence; start with `uint64_t s = seed()`.
 * Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014. */
uint64_t draw(uint64_t *state);

/* ---- inside the student's process -------------------------------------- */

/* Records what was observed. Only in the test's own thread. */
void observe_int(const char *key, long long value);
void observe_str(const char *key, const char *value);

/*
 * A meeting: a place where threads wait for each other without a clock.
 *
 * meet() blocks until `size` threads are inside it, or until nothing else in
 * the process can move any more: every other thread asleep, no timer armed.
 * It returns how many were inside when it was let go. So
 *
 *   - two things that must be possible at the same moment both call meet()
 *     on a meeting of two, and both get 2;
 *   - two things that must exclude each other do the same, and must get 1.
 *
 * Neither depends on load or on luck, and neither can hang. A meeting can be
 * used again once everyone has left it. The detectors do not see it: it
 * gives no order (no happens-before) between the threads that meet.
 */
struct meeting {
    int size;
};

#define MEETING(size)                                                          \
    {                                                                          \
        (size)                                                                 \
    }

int meet(struct meeting *meeting);

/* Threads of this process that the harness knows and that have not ended. */
int threads_alive(void);

/*
 * From now on the n+1st and every later pthread_create() of the student's
 * code and of the tests fails with EAGAIN; -1 ends that. The end of the test
 * ends it too.
 */
void fail_thread_create_after(int n);

/*
 * The origin server (grader/origin.c), for an exercise whose exercise.conf
 * says `server = origin`. Its address followed by "/KEY/" and the format's
 * text: what is asked for, as `make serve` tells. KEY is the test's own. The
 * string stays for the next 255 calls. Ask for each URL once: the number at
 * its end may be any.
 */
const char *origin_url(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The same URL of the same server at its other address, 127.0.0.2: to a client
 * that is another host. `url` is one of origin_url(), and as above. */
const char *origin_elsewhere(const char *url);

/*
 * Lets the server write what it has counted for this test: evidence that
 * does not come from the client. To be expected with expect_int():
 *
 *     requests        different URLs that were asked for
 *     duplicates      requests for a URL that was asked for before
 *     connections     that carried at least one request
 *     most-in-flight  requests in flight at one moment, the highest number
 *     let-go          requests that were held back until nobody could move
 *     gave-up         requests whose client went away before their end
 *     posts           those among the requests that were POSTs
 *
 * 0, or -1 when there is no server.
 */
int origin_report(void);

/* A port of 127.0.0.1 on which nobody listens until origin_report(). */
int origin_closed_port(void);

/*
 * Faults. The lens `faults` runs each test that its check covers again and
 * again; each time one call that the student's code makes fails. The test
 * must bear that: an error that is returned is right, a wrong result is not,
 * and all is given back. What a run has not observed is not judged, so
 *
 *     observe_int("wrong", wrong);
 *     if (fault_kind() <= FAULT_SOFT)
 *         observe_int("errors", errors);
 */
enum fault {
    FAULT_NONE, /* no call fails in this run, or this is another lens */
    FAULT_SOFT, /* interrupted, short, not ready, woken early: no error */
    FAULT_HARD, /* no memory, no descriptor, no process, ... */
    FAULT_KILL  /* the child process that makes the call is killed */
};

enum fault fault_kind(void);

/*
 * At the beginning of a test: calls fail here that otherwise do not, since
 * they cannot in a program without signal handlers and other processes.
 */
enum fault_allowance {
    ALLOW_EINTR = 1, /* calls that wait are interrupted */
    ALLOW_BROKEN = 2 /* read() and write() fail: the other side is gone */
};

void faults_allow(unsigned set);

/* This call of the student's code is not made to fail hard in this test: in
 * what the test does, it cannot. At the beginning of the test. */
void faults_spare(const char *call);

/* ---- outside, in the oracle -------------------------------------------- */

enum relation_to { EQUAL, NOT_EQUAL, LESS, AT_MOST, GREATER, AT_LEAST };

/* What must have been observed under `key`, and a sentence for the student
 * who has another value. */
void expect_int(const char *key, enum relation_to relation, long long value,
                const char *why);
void expect_str(const char *key, const char *value, const char *why);

/* ---- speed: workload.c -------------------------------------------------- */

/*
 * An exercise whose speed is judged defines these four in workload.c. Every
 * call returns a checksum of the result; they must agree. workload_prepare() is
 * not timed, and draws fresh input each time.
 */
/*
 * How much of `all` is to be done: in virtual time a quarter, as the
 * proportions are the same then and no clock has to be read.
 */
#ifdef INTERLEAVE_TIMED
#define WORKLOAD(all) ((all) / 4)
#else
#define WORKLOAD(all) (all)
#endif

void workload_prepare(uint64_t seed);
uint64_t workload_sequential(void);     /* the kit's own, one thread */
uint64_t workload_student(int threads); /* the student's */

/*
 * Optional: more runs, whose times are shown in a table and decide nothing.
 * Names are "row/column" without spaces; in each row the first is what the
 * others are compared with. The last has no name. workload.c may define it.
 */
struct workload_case {
    const char *name;
    uint64_t (*run)(int threads);
};

extern const struct workload_case workload_cases[] __attribute__((weak));

/* ---- how a test is registered ------------------------------------------- */

void harness_test_begin(const char *test);
void harness_test_end(const char *test);
void harness_expect(const char *test, void (*body)(void));

/*
 * Test() of Criterion (the real one, or the kit's stand-in) around a body
 * whose name says which test it is: readers of tools' reports find it on the
 * stack.
 */
#ifdef INTERLEAVE_ORACLE

#undef Test
#define Test(Suite, Name, ...)                                                 \
    __attribute__((unused)) static void test_body_##Suite##__##Name(void)

#define Expect(Suite, Name)                                                    \
    static void expect_body_##Suite##__##Name(void);                           \
    __attribute__((constructor)) static void expect_add_##Suite##__##Name(     \
        void)                                                                  \
    {                                                                          \
        harness_expect(#Suite "/" #Name, expect_body_##Suite##__##Name);       \
    }                                                                          \
    static void expect_body_##Suite##__##Name(void)

#else

#define Expect(Suite, Name)                                                    \
    __attribute__((unused)) static void expect_body_##Suite##__##Name(void)

#pragma push_macro("Test")
#undef Test
#define CRITERION_TEST(...) CR_EXPAND(CR_TEST_BASE(__VA_ARGS__, .sentinel_ = 0))
#define Test(Suite, ...)    TEST_OF(Suite, __VA_ARGS__)
#define TEST_OF(Suite, Name, ...)                                              \
    __attribute__((noinline)) static void test_body_##Suite##__##Name(void);   \
    CRITERION_TEST(Suite, Name, ##__VA_ARGS__)                                 \
    {                                                                          \
        harness_test_begin(#Suite "/" #Name);                                  \
        test_body_##Suite##__##Name();                                         \
        harness_test_end(#Suite "/" #Name);                                    \
    }                                                                          \
    static void test_body_##Suite##__##Name(void)

#endif
#endif
