/*
 * tests.c - what is observed of counter_count(), and what must be.
 *
 * `wanted` is where the tests look in: it sees which bytes are asked about,
 * and how many threads are inside it at one moment. It makes notes by atomic
 * additions of relaxed order, which give no order between the threads: the
 * detectors see the student's program as it is without the test. Helgrind
 * does not know atomics, so it is told to look past the notes.
 */
#include "interleave.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/helgrind.h>

#include "racy-counter.h"

#define LONGEST 256

/* ---- the kit's own count ------------------------------------------------ */

static bool is_high(unsigned char byte)
{
    return byte >= 100;
}

/*
 * An odd number of bytes, so that shares cannot be equal. What lies behind the
 * end counts, too, for those who look there: whether a mistake shows must not
 * hang on the input.
 */
static size_t draw_bytes(unsigned char *bytes, uint64_t *state, size_t least)
{
    size_t length = (least + draw(state) % 40) | 1;

    memset(bytes, 255, LONGEST);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)draw(state);
    return length;
}

/* All of them count, so each that is lost or counted twice shows. */
static size_t draw_high(unsigned char *bytes, uint64_t *state, size_t least)
{
    size_t length = draw_bytes(bytes, state, least);

    for (size_t i = 0; i < length; i++)
        bytes[i] |= 128;
    return length;
}

static size_t count_high(const unsigned char *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += is_high(bytes[i]);
    return count;
}

/* ---- count: the right number -------------------------------------------- */

typedef size_t drawer(unsigned char *bytes, uint64_t *state, size_t least);

static void count_drawn(drawer *draw_some, size_t least, int threads)
{
    unsigned char bytes[LONGEST];
    uint64_t state = seed();
    size_t length = draw_some(bytes, &state, least);
    size_t total = SIZE_MAX;

    observe_int("returned",
                counter_count(bytes, length, is_high, threads, &total));
    observe_int("total", (long long)total);
}

static void expect_drawn(drawer *draw_some, size_t least)
{
    unsigned char bytes[LONGEST];
    uint64_t state = seed();
    size_t length = draw_some(bytes, &state, least);

    expect_int("returned", EQUAL, 0, "nothing went wrong, so it returns 0");
    expect_int("total", EQUAL, (long long)count_high(bytes, length),
               "the count is that of a plain loop over the whole buffer");
}

Test(count, one_thread)
{
    count_drawn(draw_bytes, 60, 1);
}

Expect(count, one_thread)
{
    expect_drawn(draw_bytes, 60);
}

Test(count, two_threads)
{
    count_drawn(draw_high, 100, 2);
}

Expect(count, two_threads)
{
    expect_drawn(draw_high, 100);
}

Test(count, many_threads)
{
    count_drawn(draw_bytes, 60, 8);
}

Expect(count, many_threads)
{
    expect_drawn(draw_bytes, 60);
}

Test(count, nothing)
{
    unsigned char byte = 200;
    size_t total = SIZE_MAX;

    observe_int("returned", counter_count(&byte, 0, is_high, 3, &total));
    observe_int("total", (long long)total);
}

Expect(count, nothing)
{
    expect_int("returned", EQUAL, 0,
               "a buffer of length 0 is nothing to complain about");
    expect_int("total", EQUAL, 0, "a buffer of length 0 holds no byte");
}

Test(count, fewer_bytes_than_threads)
{
    const unsigned char bytes[] = {200, 0, 200};
    size_t total = SIZE_MAX;

    observe_int("returned", counter_count(bytes, 3, is_high, 5, &total));
    observe_int("total", (long long)total);
}

Expect(count, fewer_bytes_than_threads)
{
    expect_int("returned", EQUAL, 0, "nothing went wrong, so it returns 0");
    expect_int("total", EQUAL, 2,
               "with 3 bytes and 5 threads some threads have nothing to do, "
               "and every byte is counted all the same");
}

/*
 * Each byte of the buffer has a value of its own, so the value says which
 * byte was asked about.
 */
static atomic_int asked[LONGEST];

static bool ask(unsigned char byte)
{
    atomic_fetch_add_explicit(&asked[byte], 1, memory_order_relaxed);
    return true;
}

static size_t odd_length(void)
{
    uint64_t state = seed();

    return 4 * (5 + draw(&state) % 20) + 3;
}

