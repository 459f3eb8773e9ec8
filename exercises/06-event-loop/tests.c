/*
 * tests.c - what is observed of the event loop, and what must be.
 *
 * The loop's clock is the tests' own. When nothing is ready, its wait moves
 * the clock on by the time-out and returns: an hour takes no time, and every
 * run comes out alike. Callbacks write letters into a story, so most of what
 * must be observed is a word.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "event-loop.h"

enum { MILLISECOND = 1000, SECOND = 1000 * MILLISECOND };

/* ---- a clock that needs no time, and a story ---------------------------- */

enum { WAITS_IN_VAIN = 200, STORY = 40 };

static struct {
    int64_t now;
    int waits;
    int in_vain; /* waits since anything happened */
    int fails;   /* the next waits fail, as often as that */
    int error;   /* with this */
    bool spun;   /* the loop asked again and again for nothing */
} watch;

static struct loop *loop;
static char story[STORY + 1];
static int threads; /* most threads alive in a callback */

static int64_t watch_now(void *arg)
{
    (void)arg;
    return watch.now;
}

static int watch_wait(void *arg, int epoll, struct epoll_event *events,
                      int most, int timeout)
{
    int count;

    (void)arg;
    watch.waits++;
    if (watch.fails > 0) {
        watch.fails--;
        errno = watch.error;
        return -1;
    }
    if (++watch.in_vain > WAITS_IN_VAIN) {
        watch.spun = true;
        errno = EIO;
        return -1;
    }
    count = epoll_wait(epoll, events, most, timeout < 0 ? -1 : 0);
    if (count == 0 && timeout > 0) {
        watch.now += (int64_t)timeout * MILLISECOND;
        watch.in_vain = 0;
    }
    return count;
}

static void something_happens(void)
{
    watch.in_vain = 0;
    if (threads_alive() > threads)
        threads = threads_alive();
}

/* Every callback writes a letter. */
static void write_letter(char letter)
{
    size_t length = strlen(story);

    something_happens();
    if (length < STORY)
        story[length] = letter;
}

static void on_timer(void *arg)
{
    write_letter(*(const char *)arg);
}

static char *letter(char of)
{
    static char all[] = "abcdefghijklmnopqrstuvwxyz";

    return &all[of - 'a'];
}

static void open_loop_with(struct loop_config config)
{
    struct loop_clock clock = {watch_now, watch_wait, NULL};

    memset(&watch, 0, sizeof watch);
    memset(story, 0, sizeof story);
    threads = 0;
    watch.now = 12345678;
    config.clock = &clock;
    loop = loop_create(&config);
    cr_assert(loop != NULL, "loop_create() returned NULL");
}

static void open_loop(void)
{
    open_loop_with((struct loop_config){.slow = 0});
}

static void run_loop(void)
{
    int error = loop_run(loop);

    cr_assert(!watch.spun, "the loop asks again and again, though nothing has "
                           "happened since it asked last");
    cr_assert(error == 0, "loop_run() returned %d", error);
}

static uint64_t set_timer(int64_t delay, void (*callback)(void *arg), void *arg)
{
    uint64_t id = loop_after(loop, delay, callback, arg);

    cr_assert(id != 0, "loop_after() returned 0");
    return id;
}

static uint64_t set_letter(int64_t delay, char of)
{
    return set_timer(delay, on_timer, letter(of));
}

/* ---- step 1: timers ----------------------------------------------------- */

Test(timer, order)
{
    open_loop();
    set_letter(9 * MILLISECOND, 'd');
    set_letter(2 * MILLISECOND, 'a');
    set_letter(7 * MILLISECOND, 'c');
    set_letter(5 * MILLISECOND, 'b');
    write_letter('-');
    run_loop();
    observe_str("story", story);
    observe_int("alive", threads);
    loop_destroy(loop);
}

Expect(timer, order)
{
    expect_str("story", "-abcd",
               "loop_after() returns at once, and loop_run() runs the timers "
               "in the order of their times");
    expect_int("alive", EQUAL, 1, "a loop is one thread");
}

/* Eight that are due at one time, set at two. */
Test(timer, equal)
{
    open_loop();
    for (char of = 'a'; of <= 'd'; of++)
        set_letter(10 * MILLISECOND, of);
    set_letter(5 * MILLISECOND, 'x');
    watch.now += 4 * MILLISECOND;
    for (char of = 'e'; of <= 'h'; of++)
        set_letter(6 * MILLISECOND, of);
    run_loop();
    observe_str("story", story);
    loop_destroy(loop);
}

Expect(timer, equal)
{
    expect_str("story", "xabcdefgh",
               "timers for the same time run in the order of their setting, "
               "all of them");
}

static uint64_t ids[4];
static int errors[8];

static void cancel_two(void *arg)
{
    on_timer(arg);
    errors[1] = loop_cancel(loop, ids[0]);
    errors[2] = loop_cancel(loop, ids[2]);
    errors[3] = loop_cancel(loop, ids[3]);
}

/* a is due together with c, and cancels it; b was cancelled before. */
Test(timer, cancel)
{
    open_loop();
    memset(errors, -1, sizeof errors);
    ids[0] = set_timer(2 * MILLISECOND, cancel_two, letter('a'));
    ids[1] = set_letter(1 * MILLISECOND, 'b');
    ids[2] = set_letter(2 * MILLISECOND, 'c');
    ids[3] = set_letter(3600ll * SECOND, 'd');
    set_letter(4 * MILLISECOND, 'e');
    errors[0] = loop_cancel(loop, ids[1]);
    errors[4] = loop_cancel(loop, ids[1]);
    run_loop();
    observe_str("story", story);
    observe_int("cancelled", errors[0]);
    observe_int("itself", errors[1]);
    observe_int("due", errors[2]);
    observe_int("later", errors[3]);
    observe_int("twice", errors[4]);
    observe_int("after-it-ran", loop_cancel(loop, ids[0]));
    observe_int("none", loop_cancel(loop, 0));
    observe_int("never-was", loop_cancel(loop, UINT64_MAX));
    observe_int("waited-for-it", watch.now > 60 * SECOND);
    loop_destroy(loop);
}

Expect(timer, cancel)
{
    expect_str("story", "ae",
               "what was cancelled never runs, even if it is due already");
    expect_int("cancelled", EQUAL, 0, "loop_cancel() returns 0");
    expect_int("due", EQUAL, 0, "a timer that is due has not run yet");
    expect_int("later", EQUAL, 0, "loop_cancel() returns 0");
    expect_int("itself", EQUAL, ENOENT, "a timer that runs has begun to run");
    expect_int("twice", EQUAL, ENOENT, "it is cancelled already");
    expect_int("after-it-ran", EQUAL, ENOENT, "it has run");
    expect_int("none", EQUAL, ENOENT, "0 is the number of no timer");
    expect_int("never-was", EQUAL, ENOENT,
               "a number that nobody has got is the number of no timer");
    expect_int("waited-for-it", EQUAL, 0,
               "loop_run() does not wait for what was cancelled");
}

enum { NUMBERS = 60 };

/* One timer after the other; all that went before is cancelled once more. */
Test(timer, number_never_again)
{
    uint64_t numbers[NUMBERS];
    int found = 0;

    open_loop();
    for (int i = 0; i < NUMBERS; i++) {
        numbers[i] = set_letter(MILLISECOND, 'a');
        for (int k = 0; k < i; k++)
            found += loop_cancel(loop, numbers[k]) == 0;
        if (i % 2 == 0)
            run_loop();
        else
            loop_cancel(loop, numbers[i]);
    }
    observe_int("found", found);
    observe_int("ran", (int)strlen(story));
    loop_destroy(loop);
}

Expect(timer, number_never_again)
{
    expect_int("found", EQUAL, 0,
               "the number of a timer that has run, or was cancelled, is never "
               "the number of another: an address comes again as soon as its "
               "block was freed");
    expect_int("ran", EQUAL, NUMBERS / 2,
               "a number that is out of use does no harm to another timer");
}

static int rounds;

static void set_itself_again(void *arg)
{
    on_timer(arg);
    if (++rounds < 5)
        set_timer(0, set_itself_again, arg);
}

static void set_another(void *arg)
{
    on_timer(arg);
    set_letter(MILLISECOND, 'b');
}

Test(timer, next_turn)
{
    open_loop();
    rounds = 0;
    set_timer(0, set_itself_again, letter('r'));
    set_letter(0, 's');
    set_letter(-5 * MILLISECOND, 't');
    set_timer(MILLISECOND, set_another, letter('a'));
    set_letter(5 * MILLISECOND, 'c');
    run_loop();
    observe_str("story", story);
    loop_destroy(loop);
}

Expect(timer, next_turn)
{
    expect_str("story", "rstrrrrabc",
               "delay 0 is the next turn, after all that is due in this one; "
               "a delay below 0 is 0");
}

static int64_t due;

static void set_late(void *arg)
{
    on_timer(arg);
    watch.now += 5 * MILLISECOND; /* it has worked for that long */
    due = watch.now + 3 * MILLISECOND;
    set_letter(3 * MILLISECOND, 'b');
}