Test(count, each_byte_once)
{
    unsigned char bytes[LONGEST];
    size_t length = odd_length();
    size_t total = SIZE_MAX;
    int never = 0;
    int again = 0;

    VALGRIND_HG_DISABLE_CHECKING(asked, sizeof asked);
    for (size_t i = 0; i < LONGEST; i++) {
        bytes[i] = (unsigned char)i;
        asked[i] = 0;
    }
    counter_count(bytes, length, ask, 4, &total);
    for (size_t i = 0; i < LONGEST; i++) {
        never += i < length && asked[i] == 0;
        again += asked[i] > (i < length);
    }
    observe_int("bytes-left-out", never);
    observe_int("bytes-too-often", again);
    observe_int("total", (long long)total);
}

Expect(count, each_byte_once)
{
    expect_int("bytes-left-out", EQUAL, 0,
               "when the length is no multiple of the number of threads, the "
               "bytes that remain must be counted too");
    expect_int("bytes-too-often", EQUAL, 0,
               "no byte belongs to two shares, and none beyond the end of "
               "the buffer to any");
    expect_int("total", EQUAL, (long long)odd_length(),
               "here every byte is wanted, so the count is the length");
}

/*
 * Two calls at the same moment. One byte of each buffer makes the thread that
 * has it wait for the other call, so both are surely under way together.
 */
#define MEETING_BYTE 255

static struct meeting both_calls = MEETING(2);

static bool is_high_and_meets(unsigned char byte)
{
    if (byte == MEETING_BYTE)
        meet(&both_calls);
    return is_high(byte);
}

struct call {
    unsigned char bytes[LONGEST];
    size_t length;
    size_t total;
};

static void draw_calls(struct call calls[2])
{
    uint64_t state = seed();

    for (int i = 0; i < 2; i++) {
        struct call *call = &calls[i];

        call->length = draw_bytes(call->bytes, &state, 20);
        for (size_t k = 0; k < call->length; k++)
            if (call->bytes[k] == MEETING_BYTE)
                call->bytes[k]--;
        call->bytes[0] = MEETING_BYTE;
    }
}

static void *make_call(void *arg)
{
    struct call *call = arg;

    call->total = SIZE_MAX;
    counter_count(call->bytes, call->length, is_high_and_meets, 2,
                  &call->total);
    return NULL;
}

Test(count, two_calls_at_once)
{
    struct call calls[2];
    pthread_t threads[2];

    draw_calls(calls);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, make_call, &calls[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    observe_int("total-first", (long long)calls[0].total);
    observe_int("total-second", (long long)calls[1].total);
}

Expect(count, two_calls_at_once)
{
    struct call calls[2];
    const char *why = "two calls that are under way at the same moment must "
                      "not share anything: no global, no static variable";

    draw_calls(calls);
    expect_int("total-first", EQUAL,
               (long long)count_high(calls[0].bytes, calls[0].length), why);
    expect_int("total-second", EQUAL,
               (long long)count_high(calls[1].bytes, calls[1].length), why);
}

/* ---- overlap: all threads at work at the same moment --------------------- */

#define TOGETHER 4

static struct meeting all = MEETING(TOGETHER);
static atomic_int inside[TOGETHER];

static bool meet_all(unsigned char byte)
{
    int met = meet(&all);

    /* Not added up: who asks often, alone, has not met anybody. */
    atomic_store_explicit(&inside[byte % TOGETHER], met, memory_order_relaxed);
    return true;
}

/* As many bytes as threads: one for each. */
Test(overlap, all_threads_meet)
{
    unsigned char bytes[TOGETHER];
    size_t total = SIZE_MAX;
    int fewest = TOGETHER;

    VALGRIND_HG_DISABLE_CHECKING(inside, sizeof inside);
    for (int i = 0; i < TOGETHER; i++) {
        bytes[i] = (unsigned char)i;
        inside[i] = 0;
    }
    counter_count(bytes, TOGETHER, meet_all, TOGETHER, &total);
    for (int i = 0; i < TOGETHER; i++)
        if (inside[i] < fewest)
            fewest = inside[i];
    observe_int("at-work-together", fewest);
    observe_int("total", (long long)total);
}

Expect(overlap, all_threads_meet)
{
    expect_int("at-work-together", EQUAL, TOGETHER,
               "with four bytes and four threads, each thread has one byte, "
               "and all four can be asked about at the same moment");
    expect_int("total", EQUAL, TOGETHER,
               "four threads that find one byte each, at the same moment, "
               "have found four");
}

/* ---- failure: a thread cannot be created --------------------------------- */

#define WORKERS   3
#define UNTOUCHED 4711

static struct meeting never_full = MEETING(99);

/* Stays here until nothing else can move. */
static bool stay(unsigned char byte)
{
    (void)byte;
    meet(&never_full);
    return true;
}

static void count_with_failure(int created)
{
    /* Static: threads that are left behind may still read it. */
    static const unsigned char bytes[WORKERS] = {1, 2, 3};
    size_t total = UNTOUCHED;
    int returned;

    fail_thread_create_after(created);
    returned = counter_count(bytes, WORKERS, stay, WORKERS, &total);
    fail_thread_create_after(-1);
    /* Who is still at work is in the same meeting now. */
    observe_int("still-at-work", meet(&never_full) - 1);
    observe_int("returned", returned);
    observe_int("result", (long long)total);
}

static void expect_failure(void)
{
    expect_int("returned", EQUAL, EAGAIN,
               "when a thread cannot be created the caller must learn of it: "
               "EAGAIN");
    expect_int("result", EQUAL, UNTOUCHED,
               "after an error *result is what it was before");
    expect_int("still-at-work", EQUAL, 0,
               "the threads that could be created must have ended before the "
               "function returns: nobody else can wait for them");
}

Test(failure, no_thread_at_all)
{
    count_with_failure(0);
}

Expect(failure, no_thread_at_all)
{
    expect_failure();
}

Test(failure, only_one_thread)
{
    count_with_failure(1);
}

Expect(failure, only_one_thread)
{
    expect_failure();
}

Test(failure, and_then_it_works_again)
{
    unsigned char bytes[LONGEST];
    uint64_t state = seed();
    size_t length = draw_high(bytes, &state, 100);
    size_t total = SIZE_MAX;
    int returned;

    fail_thread_create_after(0);
    returned = counter_count(bytes, length, is_high, 2, &total);
    fail_thread_create_after(-1);
    observe_int("returned-first", returned);
    observe_int("returned-then",
                counter_count(bytes, length, is_high, 2, &total));
    /* The number with one thread: what two of them do to each other is asked
     * elsewhere, and would be luck here. */
    observe_int("returned", counter_count(bytes, length, is_high, 1, &total));
    observe_int("total", (long long)total);
}

Expect(failure, and_then_it_works_again)
{
    expect_int("returned-first", EQUAL, EAGAIN,
               "when a thread cannot be created the caller must learn of it: "
               "EAGAIN");
    expect_int("returned-then", EQUAL, 0, "now threads can be created again");
    expect_drawn(draw_high, 100);
}

/* ---- schedules: through every interleaving ------------------------------- */

/*
 * A few bytes, so that the search comes to its end. The first thread has one
 * of them to find and each other has two: what is lost or added twice shows.
 */
static void count_few(size_t length, int threads)
{
    static const unsigned char few[] = {200, 0, 200, 200, 200, 200};
    size_t total = SIZE_MAX;

    observe_int("returned",
                counter_count(few, length, is_high, threads, &total));
    observe_int("total", (long long)total);
}

static void expect_few(long long total)
{
    expect_int("returned", EQUAL, 0, "nothing went wrong, so it returns 0");
    expect_int("total", EQUAL, total,
               "the count is that of a plain loop over the whole buffer, "
               "whichever thread is interrupted and wherever");
}

/* One finds 1, the other 2. */
Test(schedules, two_threads)
{
    count_few(4, 2);
}

Expect(schedules, two_threads)
{
    expect_few(3);
}

/* All of them find something. */
Test(schedules, three_threads)
{
    count_few(6, 3);
}

Expect(schedules, three_threads)
{
    expect_few(5);
}

/* Two calls of one thread each. */
struct few {
    unsigned char byte;
    size_t total;
};

static void *count_one(void *arg)
{
    struct few *few = arg;

    counter_count(&few->byte, 1, is_high, 1, &few->total);
    return NULL;
}

Test(schedules, two_calls)
{
    struct few calls[2] = {{200, SIZE_MAX}, {0, SIZE_MAX}};
    pthread_t thread;

    pthread_create(&thread, NULL, count_one, &calls[0]);
    count_one(&calls[1]);
    pthread_join(thread, NULL);
    observe_int("total-first", (long long)calls[0].total);
    observe_int("total-second", (long long)calls[1].total);
}

Expect(schedules, two_calls)
{
    expect_int("total-first", EQUAL, 1,
               "its one byte counts, whatever another call does meanwhile");
    expect_int("total-second", EQUAL, 0,
               "its one byte does not count, whatever another call finds "
               "meanwhile");
}