Test(timer, counts_from_the_call)
{
    open_loop();
    set_timer(MILLISECOND, set_late, letter('a'));
    run_loop();
    observe_str("story", story);
    observe_int("early", watch.now < due);
    observe_int("late", watch.now > due + MILLISECOND);
    loop_destroy(loop);
}

Expect(timer, counts_from_the_call)
{
    expect_str("story", "ab", "each runs once");
    expect_int("early", EQUAL, 0,
               "a delay counts from the call of loop_after(), not from the "
               "beginning of the turn");
    expect_int("late", EQUAL, 0, "and it is at most a millisecond more");
}

static void stop_there(void *arg)
{
    on_timer(arg);
    loop_stop(loop);
}

Test(timer, stop)
{
    open_loop();
    set_timer(MILLISECOND, stop_there, letter('a'));
    set_letter(MILLISECOND, 'b');
    set_letter(2 * MILLISECOND, 'c');
    loop_stop(loop);
    run_loop();
    write_letter('-');
    run_loop();
    observe_str("story", story);
    set_letter(SECOND, 'z');
    loop_destroy(loop);
    observe_str("after", story);
}

Expect(timer, stop)
{
    expect_str("story", "a-bc",
               "loop_stop() ends loop_run() when the callback returns; what "
               "is left is run by the next one");
    expect_str("after", "a-bc", "loop_destroy() runs nothing");
}

/* ---- step 1: how the loop waits ----------------------------------------- */

/* Runs one timer to its end; adds to what went wrong. */
static void wait_for(int64_t delay, int *early, int *late)
{
    int64_t until = watch.now + delay;

    set_letter(delay, 'a');
    cr_assert(loop_run(loop) == 0 || watch.spun, "loop_run() failed");
    *early += watch.now < until;
    *late += watch.now > until + MILLISECOND;
}

Test(waiting, rounded_up)
{
    static const int64_t delays[] = {2500, 1, 999, 1000, 1001, 3999};
    int early = 0, late = 0;

    open_loop();
    for (int i = 0; i < 6 && !watch.spun; i++)
        wait_for(delays[i], &early, &late);
    observe_int("spun", watch.spun);
    observe_int("early", early);
    observe_int("late", late);
    observe_str("story", story);
    loop_destroy(loop);
}

Expect(waiting, rounded_up)
{
    expect_int("spun", EQUAL, 0,
               "a time-out is in whole milliseconds; rounded down, the last "
               "one is 0, and the loop asks again and again until the time "
               "has come");
    expect_int("early", EQUAL, 0, "a timer never runs before its time");
    expect_int("late", EQUAL, 0, "and at most a millisecond after it");
    expect_str("story", "aaaaaa", "each runs once");
}

/* 40 days are more milliseconds than an int holds. */
Test(waiting, long_ones)
{
    int early = 0, late = 0;

    open_loop();
    wait_for(20 * SECOND, &early, &late);
    observe_int("many-waits", watch.waits > 100);
    wait_for(40ll * 24 * 3600 * SECOND, &early, &late);
    observe_int("early", early);
    observe_int("late", late);
    observe_str("story", story);
    loop_destroy(loop);
}

Expect(waiting, long_ones)
{
    expect_int("many-waits", EQUAL, 0,
               "the loop sleeps until something is due; it does not look "
               "every now and then");
    expect_int("early", EQUAL, 0, "a timer never runs before its time");
    expect_int("late", EQUAL, 0, "and at most a millisecond after it");
    expect_str("story", "aa", "each runs once");
}

Test(waiting, interrupted)
{
    open_loop();
    set_letter(MILLISECOND, 'a');
    watch.fails = 2;
    watch.error = EINTR;
    observe_int("returned", loop_run(loop));
    observe_str("story", story);
    observe_int("waits", watch.waits);
    loop_destroy(loop);
}

Expect(waiting, interrupted)
{
    expect_int("returned", EQUAL, 0,
               "EINTR: a signal came while the loop slept, which is no error");
    expect_str("story", "a", "and the timer runs all the same");
    expect_int("waits", GREATER, 2, "the loop waits by the clock's wait()");
}

Test(waiting, broken)
{
    open_loop();
    set_letter(MILLISECOND, 'a');
    watch.fails = 1;
    watch.error = EBADF;
    observe_int("returned", loop_run(loop));
    observe_str("story", story);
    observe_int("again", loop_run(loop));
    observe_str("then", story);
    loop_destroy(loop);
}

Expect(waiting, broken)
{
    expect_int("returned", EQUAL, EBADF,
               "any error but EINTR is the result of loop_run()");
    expect_str("story", "", "a timer never runs before its time");
    expect_int("again", EQUAL, 0, "what is left stays");
    expect_str("then", "a", "what is left stays");
}

Test(waiting, nothing)
{
    open_loop();
    observe_int("empty", loop_run(loop));
    set_letter(MILLISECOND, 'a');
    observe_int("returned", loop_run(loop));
    observe_int("again", loop_run(loop));
    observe_str("story", story);
    loop_destroy(loop);
}

Expect(waiting, nothing)
{
    expect_int("empty", EQUAL, 0, "with nothing to wait for it returns");
    expect_int("returned", EQUAL, 0, "when nothing is left it returns");
    expect_int("again", EQUAL, 0, "with nothing to wait for it returns");
    expect_str("story", "a", "each timer runs once");
}

static int64_t real_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / MILLISECOND;
}

/* Without a clock of ours; three milliseconds are long enough. */
Test(waiting, real_clock)
{
    int64_t begun = real_time();

    memset(story, 0, sizeof story);
    loop = loop_create(NULL);
    cr_assert(loop != NULL, "loop_create() returned NULL");
    set_letter(3 * MILLISECOND, 'b');
    set_letter(MILLISECOND, 'a');
    observe_int("returned", loop_run(loop));
    observe_int("early", real_time() < begun + 3 * MILLISECOND);
    observe_str("story", story);
    loop_destroy(loop);
}

Expect(waiting, real_clock)
{
    expect_int("returned", EQUAL, 0, "when nothing is left it returns");
    expect_int("early", EQUAL, 0, "a timer never runs before its time");
    expect_str("story", "ab", "timers run in the order of their times");
}

/* ---- steps 1 to 3: who holds the loop ----------------------------------- */

static int64_t held_most;

static void on_slow(int64_t held, void *its_arg, void *slow_arg)
{
    write_letter((char)(*(const char *)its_arg - 'a' + 'A'));
    held_most = held > held_most ? held : held_most;
    *(int *)slow_arg += 1;
}

static int slow_calls;

static void open_loop_with_limit(void)
{
    slow_calls = 0;
    held_most = 0;
    open_loop_with((struct loop_config){
        .slow = 10 * MILLISECOND, .on_slow = on_slow, .slow_arg = &slow_calls});
}

static void work_for_6(void *arg)
{
    on_timer(arg);
    watch.now += 6 * MILLISECOND;
}

static void work_for_10(void *arg)
{
    on_timer(arg);
    watch.now += 10 * MILLISECOND;
}

static void work_for_25(void *arg)
{
    on_timer(arg);
    watch.now += 25 * MILLISECOND;
}

Test(slow, timers)
{
    open_loop_with_limit();
    set_timer(30 * MILLISECOND, work_for_6, letter('a'));
    set_timer(30 * MILLISECOND, work_for_6, letter('b'));
    set_timer(30 * MILLISECOND, work_for_25, letter('c'));
    set_timer(30 * MILLISECOND, work_for_10, letter('d'));
    run_loop();
    observe_str("story", story);
    observe_int("held", held_most);
    observe_int("calls", slow_calls);
    loop_destroy(loop);
}

Expect(slow, timers)
{
    expect_str("story", "abcCd",
               "a capital letter is a report: only c has held the loop for "
               "more than 10 ms, and that is said before the next one runs");
    expect_int("held", EQUAL, 25 * MILLISECOND,
               "the time is that of this callback alone");
    expect_int("calls", EQUAL, 1, "slow_arg is handed on");
}

/* ---- step 2: descriptors ------------------------------------------------ */

/* One side of a test with descriptors. */
struct side {
    int fd;
    int peer;
    char letter;
    int calls;
    int got; /* bytes */
    uint32_t what;
    struct side *other;
};

static struct side sides[2];

static void open_pipe(struct side *side, char of, const char *text)
{
    int ends[2];

    cr_assert(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0, "no pipe");
    *side = (struct side){.fd = ends[0], .peer = ends[1], .letter = of};
    if (*text != '\0')
        cr_assert(write(side->peer, text, strlen(text)) > 0, "no write");
}

static void open_sockets(struct side *side, char of)
{
    int ends[2];

    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                         ends) == 0,
              "no sockets");
    *side = (struct side){.fd = ends[0], .peer = ends[1], .letter = of};
}

static void close_side(struct side *side)
{
    close(side->fd);
    if (side->peer >= 0)
        close(side->peer);
}

static void watch_fd(int fd, uint32_t events,
                     void (*ready)(int fd, uint32_t what, void *arg), void *arg)
{
    int error = loop_watch(loop, fd, events, ready, arg);

    cr_assert(error == 0, "loop_watch() returned %d", error);
}

/* Reads one byte, and is content; a dot at the end of the file. */
static void read_one(int fd, uint32_t what, void *arg)
{
    struct side *side = arg;
    char byte = '?';
    ssize_t got = read(fd, &byte, 1);

    side->calls++;
    side->what |= what;
    write_letter(got == 1 ? byte : got == 0 ? '.' : '!');
    if (got == 1)
        side->got++;
    else
        loop_unwatch(loop, fd);
}

static void close_peer(void *arg)
{
    struct side *side = arg;

    close(side->peer);
    side->peer = -1;
}

/* Level-triggered, and then the writer goes. */
Test(descriptor, byte_by_byte)
{
    open_loop();
    open_pipe(&sides[0], 'a', "xyz");
    set_timer(SECOND, close_peer, &sides[0]);
    watch_fd(sides[0].fd, EPOLLIN, read_one, &sides[0]);
    run_loop();
    observe_str("story", story);
    observe_int("in", (sides[0].what & EPOLLIN) != 0);
    observe_int("hang-up", (sides[0].what & EPOLLHUP) != 0);
    observe_int("alive", threads);
    loop_destroy(loop);
    close_side(&sides[0]);
}

Expect(descriptor, byte_by_byte)
{
    expect_str("story", "xyz.",
               "as long as there is something to read the callback is called "
               "again; and once more when the other end was closed");
    expect_int("in", EQUAL, 1, "the callback is told what epoll_wait() said");
    expect_int("hang-up", EQUAL, 1,
               "a closed peer is EPOLLHUP, without EPOLLIN: that is told, too");
    expect_int("alive", EQUAL, 1, "a loop is one thread");
}

Test(descriptor, half_closed)
{
    open_loop();
    open_sockets(&sides[0], 'a');
    watch_fd(sides[0].fd, EPOLLIN | EPOLLRDHUP, read_one, &sides[0]);
    cr_assert(write(sides[0].peer, "xyz", 3) == 3, "no write");
    shutdown(sides[0].peer, SHUT_WR);
    run_loop();
    observe_str("story", story);
    observe_int("half", (sides[0].what & EPOLLRDHUP) != 0);
    observe_int("whole", (sides[0].what & EPOLLHUP) != 0);
    loop_destroy(loop);
    close_side(&sides[0]);
}

Expect(descriptor, half_closed)
{
    expect_str("story", "xyz.",
               "what came before the end is read first, then the end");
    expect_int("half", EQUAL, 1, "the callback is told of EPOLLRDHUP");
    expect_int("whole", EQUAL, 0, "of nothing that epoll_wait() did not say");
}

static void note_error(int fd, uint32_t what, void *arg)
{
    struct side *side = arg;

    side->what = what;
    write_letter('e');
    loop_unwatch(loop, fd);
}

/* A pipe that is full, and whose reader goes. */
Test(descriptor, nobody_reads)
{
    static const char piece[4096];
    struct side *side = &sides[0];
    int reader;

    open_loop();
    open_pipe(side, 'a', "");
    while (write(side->peer, piece, sizeof piece) > 0)
        ;
    watch_fd(side->peer, EPOLLOUT, note_error, side);
    reader = side->fd;
    side->fd = side->peer;
    side->peer = reader;
    set_timer(SECOND, close_peer, side);
    run_loop();
    observe_str("story", story);
    observe_int("error", (side->what & EPOLLERR) != 0);
    loop_destroy(loop);
    close_side(side);
}

Expect(descriptor, nobody_reads)
{
    expect_str("story", "e",
               "the callback is called for EPOLLERR too, whatever was asked "
               "for");
    expect_int("error", EQUAL, 1,
               "the callback is told what epoll_wait() said");
}

enum { BYTES = 300000, PIECE = 4000 };

/* Writes as much as there is room for. */
static void write_some(int fd, uint32_t what, void *arg)
{
    static const char zeros[PIECE];
    struct side *side = arg;
    ssize_t done;

    (void)what;
    something_happens();
    side->calls++;
    done = write(fd, zeros,
                 side->got + PIECE <= BYTES ? PIECE : BYTES - side->got);
    if (done > 0)
        side->got += (int)done;
    if (side->got == BYTES) {
        loop_unwatch(loop, fd);
        shutdown(fd, SHUT_WR);
    }
}

static void read_some(int fd, uint32_t what, void *arg)
{
    struct side *side = arg;
    char buffer[PIECE + 1];
    ssize_t got = read(fd, buffer, sizeof buffer);

    (void)what;
    something_happens();
    side->calls++;
    if (got > 0)
        side->got += (int)got;
    if (got == 0)
        loop_unwatch(loop, fd);
}

/* More than a socket holds, in pieces that do not fit each other. */
Test(descriptor, both_ways)
{
    struct side writer;

    open_loop();
    open_sockets(&sides[0], 'a');
    writer = sides[0];
    watch_fd(writer.peer, EPOLLOUT, write_some, &writer);
    watch_fd(sides[0].fd, EPOLLIN, read_some, &sides[0]);
    run_loop();
    observe_int("written", writer.got);
    observe_int("read", sides[0].got);
    loop_destroy(loop);
    close_side(&sides[0]);
}

Expect(descriptor, both_ways)
{
    expect_int("written", EQUAL, BYTES,
               "EPOLLOUT comes whenever there is room again");
    expect_int("read", EQUAL, BYTES, "and EPOLLIN while there is something");
}

/* Two are ready. Whose turn comes first takes the other out. */
static void remove_other(int fd, uint32_t what, void *arg)
{
    struct side *side = arg;

    (void)what;
    side->calls++;
    write_letter('r');
    errors[0] = loop_unwatch(loop, side->other->fd);
    errors[1] = loop_unwatch(loop, fd);
}

static void open_two(void)
{
    open_pipe(&sides[0], 'a', "x");
    open_pipe(&sides[1], 'b', "y");
    sides[0].other = &sides[1];
    sides[1].other = &sides[0];
    memset(errors, -1, sizeof errors);
}

Test(descriptor, removed)
{
    open_loop();
    open_two();
    for (int i = 0; i < 2; i++)
        watch_fd(sides[i].fd, EPOLLIN, remove_other, &sides[i]);
    run_loop();
    observe_str("story", story);
    observe_int("other", errors[0]);
    observe_int("itself", errors[1]);
    observe_int("again", loop_unwatch(loop, sides[0].fd));
    loop_destroy(loop);
    close_side(&sides[0]);
    close_side(&sides[1]);
}

Expect(descriptor, removed)
{
    expect_str("story", "r",
               "a descriptor that was unwatched in an earlier callback is not "
               "told of, even if both were found ready in one turn");
    expect_int("other", EQUAL, 0, "loop_unwatch() returns 0");
    expect_int("itself", EQUAL, 0, "a callback may unwatch its own descriptor");
    expect_int("again", EQUAL, ENOENT, "it is not watched any more");
}

static struct side fresh;

static void read_fresh(int fd, uint32_t what, void *arg)
{
    read_one(fd, what, arg);
    loop_unwatch(loop, fd);
}

static void write_to_fresh(void *arg)
{
    write_letter('-');
    cr_assert(write(fresh.peer, arg, 1) == 1, "no write");
}

/* Two are ready. The first closes the other and gives its number away. */
static void replace_other(int fd, uint32_t what, void *arg)
{
    struct side *side = arg;
    int number = side->other->fd;

    (void)what;
    write_letter('r');
    loop_unwatch(loop, fd);
    loop_unwatch(loop, number);
    open_pipe(&fresh, 'f', "");
    cr_assert(dup2(fresh.fd, number) == number, "no dup2"); /* closes it */
    close(fresh.fd);
    fresh.fd = number;
    watch_fd(number, EPOLLIN, read_fresh, &fresh);
    set_timer(SECOND, write_to_fresh, letter('f'));
}

Test(descriptor, number_again)
{
    open_loop();
    open_two();
    for (int i = 0; i < 2; i++)
        watch_fd(sides[i].fd, EPOLLIN, replace_other, &sides[i]);
    run_loop();
    observe_str("story", story);
    loop_destroy(loop);
    close_side(&sides[0]);
    close_side(&sides[1]); /* one of the two is the fresh one */
    close(fresh.peer);
}

Expect(descriptor, number_again)
{
    expect_str("story", "r-f",
               "what was found of a descriptor is not told to another one "
               "that has got its number since; it is told when it is ready "
               "itself, and only then");
}

static void ignore(int fd, uint32_t what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
}

Test(descriptor, refused)
{
    int file = memfd_create("regular", MFD_CLOEXEC);

    open_loop();
    open_pipe(&sides[0], 'a', "x");
    watch_fd(sides[0].fd, EPOLLIN, read_one, &sides[0]);
    observe_int("twice", loop_watch(loop, sides[0].fd, EPOLLIN, ignore, NULL));
    observe_int("file", loop_watch(loop, file, EPOLLIN, ignore, NULL));
    close(file);
    observe_int("closed", loop_watch(loop, file, EPOLLIN, ignore, NULL));
    observe_int("never", loop_unwatch(loop, file));
    observe_int("negative", loop_watch(loop, -1, EPOLLIN, ignore, NULL));
    observe_int("never-negative", loop_unwatch(loop, -1));
    set_timer(MILLISECOND, close_peer, &sides[0]);
    run_loop();
    observe_str("story", story);
    loop_destroy(loop);
    close_side(&sides[0]);
}

Expect(descriptor, refused)
{
    expect_int("twice", EQUAL, EEXIST, "it is watched already");
    expect_int("file", EQUAL, EPERM,
               "epoll refuses regular files, which are always ready");
    expect_int("closed", EQUAL, EBADF, "there is no such descriptor");
    expect_int("never", EQUAL, ENOENT, "what was refused is not watched");
    expect_int("negative", EQUAL, EBADF,
               "-1 is no descriptor: epoll_ctl() says so, and no array has "
               "such a place");
    expect_int("never-negative", EQUAL, ENOENT, "-1 is not watched");
    expect_str("story", "x.", "after an error nothing has happened");
}

/* The first time it makes a descriptor ready; then it is due at once, again
 * and again, until that was told. */
static void zero_delay(void *arg)
{
    struct side *side = arg;

    write_letter('t');
    if (rounds == 0)
        cr_assert(write(side->peer, "x", 1) == 1, "no write");
    if (side->calls == 0 && ++rounds < 30)
        set_timer(0, zero_delay, arg);
}

static void end_greed(void *arg)
{
    something_happens();
    loop_unwatch(loop, ((struct side *)arg)->fd);
}

/* Reads nothing, so that it stays ready, until a timer ends that. */
static void greedy(int fd, uint32_t what, void *arg)
{
    struct side *side = arg;

    (void)what;
    something_happens();
    if (++side->calls == 1)
        set_timer(0, end_greed, side);
    if (side->calls == 30)
        loop_unwatch(loop, fd);
}

/* Neither a timer that is always due nor a descriptor that is always ready
 * keeps the others from their turn. */
Test(descriptor, everyone_has_a_turn)
{
    open_loop();
    open_pipe(&sides[0], 'a', "");
    open_pipe(&sides[1], 'b', "y");
    rounds = 0;
    set_timer(0, zero_delay, &sides[0]);
    watch_fd(sides[0].fd, EPOLLIN, read_fresh, &sides[0]);
    run_loop();
    observe_int("rounds", rounds);
    watch_fd(sides[1].fd, EPOLLIN, greedy, &sides[1]);
    run_loop();
    observe_int("calls", sides[1].calls);
    loop_destroy(loop);
    close_side(&sides[0]);
    close_side(&sides[1]);
}

Expect(descriptor, everyone_has_a_turn)
{
    expect_int("rounds", AT_MOST, 3,
               "a timer that sets itself again with delay 0 does not keep the "
               "descriptors from their turn");
    expect_int("calls", AT_MOST, 3,
               "a descriptor that is always ready does not keep a timer that "
               "is due from its turn");
}

static void stop_at_first(int fd, uint32_t what, void *arg)
{
    (void)what;
    (void)arg;
    write_letter('s');
    loop_unwatch(loop, fd);
    loop_stop(loop);
}

Test(descriptor, stop)
{
    open_loop();
    open_two();
    for (int i = 0; i < 2; i++)
        watch_fd(sides[i].fd, EPOLLIN, stop_at_first, &sides[i]);
    run_loop();
    write_letter('-');
    run_loop();
    observe_str("story", story);
    loop_destroy(loop);
    close_side(&sides[0]);
    close_side(&sides[1]);
}

Expect(descriptor, stop)
{
    expect_str("story", "s-s",
               "loop_stop() ends loop_run() when the callback returns; what "
               "is left is told by the next one");
}

static void work_when_ready(int fd, uint32_t what, void *arg)
{
    (void)what;
    loop_unwatch(loop, fd);
    work_for_25(arg);
}

Test(slow, descriptors)
{
    open_loop_with_limit();
    open_pipe(&sides[0], 'a', "x");
    watch_fd(sides[0].fd, EPOLLIN, work_when_ready, letter('a'));
    run_loop();
    observe_str("story", story);
    observe_int("held", held_most);
    loop_destroy(loop);
    close_side(&sides[0]);
}

Expect(slow, descriptors)
{
    expect_str("story", "aA",
               "what is called for a descriptor is reported, too");
    expect_int("held", EQUAL, 25 * MILLISECOND,
               "the time is that of this callback alone");
}

/* ---- crowds ------------------------------------------------------------- */

enum { TIMERS = 10000, DESCRIPTORS = 1000 };

struct entry {
    int64_t due;
    int number;
    bool cancelled;
};

static struct entry entries[TIMERS];
static struct entry *last_entry;
static int ran, out_of_order, ran_cancelled;

static void on_entry(void *arg)
{
    struct entry *entry = arg;

    something_happens();
    ran++;
    ran_cancelled += entry->cancelled;
    if (last_entry != NULL &&
        (last_entry->due > entry->due ||
         (last_entry->due == entry->due && last_entry->number > entry->number)))
        out_of_order++;
    last_entry = entry;
}

/* Many are equal; every tenth is cancelled. */
Test(crowd, timers)
{
    uint64_t state = seed();
    static uint64_t numbers[TIMERS];

    open_loop();
    last_entry = NULL;
    ran = out_of_order = ran_cancelled = 0;
    for (int i = 0; i < TIMERS; i++) {
        int64_t delay = (int64_t)(draw(&state) % 500) * 10 * MILLISECOND;

        entries[i] = (struct entry){watch.now + delay, i, i % 10 == 7};
        numbers[i] = set_timer(delay, on_entry, &entries[i]);
    }
    for (int i = 7; i < TIMERS; i += 10)
        cr_assert(loop_cancel(loop, numbers[i]) == 0,
                  "loop_cancel() did not find its timer");
    run_loop();
    observe_int("ran", ran);
    observe_int("cancelled", ran_cancelled);
    observe_int("out-of-order", out_of_order);
    observe_int("alive", threads);
    loop_destroy(loop);
}

Expect(crowd, timers)
{
    expect_int("ran", EQUAL, TIMERS - TIMERS / 10,
               "each of 10,000 timers runs once, but for those cancelled");
    expect_int("cancelled", EQUAL, 0, "what was cancelled never runs");
    expect_int("out-of-order", EQUAL, 0,
               "timers run in the order of their times, equal ones in the "
               "order of their setting");
    expect_int("alive", EQUAL, 1, "a loop is one thread");
}

static void take_event(int fd, uint32_t what, void *arg)
{
    uint64_t value;

    (void)what;
    something_happens();
    *(int *)arg += read(fd, &value, sizeof value) == sizeof value;
    loop_unwatch(loop, fd);
}

/* 1,000 descriptors, or as many as the system lets one process have. */
Test(crowd, descriptors)
{
    static int fds[DESCRIPTORS], calls[DESCRIPTORS];
    struct rlimit limit;
    int count = DESCRIPTORS, once = 0;

    cr_assert(getrlimit(RLIMIT_NOFILE, &limit) == 0, "no limit");
    if (limit.rlim_cur < DESCRIPTORS + 100)
        count = (int)limit.rlim_cur - 100;
    open_loop();
    memset(calls, 0, sizeof calls);
    for (int i = 0; i < count; i++) {
        fds[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        cr_assert(fds[i] >= 0, "no eventfd");
        watch_fd(fds[i], EPOLLIN, take_event, &calls[i]);
    }
    run_loop();
    for (int i = 0; i < count; i++) {
        once += calls[i] == 1;
        close(fds[i]);
    }
    observe_int("not-once", count - once);
    loop_destroy(loop);
}

Expect(crowd, descriptors)
{
    expect_int("not-once", EQUAL, 0,
               "each of 1,000 descriptors that are ready is told, once");
}

/* ---- step 3: tasks ------------------------------------------------------ */

/* A task of the tests: it begins, takes its time, and ends. */
struct job {
    char letter; /* written at its beginning; its capital at the end */
    int64_t takes;
    int error;
    struct task *task;
    int completions;
    int its_error;
    void *its_result;
};

static struct job jobs[4];

static void finish_job(void *arg)
{
    struct job *job = arg;

    task_finish(job->task, job->error, job);
}

static void begin_job(struct task *task, void *arg)
{
    struct job *job = arg;

    write_letter(job->letter);
    job->task = task;
    if (job->takes > 0) {
        set_timer(job->takes, finish_job, job);
    } else {
        task_finish(task, job->error, job);
        write_letter(';');
    }
}

static void job_done(int error, void *result, void *arg)
{
    struct job *job = arg;

    write_letter((char)(job->letter - 'a' + 'A'));
    job->completions++;
    job->its_error = error;
    job->its_result = result;
}

static struct task *start_job(int i, int64_t takes, int error)
{
    struct task *task;

    jobs[i] =
        (struct job){.letter = (char)('a' + i), .takes = takes, .error = error};
    task = task_start(loop, begin_job, &jobs[i]);
    cr_assert(task != NULL, "task_start() returned NULL");
    jobs[i].task = task;
    return task;
}

static struct task *start_sleep(int i, int64_t delay)
{
    struct task *task = task_sleep(loop, delay);

    cr_assert(task != NULL, "task_sleep() returned NULL");
    jobs[i] = (struct job){.letter = (char)('a' + i), .task = task};
    return task;
}

static struct task *gather(struct task *const tasks[], size_t count,
                           struct outcome outcomes[])
{
    struct task *task = task_gather(loop, tasks, count, outcomes);

    cr_assert(task != NULL, "task_gather() returned NULL");
    return task;
}

/* The completion of a gather; its arg keeps the outcome. */
static void gather_done(int error, void *result, void *arg)
{
    struct outcome *outcome = arg;

    write_letter('g');
    *outcome = (struct outcome){error, result};
}

Test(task, each_in_its_turn)
{
    open_loop();
    for (int i = 0; i < 3; i++)
        task_then(start_job(i, 0, i == 1 ? EDOM : 0), job_done, &jobs[i]);
    write_letter('-');
    run_loop();
    observe_str("story", story);
    observe_int("error", jobs[1].its_error);
    observe_int("none", jobs[2].its_error);
    observe_int("result", jobs[1].its_result == &jobs[1]);
    observe_int("alive", threads);
    loop_destroy(loop);
}

Expect(task, each_in_its_turn)
{
    expect_str("story", "-a;b;c;ABC",
               "tasks begin in the next turn, in their order; completions "
               "(capitals) have a turn of their own, and are never called "
               "inside task_finish()");
    expect_int("error", EQUAL, EDOM, "the completion gets the error");
    expect_int("none", EQUAL, 0, "the completion gets the error");
    expect_int("result", EQUAL, 1, "the completion gets the result");
    expect_int("alive", EQUAL, 1, "a loop is one thread");
}

static void complete_late(void *arg)
{
    struct job *job = arg;

    write_letter('-');
    task_then(job->task, job_done, job);
    write_letter('-');
}

Test(task, settled_before_then)
{
    open_loop();
    start_job(0, MILLISECOND, EDOM);
    set_timer(5 * MILLISECOND, complete_late, &jobs[0]);
    run_loop();
    observe_str("story", story);
    observe_int("error", jobs[0].its_error);
    loop_destroy(loop);
}

Expect(task, settled_before_then)
{
    expect_str("story", "a--A",
               "a task that is settled keeps its outcome until somebody asks; "
               "even then the completion is not called inside task_then()");
    expect_int("error", EQUAL, EDOM, "the completion gets the error");
}

Test(task, sleeps_overlap)
{
    int64_t begun;

    open_loop();
    begun = watch.now;
    task_then(start_sleep(0, 30 * MILLISECOND), job_done, &jobs[0]);
    task_then(start_sleep(1, 10 * MILLISECOND), job_done, &jobs[1]);
    task_then(start_sleep(2, 20 * MILLISECOND), job_done, &jobs[2]);
    task_then(start_sleep(3, 20 * MILLISECOND), job_done, &jobs[3]);
    run_loop();
    observe_str("story", story);
    observe_int("error", jobs[0].its_error);
    observe_int("early", watch.now < begun + 30 * MILLISECOND);
    observe_int("late", watch.now > begun + 31 * MILLISECOND);
    loop_destroy(loop);
}

Expect(task, sleeps_overlap)
{
    expect_str("story", "BCDA", "who sleeps the shortest time wakes first");
    expect_int("error", EQUAL, 0, "a sleep that ends has no error");
    expect_int("early", EQUAL, 0, "a sleep is not shorter than asked for");
    expect_int("late", EQUAL, 0, "all of them sleep at the same time");
}

/* They end as c, b, a, d; two have an error. */
Test(task, gather)
{
    static struct outcome outcomes[4];
    struct outcome all = {-1, NULL};
    struct task *tasks[4];
    int right = 0;

    open_loop();
    memset(outcomes, -1, sizeof outcomes);
    tasks[0] = start_job(0, 30 * MILLISECOND, 0);
    tasks[1] = start_job(1, 20 * MILLISECOND, ERANGE);
    tasks[2] = start_job(2, 10 * MILLISECOND, EDOM);
    tasks[3] = start_job(3, 40 * MILLISECOND, 0);
    task_then(gather(tasks, 4, outcomes), gather_done, &all);
    memset(tasks, 0, sizeof tasks);
    set_letter(35 * MILLISECOND, 't');
    run_loop();
    for (int i = 0; i < 4; i++)
        right += outcomes[i].error == jobs[i].error &&
                 outcomes[i].result == &jobs[i];
    observe_str("story", story);
    observe_int("right", right);
    observe_int("error", all.error);
    observe_int("result", all.result == outcomes);
    loop_destroy(loop);
}

Expect(task, gather)
{
    expect_str("story", "abcdtg",
               "all go on at the same time, and the gather waits for the last "
               "of them, whatever errors there are");
    expect_int("right", EQUAL, 4,
               "outcomes[i] is the error and the result of tasks[i], in "
               "whatever order they end");
    expect_int("error", EQUAL, ERANGE,
               "the error of a gather is that of the lowest i that has one");
    expect_int("result", EQUAL, 1, "its result is the array");
}

/* A gather of nothing, one of a settled task, and one that gathers both. */
Test(task, gather_again)
{
    static struct outcome inner[1], outer[3];
    struct outcome all = {-1, NULL};
    struct task *tasks[3], *settled;

    open_loop();
    settled = start_job(0, 0, EDOM);
    run_loop();
    tasks[0] = gather(NULL, 0, NULL);
    tasks[1] = gather(&settled, 1, inner);
    tasks[2] = start_sleep(1, MILLISECOND);
    task_then(gather(tasks, 3, outer), gather_done, &all);
    write_letter('-');
    run_loop();
    observe_str("story", story);
    observe_int("nothing", outer[0].error);
    observe_int("inner", outer[1].error);
    observe_int("result", outer[1].result == inner);
    observe_int("sleep", outer[2].error);
    observe_int("error", all.error);
    loop_destroy(loop);
}

Expect(task, gather_again)
{
    expect_str("story", "a;-g",
               "a gather is a task: it can be gathered, and its completion "
               "has a turn of its own even if all were settled before");
    expect_int("nothing", EQUAL, 0, "a gather of nothing has no error");
    expect_int("inner", EQUAL, EDOM, "an error goes up from gather to gather");
    expect_int("result", EQUAL, 1, "the result of a gather is its array");
    expect_int("sleep", EQUAL, 0, "the gather waits for the sleep");
    expect_int("error", EQUAL, EDOM, "an error goes up from gather to gather");
}

static void cancel_jobs(void *arg)
{
    write_letter('-');
    errors[0] = task_cancel(jobs[0].task);
    errors[1] = task_cancel(jobs[0].task);
    if (arg != NULL)
        errors[2] = task_cancel(jobs[1].task);
}

/* Two sleeps: one is due together with the timer that cancels both. */
Test(task, cancel_sleep)
{
    open_loop();
    memset(errors, -1, sizeof errors);
    set_timer(MILLISECOND, cancel_jobs, &errors);
    task_then(start_sleep(0, MILLISECOND), job_done, &jobs[0]);
    task_then(start_sleep(1, 3600ll * SECOND), job_done, &jobs[1]);
    run_loop();
    observe_str("story", story);
    observe_int("first", jobs[0].its_error);
    observe_int("second", jobs[1].its_error);
    observe_int("returned", errors[0]);
    observe_int("again", errors[1]);
    observe_int("waited-for-it", watch.now > 60 * SECOND);
    loop_destroy(loop);
}

Expect(task, cancel_sleep)
{
    expect_str("story", "-AB",
               "a cancelled task completes, once, and soon; in the order of "
               "cancelling");
    expect_int("first", EQUAL, ECANCELED,
               "a sleep that is cancelled does not wake, even if it is due");
    expect_int("second", EQUAL, ECANCELED, "and its error is ECANCELED");
    expect_int("returned", EQUAL, 0, "task_cancel() returns 0");
    expect_int("again", EQUAL, EALREADY, "it is settled: EALREADY");
    expect_int("waited-for-it", EQUAL, 0,
               "the loop does not wait for a sleep that was cancelled");
}

static void cancel_next(struct task *task, void *arg)
{
    task_cancel(jobs[1].task);
    task_finish(task, 0, arg);
}

/* b is to begin in the same turn as the task that cancels it. */
Test(task, cancel_before_it_begins)
{
    struct task *first;

    open_loop();
    start_job(0, 0, 0);
    first = task_start(loop, cancel_next, NULL);
    cr_assert(first != NULL, "task_start() returned NULL");
    start_job(1, 0, 0);
    start_sleep(2, SECOND);
    for (int i = 0; i < 3; i++)
        task_then(jobs[i].task, job_done, &jobs[i]);
    task_cancel(jobs[2].task);
    task_cancel(jobs[0].task);
    run_loop();
    observe_str("story", story);
    observe_int("outside", jobs[0].its_error);
    observe_int("inside", jobs[1].its_error);
    loop_destroy(loop);
}

Expect(task, cancel_before_it_begins)
{
    expect_str("story", "CAB",
               "a task that is cancelled before its turn never begins; "
               "completions come in the order of cancelling");
    expect_int("outside", EQUAL, ECANCELED, "it completes with ECANCELED");
    expect_int("inside", EQUAL, ECANCELED,
               "so does one whose turn would have come in this very turn");
}

/* It has begun, and will call task_finish() twenty milliseconds later. */
Test(task, cancel_while_it_runs)
{
    open_loop();
    memset(errors, -1, sizeof errors);
    task_then(start_job(0, 30 * MILLISECOND, 0), job_done, &jobs[0]);
    set_timer(10 * MILLISECOND, cancel_jobs, NULL);
    set_letter(20 * MILLISECOND, 't');
    run_loop();
    observe_str("story", story);
    observe_int("error", jobs[0].its_error);
    observe_int("no-result", jobs[0].its_result == NULL);
    observe_int("returned", errors[0]);
    observe_int("again", errors[1]);
    loop_destroy(loop);
}

Expect(task, cancel_while_it_runs)
{
    expect_str("story", "a-At",
               "a cancelled task completes soon, and does not wait for its "
               "task_finish(); which then changes nothing");
    expect_int("error", EQUAL, ECANCELED, "and its error is ECANCELED");
    expect_int("no-result", EQUAL, 1, "and its result is NULL");
    expect_int("returned", EQUAL, 0, "task_cancel() returns 0");
    expect_int("again", EQUAL, EALREADY, "it is settled: EALREADY");
}

static void cancel_task(void *arg)
{
    write_letter('-');
    task_cancel(arg);
}

Test(task, cancel_gather)
{
    static struct outcome outcomes[3];
    struct outcome all = {-1, NULL};
    struct task *tasks[3], *one;

    open_loop();
    tasks[0] = start_sleep(0, 10 * MILLISECOND);
    tasks[1] = start_sleep(1, 3600ll * SECOND);
    tasks[2] = start_job(2, 30 * MILLISECOND, 0);
    one = gather(tasks, 3, outcomes);
    task_then(one, gather_done, &all);
    set_timer(20 * MILLISECOND, cancel_task, one);
    run_loop();
    observe_str("story", story);
    observe_int("slept", outcomes[0].error);
    observe_int("sleeps", outcomes[1].error);
    observe_int("runs", outcomes[2].error);
    observe_int("error", all.error);
    observe_int("waited-for-it", watch.now > 60 * SECOND);
    loop_destroy(loop);
}

Expect(task, cancel_gather)
{
    expect_str("story", "c-g", "a cancelled gather completes soon, and once");
    expect_int("slept", EQUAL, 0, "what was settled before keeps its outcome");
    expect_int("sleeps", EQUAL, ECANCELED,
               "to cancel a gather is to cancel what it still waits for");
    expect_int("runs", EQUAL, ECANCELED,
               "to cancel a gather is to cancel what it still waits for");
    expect_int("error", EQUAL, ECANCELED,
               "its own error is that of the lowest that has one");
    expect_int("waited-for-it", EQUAL, 0,
               "the loop does not wait for a sleep that was cancelled");
}

/* A gather of a gather: what the inner one still waits for is cancelled. */
Test(task, cancel_nested)
{
    static struct outcome inner[2], outer[2];
    struct outcome all = {-1, NULL};
    struct task *tasks[2], *one;

    open_loop();
    tasks[0] = start_sleep(0, 10 * MILLISECOND);
    tasks[1] = start_sleep(1, 3600ll * SECOND);
    tasks[0] = gather(tasks, 2, inner);
    tasks[1] = start_sleep(2, 3600ll * SECOND);
    one = gather(tasks, 2, outer);
    task_then(one, gather_done, &all);
    set_timer(20 * MILLISECOND, cancel_task, one);
    run_loop();
    observe_str("story", story);
    observe_int("slept", inner[0].error);
    observe_int("sleeps", inner[1].error);
    observe_int("gathered", outer[0].error);
    observe_int("its-result", outer[0].result == inner);
    observe_int("error", all.error);
    observe_int("waited-for-it", watch.now > 60 * SECOND);
    loop_destroy(loop);
}

Expect(task, cancel_nested)
{
    expect_str("story", "-g", "a cancelled gather completes soon, and once");
    expect_int("slept", EQUAL, 0, "what was settled before keeps its outcome");
    expect_int("sleeps", EQUAL, ECANCELED,
               "to cancel a gather is to cancel what it still waits for; and "
               "if that is a gather, what that one waits for");
    expect_int("gathered", EQUAL, ECANCELED,
               "the inner gather's error is that of its lowest that has one");
    expect_int("its-result", EQUAL, 1,
               "a gather is settled in its own way: its result is its array");
    expect_int("error", EQUAL, ECANCELED,
               "its own error is that of the lowest that has one");
    expect_int("waited-for-it", EQUAL, 0,
               "the loop does not wait for a sleep that was cancelled");
}

static bool had_its_turn;

static void note_turn(void *arg)
{
    (void)arg;
    something_happens();
    had_its_turn = true;
}

/* Begins again and again, until the timer has had its turn. */
static void begin_again(struct task *task, void *arg)
{
    something_happens();
    if (rounds == 0)
        set_timer(0, note_turn, NULL);
    if (!had_its_turn && ++rounds < 30)
        task_start(loop, begin_again, arg);
    task_finish(task, 0, NULL);
}

/* Each completion waits for another task, which is settled already. */
static void complete_again(int error, void *result, void *arg)
{
    (void)error;
    (void)result;
    something_happens();
    if (rounds == 0)
        set_timer(0, note_turn, NULL);
    if (!had_its_turn && ++rounds < 30)
        task_then(gather(NULL, 0, NULL), complete_again, arg);
}

Test(task, everyone_has_a_turn)
{
    open_loop();
    rounds = 0;
    had_its_turn = false;
    cr_assert(task_start(loop, begin_again, NULL) != NULL,
              "task_start() returned NULL");
    run_loop();
    observe_int("begun", rounds);
    rounds = 0;
    had_its_turn = false;
    task_then(gather(NULL, 0, NULL), complete_again, NULL);
    run_loop();
    observe_int("completed", rounds);
    loop_destroy(loop);
}

Expect(task, everyone_has_a_turn)
{
    expect_int("begun", AT_MOST, 3,
               "a task that starts another one does not keep a timer that is "
               "due from its turn: what a callback adds has its turn later");
    expect_int("completed", AT_MOST, 3,
               "nor does a completion that leads to another one");
}

enum { CROWD = 50, CROWDS = 8 };

/* Tasks of each sort, all of them completed. */
static void run_a_crowd(void)
{
    static struct outcome outcomes[CROWD];
    static struct job job;
    struct task *tasks[CROWD];

    for (int i = 0; i < CROWD; i++)
        tasks[i] = task_sleep(loop, MILLISECOND);
    job.letter = 'a';
    task_then(gather(tasks, CROWD, outcomes), job_done, &job);
    for (int i = 0; i < CROWD; i++)
        task_then(start_job(i % 4, 0, 0), job_done, &job);
    run_loop();
}

static long long heap_in_use(void)
{
    struct mallinfo2 heap = mallinfo2();

    return (long long)(heap.uordblks + heap.hblkhd);
}

Test(task, loop_keeps_nothing)
{
    long long before;

    open_loop();
    run_a_crowd();
    before = heap_in_use();
    for (int i = 0; i < CROWDS; i++)
        run_a_crowd();
    observe_int("growth", heap_in_use() - before);
    loop_destroy(loop);
}

Expect(task, loop_keeps_nothing)
{
    expect_int("growth", AT_MOST, CROWDS * CROWD * 8,
               "the loop frees a task when its completion was called, and not "
               "at the very end: a loop may run for years");
}

static void stop_when_done(int error, void *result, void *arg)
{
    job_done(error, result, arg);
    loop_stop(loop);
}

/* Stopped between two completions; then destroyed with everything in it. */
Test(task, left)
{
    static struct outcome outcomes[2];
    struct task *tasks[2];

    open_loop();
    task_then(start_job(0, 0, 0), stop_when_done, &jobs[0]);
    task_then(start_job(1, 0, 0), job_done, &jobs[1]);
    run_loop();
    write_letter('-');
    run_loop();
    start_job(2, 0, 0); /* settled, and nobody has asked */
    run_loop();
    start_job(3, SECOND, 0);
    set_timer(MILLISECOND, stop_there, letter('s'));
    run_loop();
    task_cancel(jobs[3].task); /* it still owes a task_finish() */
    tasks[0] = start_job(0, 0, 0);
    tasks[1] = start_sleep(1, SECOND);
    task_then(gather(tasks, 2, outcomes), job_done, &jobs[0]);
    loop_destroy(loop);
    observe_str("story", story);
}

Expect(task, left)
{
    expect_str("story", "a;b;A-Bc;ds",
               "loop_stop() keeps what is left for the next loop_run(), and "
               "loop_destroy() calls nobody");
}

static void work_at_once(struct task *task, void *arg)
{
    work_for_25(arg);
    task_finish(task, 0, NULL);
}

static void work_when_done(int error, void *result, void *arg)
{
    (void)error;
    (void)result;
    work_for_25(arg);
}

Test(slow, tasks)
{
    struct task *task;

    open_loop_with_limit();
    task = task_start(loop, work_at_once, letter('a'));
    cr_assert(task != NULL, "task_start() returned NULL");
    task_then(task, work_when_done, letter('b'));
    run_loop();
    observe_str("story", story);
    observe_int("held", held_most);
    loop_destroy(loop);
}

Expect(slow, tasks)
{
    expect_str("story", "aAbB",
               "the beginning of a task is reported, and so is a completion");
    expect_int("held", EQUAL, 25 * MILLISECOND,
               "the time is that of this callback alone");
}

/* ---- step 4: blocking calls --------------------------------------------- */

/* What one call does, and what became of it. No lock: the loop brings it
 * from one thread to the other. */
struct call {
    struct meeting *meeting; /* first, if not NULL */
    bool settles;            /* then it waits until nothing else moves */
    int error;

    int ran;
    int met;
    int number;
    pthread_t thread;

    int completions;
    int its_error;
    bool its_result; /* it was the right one */
    bool in_the_loop;
};

enum { CALLS = 12 };

static struct call calls[CALLS];
static pthread_t loop_thread;

static void settle(void)
{
    struct meeting nobody_comes = MEETING(2);

    meet(&nobody_comes);
}

static int drawn_number(void)
{
    uint64_t state = seed();

    return 1 + (int)(draw(&state) % 1000);
}

static int block(void *arg, void **result)
{
    struct call *call = arg;

    call->thread = pthread_self();
    if (call->meeting != NULL)
        call->met = meet(call->meeting);
    if (call->settles)
        settle();
    call->number = drawn_number();
    call->ran++;
    *result = &call->number;
    return call->error;
}

static void call_done(int error, void *result, void *arg)
{
    struct call *call = arg;

    call->completions++;
    call->its_error = error;
    call->its_result = result == &call->number;
    call->in_the_loop = pthread_equal(pthread_self(), loop_thread);
}

static void open_loop_for_calls(void)
{
    open_loop();
    memset(calls, 0, sizeof calls);
    loop_thread = pthread_self();
}

static struct task *start_call(int i)
{
    struct task *task = task_blocking(loop, block, &calls[i]);

    cr_assert(task != NULL, "task_blocking() returned NULL");
    return task;
}

static void start_calls(int count)
{
    for (int i = 0; i < count; i++)
        task_then(start_call(i), call_done, &calls[i]);
}

Test(blocking, result)
{
    open_loop_for_calls();
    calls[0].error = EDOM;
    start_calls(2);
    run_loop();
    observe_int("ran", calls[0].ran + calls[1].ran);
    observe_int("elsewhere", !pthread_equal(calls[0].thread, loop_thread));
    observe_int("completions", calls[0].completions + calls[1].completions);
    observe_int("in-the-loop", calls[0].in_the_loop && calls[1].in_the_loop);
    observe_int("error", calls[0].its_error);
    observe_int("none", calls[1].its_error);
    observe_int("result", calls[0].its_result && calls[1].its_result);
    observe_int("number", calls[0].number);
    loop_destroy(loop);
}

Expect(blocking, result)
{
    expect_int("ran", EQUAL, 2, "each function is called once");
    expect_int("elsewhere", EQUAL, 1, "not in the loop's thread");
    expect_int("completions", EQUAL, 2, "each task completes once");
    expect_int("in-the-loop", EQUAL, 1,
               "completions run in the loop's thread, all of them");
    expect_int("error", EQUAL, EDOM, "the function's error is brought back");
    expect_int("none", EQUAL, 0, "the function's error is brought back");
    expect_int("result", EQUAL, 1, "and so is its result");
    expect_int("number", EQUAL, drawn_number(),
               "with all that the function wrote");
}

static int met_in_timer;

static void meet_in_timer(void *arg)
{
    met_in_timer = meet(arg);
}

Test(blocking, beside_the_loop)
{
    struct meeting both = MEETING(2);

    open_loop_for_calls();
    met_in_timer = 0;
    calls[0].meeting = &both;
    set_timer(0, meet_in_timer, &both);
    start_calls(1);
    run_loop();
    observe_int("met", met_in_timer);
    observe_int("function-met", calls[0].met);
    observe_int("completions", calls[0].completions);
    loop_destroy(loop);
}

Expect(blocking, beside_the_loop)
{
    expect_int("met", EQUAL, 2,
               "while the function runs, the loop goes on with its timers");
    expect_int("function-met", EQUAL, 2,
               "while the function runs, the loop goes on with its timers");
    expect_int("completions", EQUAL, 1, "each task completes once");
}

Test(blocking, four_at_once)
{
    struct meeting four = MEETING(4);
    int done = 0, most = 0;

    open_loop_for_calls();
    for (int i = 0; i < 4; i++)
        calls[i].meeting = &four;
    start_calls(4);
    run_loop();
    for (int i = 0; i < 4; i++) {
        done += calls[i].completions == 1 && calls[i].its_result;
        most = calls[i].met > most ? calls[i].met : most;
    }
    observe_int("met", most);
    observe_int("done", done);
    loop_destroy(loop);
}

Expect(blocking, four_at_once)
{
    expect_int("met", EQUAL, 4, "four functions run at the same moment");
    expect_int("done", EQUAL, 4, "each task completes once, with its result");
}

Test(blocking, many)
{
    int done = 0;

    open_loop_for_calls();
    for (int i = 0; i < CALLS; i++)
        calls[i].error = i;
    start_calls(CALLS);
    run_loop();
    for (int i = 0; i < CALLS; i++)
        done += calls[i].completions == 1 && calls[i].its_error == i &&
                calls[i].its_result && calls[i].number == drawn_number();
    observe_int("done", done);
    loop_destroy(loop);
}

Expect(blocking, many)
{
    expect_int("done", EQUAL, CALLS,
               "each task completes once, with its own error and result");
}

static void settle_in_timer(void *arg)
{
    (void)arg;
    settle();
}

/* Before the loop looks, all have ended. */
Test(blocking, all_ended_together)
{
    int done = 0;

    open_loop_for_calls();
    set_timer(0, settle_in_timer, NULL);
    start_calls(3);
    run_loop();
    for (int i = 0; i < 3; i++)
        done += calls[i].completions;
    observe_int("done", done);
    loop_destroy(loop);
}

Expect(blocking, all_ended_together)
{
    expect_int("done", EQUAL, 3,
               "one wakeup may stand for several calls that have ended");
}

static void stop_loop(void *arg)
{
    (void)arg;
    settle();
    loop_stop(loop);
}

/* Stopped when the call has ended; the next loop_run() brings its result. */
Test(blocking, gather)
{
    static struct outcome outcomes[3];
    struct outcome all = {-1, NULL};
    struct task *tasks[3];

    open_loop_for_calls();
    calls[1].error = EDOM;
    tasks[0] = start_sleep(0, MILLISECOND);
    tasks[1] = start_call(1);
    tasks[2] = start_call(2);
    task_then(gather(tasks, 3, outcomes), gather_done, &all);
    set_timer(0, stop_loop, NULL);
    run_loop();
    observe_str("before", story);
    run_loop();
    observe_str("story", story);
    observe_int("error", all.error);
    observe_int("first", outcomes[1].error);
    observe_int("second", outcomes[2].result == &calls[2].number);
    loop_destroy(loop);
}

Expect(blocking, gather)
{
    expect_str("before", "", "loop_stop() runs nobody any more");
    expect_str("story", "g", "what is left is brought by the next loop_run()");
    expect_int("error", EQUAL, EDOM,
               "a blocking call is a task like others: it can be gathered");
    expect_int("first", EQUAL, EDOM, "each outcome is in its place");
    expect_int("second", EQUAL, 1, "each outcome is in its place");
}

static struct task *called;

/* The function has begun; then its task is cancelled. */
static void meet_and_cancel(void *arg)
{
    meet(arg);
    errors[0] = task_cancel(called);
}

Test(blocking, cancelled)
{
    struct meeting both = MEETING(2);

    open_loop_for_calls();
    calls[0].meeting = &both;
    calls[0].settles = true;
    called = start_call(0);
    task_then(called, call_done, &calls[0]);
    set_timer(0, meet_and_cancel, &both);
    run_loop();
    observe_int("returned", errors[0]);
    observe_int("error", calls[0].its_error);
    loop_destroy(loop);
    observe_int("completions", calls[0].completions);
    observe_int("ran", calls[0].ran);
    observe_int("many-waits", watch.waits > 100);
}

Expect(blocking, cancelled)
{
    expect_int("returned", EQUAL, 0, "task_cancel() returns 0");
    expect_int("error", EQUAL, ECANCELED, "the task completes with ECANCELED");
    expect_int("completions", EQUAL, 1, "once: what comes back is thrown away");
    expect_int("ran", EQUAL, 1,
               "when loop_destroy() returns, a function that had begun has "
               "returned");
    expect_int("many-waits", EQUAL, 0,
               "the loop sleeps until a call has ended and wakes it; it does "
               "not look every now and then");
}

/* The first function has begun. */
Test(blocking, destroyed)
{
    struct meeting both = MEETING(2);
    int before = threads_alive();

    open_loop_for_calls();
    calls[0].meeting = &both;
    calls[0].settles = true;
    task_then(start_call(0), call_done, &calls[0]);
    start_call(1);
    meet(&both);
    loop_destroy(loop);
    observe_int("ran", calls[0].ran);
    observe_int("completions", calls[0].completions);
    settle();
    observe_int("alive", threads_alive() - before);
}

Expect(blocking, destroyed)
{
    expect_int("ran", EQUAL, 1,
               "loop_destroy() waits for the functions that have begun");
    expect_int("completions", EQUAL, 0, "but calls nobody");
    expect_int("alive", EQUAL, 0, "and no thread is left");
}

Test(blocking, no_thread)
{
    struct task *task;

    open_loop_for_calls();
    fail_thread_create_after(0);
    task = task_blocking(loop, block, &calls[0]);
    fail_thread_create_after(-1);
    observe_int("none", task == NULL);
    run_loop();
    observe_int("ran", calls[0].ran);
    loop_destroy(loop);
}

Expect(blocking, no_thread)
{
    expect_int("none", EQUAL, 1, "without a thread there is no task: NULL");
    expect_int("ran", EQUAL, 0, "and nothing has happened");
}

/* ---- faults: any call may fail -------------------------------------------
 *
 * Each of these runs many times, and each time another call of the student's
 * code fails. An error that is returned is right; what was taken must be done
 * all the same. The clock is the real one, and signals may come.
 */

enum { FEW_TIMERS = 40, FEW = 4 };

static bool open_real_loop(void)
{
    faults_allow(ALLOW_EINTR);
    loop_thread = pthread_self();
    loop = loop_create(NULL);
    return loop != NULL;
}

static void observe_faults(int failed, int wrong)
{
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", failed);
    observe_int("wrong", wrong);
}

static void add_one(void *arg)
{
    *(int *)arg += 1;
}

/* Many, so that room for them is made more than once. */
Test(faults, timers)
{
    int times[FEW_TIMERS] = {0}, failed = 0, wrong = 0;
    uint64_t timers[FEW_TIMERS];

    if (!open_real_loop()) {
        observe_faults(1, 0);
        return;
    }
    for (int i = 0; i < FEW_TIMERS; i++) {
        timers[i] = loop_after(loop, i < 30 ? 0 : 100, add_one, &times[i]);
        failed += timers[i] == 0;
    }
    if (timers[3] != 0)
        wrong += loop_cancel(loop, timers[3]) != 0;
    failed += loop_run(loop) != 0;
    for (int i = 0; i < FEW_TIMERS; i++)
        wrong += times[i] != (timers[i] != 0 && i != 3 ? 1 : 0);
    loop_destroy(loop);
    observe_faults(failed, wrong);
}

Expect(faults, timers)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a timer that was set runs once, and one that was refused "
               "does not run");
}

static void take_once(int fd, uint32_t what, void *arg)
{
    (void)what;
    add_one(arg);
    loop_unwatch(loop, fd);
}

Test(faults, descriptors)
{
    int fds[FEW], times[FEW] = {0}, failed = 0, wrong = 0;
    bool watched[FEW];

    if (!open_real_loop()) {
        observe_faults(1, 0);
        return;
    }
    for (int i = 0; i < FEW; i++) {
        fds[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
        cr_assert(fds[i] >= 0, "no eventfd");
        watched[i] =
            loop_watch(loop, fds[i], EPOLLIN, take_once, &times[i]) == 0;
        failed += !watched[i];
        if (!watched[i]) /* nothing has happened, so it can be done again */
            wrong += loop_unwatch(loop, fds[i]) != ENOENT;
    }
    failed += loop_run(loop) != 0;
    for (int i = 0; i < FEW; i++) {
        wrong += times[i] != (watched[i] ? 1 : 0);
        close(fds[i]);
    }
    loop_destroy(loop);
    observe_faults(failed, wrong);
}

Expect(faults, descriptors)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a descriptor that is watched is told, and one that was "
               "refused is not watched");
}

/* Begun and settled at once, with the error that is in its arg. */
static void finish_at_once(struct task *task, void *arg)
{
    task_finish(task, *(int *)arg, arg);
}

static void note_done(int error, void *result, void *arg)
{
    (void)result;
    *(int *)arg = error;
}

/* Two tasks, and a gather of both; what could not be made is left out. */
Test(faults, tasks)
{
    static struct outcome outcomes[2];
    int failed = 0, wrong = 0, error = EDOM, all = -1;
    struct task *tasks[2] = {NULL}, *both = NULL;

    if (!open_real_loop()) {
        observe_faults(1, 0);
        return;
    }
    tasks[0] = task_start(loop, finish_at_once, &error);
    tasks[1] = task_sleep(loop, 100);
    if (tasks[0] != NULL && tasks[1] != NULL)
        both = task_gather(loop, tasks, 2, outcomes);
    failed += both == NULL;
    if (both != NULL)
        task_then(both, note_done, &all);
    else if (tasks[0] != NULL)
        task_then(tasks[0], note_done, &all);
    failed += loop_run(loop) != 0;
    wrong += all != (both != NULL || tasks[0] != NULL ? EDOM : -1);
    loop_destroy(loop);
    observe_faults(failed, wrong);
}

Expect(faults, tasks)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a task that was made completes; a gather that was refused has "
               "left its tasks as they were");
}

Test(faults, blocking)
{
    struct task *tasks[FEW];
    int failed = 0, wrong = 0;

    memset(calls, 0, sizeof calls);
    if (!open_real_loop()) {
        observe_faults(1, 0);
        return;
    }
    for (int i = 0; i < FEW; i++) {
        calls[i].error = i;
        tasks[i] = task_blocking(loop, block, &calls[i]);
        failed += tasks[i] == NULL;
        if (tasks[i] != NULL)
            task_then(tasks[i], call_done, &calls[i]);
    }
    failed += loop_run(loop) != 0;
    loop_destroy(loop);
    for (int i = 0; i < FEW; i++)
        wrong += tasks[i] != NULL
                     ? calls[i].completions != 1 || calls[i].its_error != i ||
                           !calls[i].its_result
                     : calls[i].ran != 0;
    observe_faults(failed, wrong);
}

Expect(faults, blocking)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a call that was taken is made and completes once; one that "
               "was refused is not made");
}

/* ---- schedules: through every interleaving ---------------------------------
 */

/* A function that blocks, and what came of it. */
struct explored_call {
    int number;          /* its result is this one's address */
    int begun, returned; /* written by the thread, read by the loop's */
    int completed, right;
};

static int explored_function(void *arg, void **result)
{
    struct explored_call *call = arg;

    call->begun = 1;
    call->returned = 1;
    *result = &call->number;
    return 0;
}

static void explored_done(int error, void *result, void *arg)
{
    struct explored_call *call = arg;

    call->completed++;
    call->right += error == 0 && result == &call->number && call->returned;
}

static void start_explored(struct loop *loop, struct explored_call *call)
{
    struct task *task = task_blocking(loop, explored_function, call);

    if (task != NULL)
        task_then(task, explored_done, call);
}

static void run_explored(int count)
{
    struct explored_call calls[2] = {{0}};
    struct loop *loop = loop_create(NULL);

    for (int i = 0; i < count; i++)
        start_explored(loop, &calls[i]);
    observe_int("returned", loop_run(loop));
    observe_int("completed", calls[0].completed + calls[1].completed);
    observe_int("right", calls[0].right + calls[1].right);
    loop_destroy(loop);
}

static void expect_explored(int count)
{
    expect_int("returned", EQUAL, 0,
               "the loop ends when nothing is left to wait for");
    expect_int("completed", EQUAL, count,
               "each blocking call is completed once, whenever its function "
               "returns: before the loop waits, or while it does");
    expect_int("right", EQUAL, count,
               "the completion gets the result, and sees what the function "
               "wrote");
}

Test(schedules, one_blocking_call)
{
    run_explored(1);
}

Expect(schedules, one_blocking_call)
{
    expect_explored(1);
}

Test(schedules, two_blocking_calls)
{
    run_explored(2);
}

Expect(schedules, two_blocking_calls)
{
    expect_explored(2);
}

Test(schedules, destroyed_while_a_call_runs)
{
    struct explored_call call = {0};
    struct loop *loop = loop_create(NULL);

    start_explored(loop, &call);
    loop_destroy(loop);
    observe_int("still-running", call.begun - call.returned);
    observe_int("completed", call.completed);
}

Expect(schedules, destroyed_while_a_call_runs)
{
    expect_int("still-running", EQUAL, 0,
               "loop_destroy() blocks until the functions that run have "
               "returned");
    expect_int("completed", EQUAL, 0, "loop_destroy() calls no completion");
}
