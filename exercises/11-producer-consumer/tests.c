/*
 * tests.c - what is observed of the queue and the daemon, and what must be.
 *
 * No test knows how long anything takes. settle() waits until nobody else can
 * move, so that whoever will block has blocked; a wait by the clock lasts an
 * hour, and something else ends it, or no time at all; and a gate holds a
 * daemon's work back for as long as the test likes. Only tests of the suite
 * `schedules` look at a clock: there time is virtual, and passes when all
 * sleep.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/helgrind.h>

#include "producer-consumer.h"

/* ---- devices ------------------------------------------------------------ */

/* So far away that no clock comes into play; and 999, so that there is a
 * carry. */
enum { AN_HOUR = 3600 * 1000 + 999 };

static void settle(void)
{
    struct meeting nobody_comes = MEETING(2);

    meet(&nobody_comes);
}

/*
 * What one thread of a test tells another without a lock. It must give no
 * order between them, or the detectors would miss races in the student's
 * code: relaxed atomics, and Helgrind is told to look past them.
 */
enum { RETURNED, ACCEPTED, WORKED, STRANGERS, TOLD };

static atomic_int told[TOLD];

static void tell_nothing(void)
{
    VALGRIND_HG_DISABLE_CHECKING(told, sizeof told);
    for (int i = 0; i < TOLD; i++)
        atomic_store_explicit(&told[i], 0, memory_order_relaxed);
}

static void tell(int what)
{
    atomic_fetch_add_explicit(&told[what], 1, memory_order_relaxed);
}

static int heard(int what)
{
    return atomic_load_explicit(&told[what], memory_order_relaxed);
}

static pthread_t start(void *(*function)(void *), void *arg)
{
    pthread_t thread;

    cr_assert(pthread_create(&thread, NULL, function, arg) == 0,
              "the test could not create a thread");
    return thread;
}

static struct queue *new_queue(size_t capacity)
{
    struct queue *queue = queue_create(capacity);

    tell_nothing();
    cr_assert(queue != NULL, "queue_create() returned NULL");
    return queue;
}

/* What a thread has used of the processor, and how often it went to sleep. */
struct effort {
    long milliseconds;
    long sleeps;
};

static struct effort effort_of_thread(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return (struct effort){
        (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
            (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000,
        usage.ru_nvcsw};
}

/* ---- one thread, one call ----------------------------------------------- */

/* An item, and what happens to it in a thread of its own. */
struct party {
    struct queue *queue;
    char *item; /* to be put in; or what was taken */
    long milliseconds;
    int error;
    struct effort effort;
    pthread_t thread;
};

static char letters[] = "abcdefgh";

static void *put_it(void *arg)
{
    struct party *party = arg;
    struct effort before = effort_of_thread(), after;

    party->error = queue_put(party->queue, party->item);
    after = effort_of_thread();
    party->effort.milliseconds = after.milliseconds - before.milliseconds;
    party->effort.sleeps = after.sleeps - before.sleeps;
    tell(party->error == 0 ? ACCEPTED : RETURNED);
    return NULL;
}

static void take(struct party *party)
{
    struct effort before = effort_of_thread(), after;
    void *item = NULL;

    if (party->milliseconds != 0)
        party->error =
            queue_take_within(party->queue, &item, party->milliseconds);
    else
        party->error = queue_take(party->queue, &item);
    party->item = item;
    after = effort_of_thread();
    party->effort.milliseconds = after.milliseconds - before.milliseconds;
    party->effort.sleeps = after.sleeps - before.sleeps;
}

static void *take_one(void *arg)
{
    take(arg);
    tell(RETURNED);
    return NULL;
}

static void observe_effort(const struct party *party)
{
    observe_int("computed-milliseconds", party->effort.milliseconds);
    observe_int("went-to-sleep", party->effort.sleeps);
}

/* A sleeper needs a fraction of a millisecond and one sleep, or a few if locks
 * are taken just then. A spinner is stopped after a hundred milliseconds, and
 * whoever naps wakes a dozen times. */
static void expect_no_effort(void)
{
    expect_int("computed-milliseconds", LESS, 50,
               "who waits sleeps: it costs no computing time");
    expect_int("went-to-sleep", LESS, 9,
               "who waits sleeps until somebody wakes her, and does not look "
               "again and again");
}

/* The letter that is taken, '-' at the end of the queue, '!' after others. */
static char taken(struct queue *queue)
{
    void *item = NULL;
    int error = queue_take(queue, &item);

    if (error == 0)
        return item == NULL ? '0' : *(char *)item;
    return error == EPIPE ? '-' : '!';
}

/* ---- step 1: waits cost nothing ----------------------------------------- */

Test(asleep, taker)
{
    struct party taker = {.queue = new_queue(1), .error = -1};

    taker.thread = start(take_one, &taker);
    settle();
    queue_put(taker.queue, &letters[0]);
    pthread_join(taker.thread, NULL);
    observe_int("got", taker.error == 0 && taker.item == &letters[0]);
    observe_effort(&taker);
    queue_destroy(taker.queue);
}

Expect(asleep, taker)
{
    expect_int("got", EQUAL, 1, "what is put in is taken");
    expect_no_effort();
}

Test(asleep, putter)
{
    struct party putter = {.queue = new_queue(1), .item = &letters[1]};

    queue_put(putter.queue, &letters[0]);
    putter.thread = start(put_it, &putter);
    settle();
    observe_int("first", taken(putter.queue));
    pthread_join(putter.thread, NULL);
    observe_int("second", taken(putter.queue));
    observe_effort(&putter);
    queue_destroy(putter.queue);
}

Expect(asleep, putter)
{
    expect_int("first", EQUAL, 'a', "what was put in first is taken first");
    expect_int("second", EQUAL, 'b', "who waited for room has got it");
    expect_no_effort();
}

/* ---- step 1: a bounded queue -------------------------------------------- */

Test(queue, in_and_out)
{
    struct queue *queue = new_queue(3);
    char story[8] = "";
    int puts = 0;

    puts += queue_put(queue, &letters[0]) == 0;
    puts += queue_put(queue, NULL) == 0;
    puts += queue_put(queue, &letters[2]) == 0;
    story[0] = taken(queue);
    story[1] = taken(queue);
    puts += queue_put(queue, &letters[3]) == 0;
    story[2] = taken(queue);
    story[3] = taken(queue);
    observe_int("puts", puts);
    observe_str("story", story);
    queue_destroy(queue);

    errno = 0;
    queue = queue_create(0);
    observe_int("refused", queue == NULL && errno == EINVAL);
}

Expect(queue, in_and_out)
{
    expect_int("puts", EQUAL, 4, "there is room for three");
    expect_str("story", "a0cd",
               "what is put in comes out, in this order; NULL is an item like "
               "any other");
    expect_int("refused", EQUAL, 1,
               "a queue without room for anything: NULL and EINVAL");
}

/* The letters are no memory of malloc(): whoever frees one is stopped there. */
Test(queue, destroyed_with_items)
{
    struct queue *queue = new_queue(3);

    queue_put(queue, &letters[0]);
    queue_put(queue, &letters[1]);
    observe_int("first", taken(queue));
    queue_put(queue, &letters[2]);
    queue_destroy(queue);
    observe_int("left-alone", letters[1] == 'b' && letters[2] == 'c');
}

Expect(queue, destroyed_with_items)
{
    expect_int("first", EQUAL, 'a', "what was put in first is taken first");
    expect_int("left-alone", EQUAL, 1,
               "items that are still in the queue are the caller's affair");
}

/*
 * As many pointers as this need 8 bytes more than there are numbers for bytes:
 * who multiplies gets 8. A queue that takes its memory item by item may well
 * say yes, and then it is one.
 */
Test(limits, more_than_memory)
{
    struct queue *queue;
    char story[3] = "--";

    errno = 0;
    queue = queue_create(SIZE_MAX / sizeof(void *) + 2);
    observe_int("error", queue == NULL && errno != ENOMEM ? errno : 0);
    for (int i = 0; i < 2 && queue != NULL; i++)
        queue_put(queue, &letters[i]); /* there is room for both */
    for (int i = 0; i < 2 && queue != NULL; i++)
        story[i] = taken(queue);
    observe_int("works", queue == NULL || strcmp(story, "ab") == 0);
    if (queue != NULL)
        queue_destroy(queue);
}

Expect(limits, more_than_memory)
{
    expect_int("error", EQUAL, 0,
               "there is no memory for a queue of this size: NULL, and errno "
               "is ENOMEM");
    expect_int("works", EQUAL, 1,
               "if there is a queue, what is put in comes out");
}

static void nothing(int signal)
{
    (void)signal;
}

/* Who is interrupted here comes back from a system call with EINTR. */
static void interrupt(const struct party *party)
{
    struct sigaction action = {.sa_handler = nothing};

    sigaction(SIGUSR1, &action, NULL);
    pthread_kill(party->thread, SIGUSR1);
    settle();
}

/* A signal comes while a thread waits for an item. */
static void take_through_a_signal(long milliseconds)
{
    struct party taker = {
        .queue = new_queue(1), .milliseconds = milliseconds, .error = -1};

    taker.thread = start(take_one, &taker);
    settle();
    interrupt(&taker);
    observe_int("returned-before", heard(RETURNED));
    queue_put(taker.queue, &letters[0]);
    pthread_join(taker.thread, NULL);
    observe_int("error", taker.error);
    observe_int("got", taker.item == &letters[0]);
    queue_destroy(taker.queue);
}

static void expect_through_a_signal(void)
{
    expect_int("returned-before", EQUAL, 0,
               "a signal that is handled ends no wait: nothing has come");
    expect_int("error", EQUAL, 0, "an item has come");
    expect_int("got", EQUAL, 1, "what is put in is taken");
}

/* Room for so many is no matter of memory yet. */
Test(limits, hundred_thousand)
{
    struct queue *queue = queue_create(100000);
    char story[3] = "";

    observe_int("none", queue == NULL);
    if (queue == NULL)
        return;
    for (int i = 0; i < 2; i++)
        queue_put(queue, &letters[i]);
    for (int i = 0; i < 2; i++)
        story[i] = taken(queue);
    observe_str("story", story);
    queue_destroy(queue);
}

Expect(limits, hundred_thousand)
{
    expect_int("none", EQUAL, 0,
               "no capacity is too large by itself, and 100,000 pointers are "
               "less than a megabyte");
    expect_str("story", "ab", "what is put in comes out, in this order");
}

Test(limits, signal)
{
    take_through_a_signal(0);
}

Expect(limits, signal)
{
    expect_through_a_signal();
}

struct putter {
    struct queue *queue;
    int count; /* letters from the first on */
    pthread_t thread;
};

static void *put_letters(void *arg)
{
    struct putter *putter = arg;

    for (int i = 0; i < putter->count; i++)
        if (queue_put(putter->queue, &letters[i]) == 0)
            tell(ACCEPTED);
    return NULL;
}

Test(queue, full)
{
    struct putter putter = {.queue = new_queue(3), .count = 4};
    char story[5] = "";

    putter.thread = start(put_letters, &putter);
    settle();
    observe_int("accepted", heard(ACCEPTED));
    story[0] = taken(putter.queue);
    settle();
    observe_int("accepted-then", heard(ACCEPTED));
    for (int i = 1; i < 4; i++)
        story[i] = taken(putter.queue);
    pthread_join(putter.thread, NULL);
    observe_str("story", story);
    queue_destroy(putter.queue);
}

Expect(queue, full)
{
    expect_int("accepted", EQUAL, 3,
               "three are in the queue of three: then queue_put() blocks");
    expect_int("accepted-then", EQUAL, 4,
               "one was taken, so there is room for one more");
    expect_str("story", "abcd",
               "nothing is lost, and the order is that of the puts");
}

Test(queue, empty)
{
    struct party takers[2];
    int got = 0;

    takers[0] = (struct party){.queue = new_queue(2), .error = -1};
    takers[1] = takers[0];
    for (int i = 0; i < 2; i++)
        takers[i].thread = start(take_one, &takers[i]);
    settle();
    observe_int("returned-before", heard(RETURNED));
    queue_put(takers[0].queue, &letters[0]);
    settle();
    observe_int("returned-then", heard(RETURNED));
    queue_put(takers[0].queue, &letters[1]);
    for (int i = 0; i < 2; i++) {
        pthread_join(takers[i].thread, NULL);
        got += takers[i].error == 0 && takers[i].item != NULL ? *takers[i].item
                                                              : 0;
    }
    observe_int("got", got);
    queue_destroy(takers[0].queue);
}

Expect(queue, empty)
{
    expect_int("returned-before", EQUAL, 0,
               "while the queue is empty queue_take() blocks");
    expect_int("returned-then", EQUAL, 1, "one item lets one taker go");
    expect_int("got", EQUAL, 'a' + 'b', "each of the two gets an item");
}

/*
 * Three producers, three consumers, and much too little room. A parcel is
 * written just before it is handed over: what the consumer reads in it is what
 * the producer wrote, and the queue alone gives that order.
 */
enum { SIDES = 3, PARCELS = 12 };

struct parcel {
    int producer;
    int number;
};

struct side {
    struct queue *queue;
    int producer;
    struct parcel parcels[PARCELS]; /* of a producer */
    struct parcel taken[PARCELS];   /* by a consumer: copies */
    pthread_t thread;
};

static void *produce(void *arg)
{
    struct side *side = arg;

    for (int i = 0; i < PARCELS; i++) {
        side->parcels[i] = (struct parcel){side->producer, i};
        queue_put(side->queue, &side->parcels[i]);
    }
    return NULL;
}

static void *consume(void *arg)
{
    struct side *side = arg;

    for (int i = 0; i < PARCELS; i++) {
        void *item = NULL;

        side->taken[i].producer = -1;
        if (queue_take(side->queue, &item) == 0 && item != NULL)
            side->taken[i] = *(struct parcel *)item;
    }
    return NULL;
}

Test(crowd, of_takers_and_putters)
{
    static struct side producers[SIDES], consumers[SIDES];
    int seen[SIDES][PARCELS] = {{0}}, once = 0, behind = 0;
    struct queue *queue = new_queue(2);

    for (int i = 0; i < SIDES; i++) {
        producers[i].queue = consumers[i].queue = queue;
        producers[i].producer = i;
        producers[i].thread = start(produce, &producers[i]);
        consumers[i].thread = start(consume, &consumers[i]);
    }
    for (int i = 0; i < SIDES; i++) {
        int last[SIDES] = {-1, -1, -1};

        pthread_join(producers[i].thread, NULL);
        pthread_join(consumers[i].thread, NULL);
        for (int k = 0; k < PARCELS; k++) {
            struct parcel *parcel = &consumers[i].taken[k];

            if (parcel->producer < 0)
                continue;
            seen[parcel->producer][parcel->number]++;
            behind += parcel->number <= last[parcel->producer];
            last[parcel->producer] = parcel->number;
        }
    }
    for (int i = 0; i < SIDES; i++)
        for (int k = 0; k < PARCELS; k++)
            once += seen[i][k] == 1;
    observe_int("once", once);
    observe_int("out-of-order", behind);
    queue_destroy(queue);
}

Expect(crowd, of_takers_and_putters)
{
    expect_int("once", EQUAL, SIDES * PARCELS,
               "each of the 36 items comes out once");
    expect_int("out-of-order", EQUAL, 0,
               "each consumer sees the items of each producer in the order in "
               "which they were put in");
}

/* ---- step 2: the end of a queue ----------------------------------------- */

Test(close, drains)
{
    struct queue *queue = new_queue(3);
    void *item = &letters[7];
    char story[8] = "";

    queue_put(queue, &letters[0]);
    queue_put(queue, &letters[1]);
    queue_close(queue);
    observe_int("put", queue_put(queue, &letters[2]));
    for (int i = 0; i < 4; i++) {
        story[i] = taken(queue);
        if (i == 0)
            queue_close(queue);
    }
    observe_int("take", queue_take(queue, &item));
    observe_int("left-alone", item == &letters[7]);
    observe_int("put-then", queue_put(queue, &letters[2]));
    observe_str("story", story);
    queue_destroy(queue);
}

Expect(close, drains)
{
    expect_int("put", EQUAL, EPIPE,
               "nothing is put into a closed queue, though there is room: "
               "EPIPE");
    expect_int("put-then", EQUAL, EPIPE, "a closed queue stays closed: EPIPE");
    expect_str("story", "ab--",
               "what is in the queue at its end is taken first; then comes "
               "EPIPE, again and again");
    expect_int("take", EQUAL, EPIPE,
               "the queue is closed and empty: no item will ever come");
    expect_int("left-alone", EQUAL, 1, "with EPIPE *item is left alone");
}

/* More than a thousand, and not many more: each costs a semaphore that counts
 * places a moment in the patient run. */
enum { THOUSAND = 1100 };

static char places[THOUSAND];

/* How many come out, as far as they come in the order of their places. */
static int in_order(struct queue *queue)
{
    void *item = NULL;
    int count = 0;

    while (count < THOUSAND && queue_take(queue, &item) == 0 &&
           item == &places[count])
        count++;
    return count;
}

/* Nobody takes anything out meanwhile: if there is no room for so many, this
 * thread sleeps for ever. */
Test(limits, thousand)
{
    struct queue *queue = new_queue(THOUSAND);
    int accepted = 0;

    for (int i = 0; i < THOUSAND; i++)
        accepted += queue_put(queue, &places[i]) == 0;
    observe_int("accepted", accepted);
    queue_close(queue);
    observe_int("in-order", in_order(queue));
    observe_int("end", taken(queue));
    queue_destroy(queue);
}

Expect(limits, thousand)
{
    expect_int("accepted", EQUAL, THOUSAND,
               "there is room for 1100 items in a queue of 1100");
    expect_int("in-order", EQUAL, THOUSAND,
               "all that is in a queue at its end comes out, in its order");
    expect_int("end", EQUAL, '-', "the queue is closed, and empty: EPIPE");
}

Test(close, takers)
{
    struct party takers[3];
    int ended = 0;

    takers[0] = (struct party){.queue = new_queue(2), .error = -1};
    takers[1] = takers[2] = takers[0];
    for (int i = 0; i < 3; i++)
        takers[i].thread = start(take_one, &takers[i]);
    settle();
    observe_int("returned-before", heard(RETURNED));
    queue_close(takers[0].queue);
    settle();
    observe_int("returned", heard(RETURNED));
    for (int i = 0; i < 3; i++) {
        pthread_join(takers[i].thread, NULL);
        ended += takers[i].error == EPIPE;
    }
    observe_int("ended", ended);
    queue_destroy(takers[0].queue);
}

Expect(close, takers)
{
    expect_int("returned-before", EQUAL, 0,
               "while the queue is open and empty queue_take() blocks");
    expect_int("returned", EQUAL, 3,
               "the end concerns everyone: all three who wait for an item go");
    expect_int("ended", EQUAL, 3, "and they get EPIPE");
}

Test(close, putters)
{
    struct party putters[3];
    char story[4] = "";
    int ended = 0;

    putters[0] =
        (struct party){.queue = new_queue(1), .item = &letters[1], .error = -1};
    putters[1] = putters[2] = putters[0];
    queue_put(putters[0].queue, &letters[0]);
    for (int i = 0; i < 3; i++)
        putters[i].thread = start(put_it, &putters[i]);
    settle();
    observe_int("blocked", 3 - heard(RETURNED) - heard(ACCEPTED));
    queue_close(putters[0].queue);
    settle();
    observe_int("returned", heard(RETURNED));
    for (int i = 0; i < 3; i++) {
        pthread_join(putters[i].thread, NULL);
        ended += putters[i].error == EPIPE;
    }
    observe_int("ended", ended);
    for (int i = 0; i < 3; i++)
        story[i] = taken(putters[0].queue);
    observe_str("story", story);
    queue_destroy(putters[0].queue);
}

Expect(close, putters)
{
    expect_int("blocked", EQUAL, 3, "while the queue is full, they block");
    expect_int("returned", EQUAL, 3,
               "the end concerns everyone: all three who wait for room go");
    expect_int("ended", EQUAL, 3, "and they get EPIPE");
    expect_str("story", "a--",
               "what was in the queue is still there; what was refused is not");
}

/* ---- step 3: a wait that ends ------------------------------------------- */

static int take_now(struct queue *queue, long milliseconds, char *letter)
{
    void *item = &letters[7];
    int error = queue_take_within(queue, &item, milliseconds);

    *letter = item == NULL ? '0' : *(char *)item;
    return error;
}

Test(timed, already_over)
{
    struct queue *queue = new_queue(3);
    char story[8] = "";

    observe_int("empty", take_now(queue, 0, &story[0]));
    observe_int("empty-before", take_now(queue, -AN_HOUR, &story[1]));
    queue_put(queue, &letters[0]);
    queue_put(queue, &letters[1]);
    observe_int("item", take_now(queue, 0, &story[2]));
    queue_close(queue);
    observe_int("item-closed", take_now(queue, -1, &story[3]));
    observe_int("closed", take_now(queue, 0, &story[4]));
    observe_int("closed-far", take_now(queue, LONG_MAX, &story[5]));
    observe_str("story", story);
    queue_destroy(queue);
}

Expect(timed, already_over)
{
    expect_int("empty", EQUAL, ETIMEDOUT, "no item, and no time to wait");
    expect_int("empty-before", EQUAL, ETIMEDOUT,
               "less than 0 milliseconds is no time, either");
    expect_int("item", EQUAL, 0,
               "an item that is there is taken, whether the "
               "time is over or not");
    expect_int("item-closed", EQUAL, 0,
               "an item that is there is taken, also from a closed queue");
    expect_int("closed", EQUAL, EPIPE,
               "no item will ever come, whether the time is over or not");
    expect_int("closed-far", EQUAL, EPIPE,
               "no item will ever come, so nobody waits for one");
    expect_str("story", "hhabhh",
               "after an error *item is left alone; items come in their order");
}

Test(timed, woken_by_an_item)
{
    struct party taker = {
        .queue = new_queue(1), .milliseconds = AN_HOUR, .error = -1};

    taker.thread = start(take_one, &taker);
    settle();
    observe_int("returned-before", heard(RETURNED));
    queue_put(taker.queue, &letters[0]);
    pthread_join(taker.thread, NULL);
    observe_int("error", taker.error);
    observe_int("got", taker.item == &letters[0]);
    observe_effort(&taker);
    queue_destroy(taker.queue);
}

Expect(timed, woken_by_an_item)
{
    expect_int("returned-before", EQUAL, 0,
               "there is an hour to wait, and it is not over");
    expect_int("error", EQUAL, 0, "an item has come in time");
    expect_int("got", EQUAL, 1, "an item has come in time");
    expect_no_effort();
}

/* One waits for ever, one for seven weeks, which is a millisecond if half of
 * the number is lost, and one as long as there are numbers; the end comes
 * first. */
Test(timed, woken_by_the_end)
{
    struct party takers[3];
    int ended = 0;

    takers[0] = (struct party){
        .queue = new_queue(1), .milliseconds = LONG_MAX, .error = -1};
    takers[1] = takers[2] = takers[0];
    takers[1].milliseconds = UINT_MAX + 2L;
    takers[2].milliseconds = 0;
    for (int i = 0; i < 3; i++)
        takers[i].thread = start(take_one, &takers[i]);
    settle();
    observe_int("returned-before", heard(RETURNED));
    observe_int("beside-them", take_now(takers[0].queue, 0, &(char){0}));
    queue_close(takers[0].queue);
    for (int i = 0; i < 3; i++) {
        pthread_join(takers[i].thread, NULL);
        ended += takers[i].error == EPIPE;
    }
    observe_int("ended", ended);
    queue_destroy(takers[0].queue);
}

Expect(timed, woken_by_the_end)
{
    expect_int("returned-before", EQUAL, 0,
               "the largest number of milliseconds is the longest wait: it is "
               "not over");
    expect_int("beside-them", EQUAL, ETIMEDOUT,
               "a thread without time comes back at once, though others wait");
    expect_int("ended", EQUAL, 3, "the end concerns everyone: EPIPE");
}

/* The queue is full, and somebody waits for room. */
Test(timed, makes_room)
{
    struct party putter = {
        .queue = new_queue(1), .item = &letters[1], .error = -1};
    char story[3] = "";

    queue_put(putter.queue, &letters[0]);
    putter.thread = start(put_it, &putter);
    settle();
    observe_int("error", take_now(putter.queue, AN_HOUR, &story[0]));
    settle();
    observe_int("accepted", heard(ACCEPTED));
    take_now(putter.queue, 0, &story[1]);
    queue_close(putter.queue);
    pthread_join(putter.thread, NULL);
    observe_str("story", story);
    queue_destroy(putter.queue);
}

Expect(timed, makes_room)
{
    expect_int("error", EQUAL, 0, "an item that is there is taken at once");
    expect_int("accepted", EQUAL, 1,
               "an item was taken, no matter by which function: who waits for "
               "room goes on");
    expect_str("story", "ab", "what is put in comes out, in this order");
}

Test(timed, signal)
{
    take_through_a_signal(AN_HOUR);
}

Expect(timed, signal)
{
    expect_through_a_signal();
}

/* This one really ends by the clock; when, is no matter. */
Test(timed, out)
{
    struct queue *queue = new_queue(1);
    char letter;

    observe_int("error", take_now(queue, 1, &letter));
    observe_int("left-alone", letter == letters[7]);
    queue_put(queue, &letters[0]);
    observe_int("then", taken(queue));
    queue_destroy(queue);
}

Expect(timed, out)
{
    expect_int("error", EQUAL, ETIMEDOUT,
               "nobody puts anything in: the millisecond ends");
    expect_int("left-alone", EQUAL, 1, "with ETIMEDOUT *item is left alone");
    expect_int("then", EQUAL, 'a', "the queue is as it was");
}

/* ---- step 4: a daemon --------------------------------------------------- */

/* What a daemon's work is given, beside the item. */
struct diary {
    char story[16];
    int length; /* one daemon: no lock */
    sem_t gate; /* closed: 0 units. To wait here is a cancellation point */
    bool gated;
    atomic_int worker; /* the thread that was here first; relaxed */
};

static void open_diary(struct diary *diary, bool gated)
{
    memset(diary, 0, sizeof *diary);
    sem_init(&diary->gate, 0, 0);
    diary->gated = gated;
}

static void write_diary(void *item, void *arg)
{
    struct diary *diary = arg;

    int self = gettid(), first = 0; /* a pthread_t is used again */

    if (!atomic_compare_exchange_strong_explicit(&diary->worker, &first, self,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed) &&
        first != self)
        tell(STRANGERS);
    if (diary->gated) {
        while (sem_wait(&diary->gate) != 0)
            ;
        sem_post(&diary->gate); /* once open, it stays open */
    }
    if (diary->length < (int)sizeof diary->story - 1)
        diary->story[diary->length++] = item == NULL ? '0' : *(char *)item;
    tell(WORKED);
}

struct finisher {
    struct daemon *daemon;
    size_t done;
    pthread_t thread;
};

static void *finish(void *arg)
{
    struct finisher *finisher = arg;

    finisher->done = daemon_finish(finisher->daemon);
    tell(RETURNED);
    return NULL;
}

static struct daemon *new_daemon(struct queue *queue, struct diary *diary)
{
    struct daemon *daemon = daemon_start(queue, write_diary, diary);

    cr_assert(daemon != NULL, "daemon_start() returned NULL");
    return daemon;
}

/*
 * The daemon is held in the middle of an item, others may be in the queue, one
 * of them NULL, and somebody finishes it.
 */
static void finish_in_the_middle(int items)
{
    static struct diary diary;
    struct queue *queue = new_queue(3);
    int before = threads_alive();
    struct finisher finisher = {.done = 99};

    open_diary(&diary, true);
    finisher.daemon = new_daemon(queue, &diary);
    settle();
    observe_int("threads-of-daemon", threads_alive() - before);
    for (int i = 0; i < items; i++)
        queue_put(queue, i == 1 ? NULL : &letters[i]);
    settle();
    finisher.thread = start(finish, &finisher);
    settle();
    observe_int("returned-before", heard(RETURNED));
    observe_int("late", queue_put(queue, &letters[7]));
    sem_post(&diary.gate);
    pthread_join(finisher.thread, NULL);
    observe_int("done", (long long)finisher.done);
    observe_int("worked", heard(WORKED));
    observe_int("strangers", heard(STRANGERS));
    observe_str("story", diary.story);
    observe_int("end", taken(queue));
    queue_destroy(queue);
}

static void expect_finished(int items, const char *story)
{
    expect_int("threads-of-daemon", EQUAL, 1, "a daemon is one thread");
    expect_int("returned-before", EQUAL, 0,
               "daemon_finish() waits until the work is done");
    expect_int("late", EQUAL, EPIPE,
               "daemon_finish() closes the queue: nothing more comes in");
    expect_int("done", EQUAL, items,
               "all that was put in is worked off, and counted");
    expect_int("worked", EQUAL, items,
               "each item is worked off, once, before daemon_finish() returns");
    expect_int("strangers", EQUAL, 0,
               "one thread does all the work of a daemon, and nobody helps");
    expect_str("story", story,
               "a daemon works in the order of the queue, and NULL is an item "
               "like any other");
    expect_int("end", EQUAL, '-', "the queue is closed, and empty: EPIPE");
}

Test(daemon, in_the_middle)
{
    finish_in_the_middle(3);
}

Expect(daemon, in_the_middle)
{
    expect_finished(3, "a0c");
}

/* The queue is empty, and the work is not done. */
Test(daemon, in_the_last)
{
    finish_in_the_middle(1);
}

Expect(daemon, in_the_last)
{
    expect_finished(1, "a");
}

/* The daemon is held in the first of three that were there before it. Then the
 * queue is closed, so that this thread need not wait for what is not there. */
Test(daemon, none_ahead)
{
    static struct diary diary;
    struct queue *queue = new_queue(3);
    struct daemon *daemon;
    char left[4] = "";

    for (int i = 0; i < 3; i++)
        queue_put(queue, &letters[i]);
    open_diary(&diary, true);
    daemon = new_daemon(queue, &diary);
    settle();
    queue_close(queue);
    for (int i = 0; i < 3; i++)
        left[i] = taken(queue);
    sem_post(&diary.gate);
    observe_int("done", (long long)daemon_finish(daemon));
    observe_str("left", left);
    observe_str("story", diary.story);
    queue_destroy(queue);
}

Expect(daemon, none_ahead)
{
    expect_str("left", "bc-",
               "the daemon is in the middle of a, so b and c are in the queue, "
               "for anybody who takes: a daemon that takes more than it works "
               "on keeps them from others who are idle, and makes room in the "
               "queue that there is not");
    expect_str("story", "a", "what others take is theirs");
    expect_int("done", EQUAL, 1, "it counts what it has worked off itself");
}

/* It has nothing to do: once from its beginning, once before and after some
 * work. */
Test(daemon, idle)
{
    static struct diary diary;
    int before = threads_alive();

    for (int items = 0; items < 2; items++) {
        struct queue *queue = new_queue(1);
        struct daemon *daemon;
        char key[16] = "done-0";

        open_diary(&diary, false);
        daemon = new_daemon(queue, &diary);
        settle();
        if (items > 0)
            queue_put(queue, &letters[0]);
        settle();
        key[5] = (char)('0' + items);
        observe_int(key, (long long)daemon_finish(daemon));
        queue_destroy(queue);
    }
    observe_str("story", diary.story);
    settle();
    observe_int("threads-then", threads_alive() - before);
}

Expect(daemon, idle)
{
    expect_int("done-0", EQUAL, 0, "nothing was put in, nothing was done");
    expect_int("done-1", EQUAL, 1, "one item was put in, and worked off");
    expect_str("story", "a", "one item was put in, and worked off");
    expect_int("threads-then", EQUAL, 0,
               "a daemon that waits for an item ends with daemon_finish()");
}

/* As write_diary(), in capitals. */
static void write_large(void *item, void *arg)
{
    struct diary *diary = arg;

    diary->story[diary->length++] = (char)(*(char *)item - 'a' + 'A');
}

/* Two daemons at one time, each with a queue, a work and a diary of its own:
 * the one that was there first works when both are there. */
Test(daemon, each_its_own)
{
    static struct diary diaries[2];
    struct queue *queues[2] = {new_queue(1), new_queue(1)};
    struct daemon *daemons[2];

    open_diary(&diaries[0], false);
    open_diary(&diaries[1], false);
    daemons[0] = new_daemon(queues[0], &diaries[0]);
    daemons[1] = daemon_start(queues[1], write_large, &diaries[1]);
    cr_assert(daemons[1] != NULL, "daemon_start() returned NULL");
    queue_put(queues[0], &letters[0]);
    settle();
    queue_put(queues[1], &letters[1]);
    settle();
    observe_int("first-done", (long long)daemon_finish(daemons[0]));
    observe_int("second-done", (long long)daemon_finish(daemons[1]));
    observe_str("first", diaries[0].story);
    observe_str("second", diaries[1].story);
    queue_destroy(queues[0]);
    queue_destroy(queues[1]);
}

Expect(daemon, each_its_own)
{
    expect_str("first", "a",
               "each daemon calls the work that it was started with, with the "
               "argument that it was started with");
    expect_str("second", "B",
               "each daemon calls the work that it was started with, with the "
               "argument that it was started with");
    expect_int("first-done", EQUAL, 1, "each daemon counts its own items");
    expect_int("second-done", EQUAL, 1, "each daemon counts its own items");
}

static void count_work(void *item, void *arg)
{
    (void)item;
    (void)arg;
    tell(WORKED);
}

/* Two producers do not know of the end, which comes at any moment. */
static void *put_until_refused(void *arg)
{
    struct putter *putter = arg;

    while (queue_put(putter->queue, &letters[0]) == 0) {
        tell(ACCEPTED);
        putter->count++;
        if (putter->count == 20)
            break;
    }
    return NULL;
}

Test(crowd, of_daemons_and_putters)
{
    struct putter putters[2] = {{.queue = new_queue(2)}};
    struct daemon *daemons[2];
    size_t done = 0;

    putters[1] = putters[0];
    for (int i = 0; i < 2; i++) {
        daemons[i] = daemon_start(putters[0].queue, count_work, NULL);
        cr_assert(daemons[i] != NULL, "daemon_start() returned NULL");
    }
    for (int i = 0; i < 2; i++)
        putters[i].thread = start(put_until_refused, &putters[i]);
    for (int i = 0; i < 2; i++)
        done += daemon_finish(daemons[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(putters[i].thread, NULL);
    observe_int("unaccounted", heard(ACCEPTED) - (long long)done);
    observe_int("not-counted", heard(WORKED) - (long long)done);
    queue_destroy(putters[0].queue);
}

Expect(crowd, of_daemons_and_putters)
{
    expect_int("unaccounted", EQUAL, 0,
               "the daemons' numbers add up to the number of successful puts, "
               "whenever the end comes");
    expect_int("not-counted", EQUAL, 0,
               "daemon_finish() says for how many items work() has come back");
}

Test(daemon, no_thread)
{
    struct queue *queue = new_queue(1);
    struct daemon *daemon;

    fail_thread_create_after(0);
    daemon = daemon_start(queue, count_work, NULL);
    fail_thread_create_after(-1);
    observe_int("none", daemon == NULL);
    observe_int("put", queue_put(queue, &letters[0]));
    observe_int("taken", taken(queue));
    if (daemon != NULL)
        daemon_finish(daemon);
    daemon = daemon_start(queue, count_work, NULL);
    observe_int("some", daemon != NULL);
    settle();
    if (daemon != NULL)
        observe_int("done", (long long)daemon_finish(daemon));
    queue_destroy(queue);
}

Expect(daemon, no_thread)
{
    expect_int("none", EQUAL, 1, "without a thread there is no daemon: NULL");
    expect_int("put", EQUAL, 0, "and the queue is as it was: open");
    expect_int("taken", EQUAL, 'a', "and the queue is as it was");
    expect_int("some", EQUAL, 1, "with a thread there is one");
    expect_int("done", EQUAL, 0, "nothing was put in, nothing was done");
}

/* Two threads know nothing of each other: each has a daemon, of one queue. */
struct owner {
    struct queue *queue;
    int worked;
    long long done;
    pthread_t thread;
};

static void add_one(void *item, void *arg)
{
    (void)item;
    ++*(int *)arg;
}

static void *own_a_daemon(void *arg)
{
    struct owner *owner = arg;
    struct daemon *daemon = daemon_start(owner->queue, add_one, &owner->worked);

    owner->done = daemon == NULL ? -9 : (long long)daemon_finish(daemon);
    return NULL;
}

static void let_two_own(struct queue *queue)
{
    struct owner owners[2] = {{.queue = queue}, {.queue = queue}};

    queue_put(queue, &letters[0]);
    for (int i = 0; i < 2; i++)
        owners[i].thread = start(own_a_daemon, &owners[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(owners[i].thread, NULL);
    observe_int("done", owners[0].done + owners[1].done);
    observe_int("worked", owners[0].worked + owners[1].worked);
    queue_destroy(queue);
}

static void expect_two_owners(void)
{
    expect_int("done", EQUAL, 1,
               "two threads start and finish two daemons of one queue, in any "
               "order: their numbers add up to the number of successful puts");
    expect_int("worked", EQUAL, 1, "what was accepted is worked off, once");
}

Test(daemon, of_two_threads)
{
    let_two_own(new_queue(1));
}

Expect(daemon, of_two_threads)
{
    expect_two_owners();
}

/* ---- at the same moment ------------------------------------------------- */

static struct meeting together = MEETING(3);
static int met[2];
static atomic_int meetings;

static void meet_others(void *item, void *arg)
{
    int i = atomic_fetch_add_explicit(&meetings, 1, memory_order_relaxed);
    int others = meet(&together);

    (void)item;
    (void)arg;
    if (i < 2)
        met[i] = others;
}

/* Two daemons are in the middle of an item while a third is put in. */
Test(overlap, work_and_put)
{
    struct queue *queue = new_queue(2);
    struct daemon *daemons[2];
    size_t done = 0;

    for (int i = 0; i < 2; i++) {
        daemons[i] = daemon_start(queue, meet_others, NULL);
        cr_assert(daemons[i] != NULL, "daemon_start() returned NULL");
    }
    for (int i = 0; i < 3; i++)
        queue_put(queue, &letters[i]);
    observe_int("met", meet(&together));
    for (int i = 0; i < 2; i++)
        done += daemon_finish(daemons[i]);
    observe_int("met-first", met[0]);
    observe_int("met-second", met[1]);
    observe_int("done", (long long)done);
    queue_destroy(queue);
}

Expect(overlap, work_and_put)
{
    expect_int("met", EQUAL, 3,
               "an item is put in while two daemons are in their work");
    expect_int("met-first", EQUAL, 3, "two daemons work at the same moment");
    expect_int("met-second", EQUAL, 3, "two daemons work at the same moment");
    expect_int("done", EQUAL, 3, "each item is worked off, once");
}

/* A relay: who has taken an item meets the others and puts it in again. */
struct runner {
    struct queue *from, *to;
    int met;
    int errors;
    pthread_t thread;
};

static void *run_relay(void *arg)
{
    struct runner *runner = arg;
    void *item = NULL;

    runner->errors = queue_take(runner->from, &item) != 0;
    runner->met = meet(&together);
    runner->errors += queue_put(runner->to, item) != 0;
    return NULL;
}

Test(overlap, takers_and_putters)
{
    struct queue *from = new_queue(3), *to = new_queue(1);
    struct runner runners[3];
    int sum = 0, errors = 0, least = 3;

    for (int i = 0; i < 3; i++) {
        runners[i] = (struct runner){.from = from, .to = to};
        runners[i].thread = start(run_relay, &runners[i]);
    }
    settle();
    for (int i = 0; i < 3; i++)
        queue_put(from, &letters[i]);
    settle();
    for (int i = 0; i < 3; i++)
        sum += taken(to);
    for (int i = 0; i < 3; i++) {
        pthread_join(runners[i].thread, NULL);
        errors += runners[i].errors;
        least = runners[i].met < least ? runners[i].met : least;
    }
    observe_int("met", least);
    observe_int("errors", errors);
    observe_int("sum", sum);
    queue_destroy(from);
    queue_destroy(to);
}

Expect(overlap, takers_and_putters)
{
    expect_int("met", EQUAL, 3, "three have taken an item each, at one moment");
    expect_int("errors", EQUAL, 0, "and put it into another queue");
    expect_int("sum", EQUAL, 'a' + 'b' + 'c', "each item comes out once");
}

/* ---- faults: any call may fail -------------------------------------------
 *
 * Each of these runs many times, and each time another call of the student's
 * code fails. An error that is returned is right; then the test gives back
 * what it has.
 */

static void observe_errors(int errors)
{
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", errors);
}

/* EINVAL would say that the capacity is 0. */
static void observe_no_queue(void)
{
    observe_errors(1);
    observe_int("wrong-error", errno == EINVAL);
}

static bool no_put_error(int error)
{
    return error != 0 && error != ENOMEM;
}

static void expect_right_error(void)
{
    expect_int("wrong-error", EQUAL, 0,
               "where memory is short, the error is ENOMEM");
}

static void expect_no_harm(const char *why)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0, why);
}

/* The taker waits before anything is put in. */
Test(faults, taker)
{
    struct queue *queue = queue_create(2);
    struct party taker = {.queue = queue, .error = -1};
    int error;

    if (queue == NULL) {
        observe_no_queue();
        return;
    }
    tell_nothing();
    taker.thread = start(take_one, &taker);
    settle();
    error = queue_put(queue, &letters[0]);
    settle();
    queue_close(queue);
    pthread_join(taker.thread, NULL);
    queue_destroy(queue);
    observe_errors(error != 0);
    observe_int("wrong-error", no_put_error(error));
    observe_int("wrong",
                error != 0 ? taker.error != EPIPE : taker.item != &letters[0]);
}

Expect(faults, taker)
{
    expect_right_error();
    expect_no_harm("what was accepted is taken, and what was refused is not in "
                   "the queue");
}

/* The queue is full, and somebody waits for room. */
Test(faults, putter)
{
    struct queue *queue = queue_create(1);
    struct party putter = {.queue = queue, .item = &letters[1], .error = -1};
    char story[4] = "", right[4] = "";
    int first, n = 0;

    if (queue == NULL) {
        observe_no_queue();
        return;
    }
    tell_nothing();
    first = queue_put(queue, &letters[0]);
    putter.thread = start(put_it, &putter);
    settle();
    if (first == 0)
        story[n++] = taken(queue);
    pthread_join(putter.thread, NULL);
    queue_close(queue);
    while (n < 3)
        story[n++] = taken(queue);
    queue_destroy(queue);
    n = 0;
    if (first == 0)
        right[n++] = 'a';
    if (putter.error == 0)
        right[n++] = 'b';
    while (n < 3)
        right[n++] = '-';
    observe_errors((first != 0) + (putter.error != 0));
    observe_int("wrong-error",
                no_put_error(first) || no_put_error(putter.error));
    observe_int("wrong", strcmp(story, right) != 0);
}

Expect(faults, putter)
{
    expect_right_error();
    expect_no_harm("what was accepted is taken, and what was refused is not in "
                   "the queue");
}

Test(faults, daemon)
{
    struct queue *queue = queue_create(2);
    struct daemon *daemon;
    int accepted = 0;
    long long done;

    if (queue == NULL) {
        observe_errors(1);
        return;
    }
    tell_nothing();
    daemon = daemon_start(queue, count_work, NULL);
    if (daemon == NULL) {
        queue_destroy(queue);
        observe_errors(1);
        return;
    }
    settle();
    for (int i = 0; i < 2; i++)
        accepted += queue_put(queue, &letters[i]) == 0;
    settle();
    done = (long long)daemon_finish(daemon);
    queue_destroy(queue);
    observe_errors(2 - accepted);
    observe_int("wrong", done != accepted || heard(WORKED) != accepted);
}

Expect(faults, daemon)
{
    expect_no_harm("each item that was accepted is worked off, and counted");
}

/* ---- schedules: through every interleaving ---------------------------------
 *
 * One place or two, an item or two, one or two threads beside the test's own:
 * few steps, so that the search comes to its end. Nobody is held back here.
 * Whoever can come too early or too late does so in some schedule.
 */

/* Virtual time: it stands still unless somebody sleeps by the clock. */
static long long clock_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static struct queue *small_queue(size_t capacity)
{
    struct queue *queue = queue_create(capacity);

    cr_assert(queue != NULL, "queue_create() returned NULL");
    return queue;
}

static void *put_quietly(void *arg)
{
    struct party *party = arg;

    party->error = queue_put(party->queue, party->item);
    return NULL;
}

static void *take_quietly(void *arg)
{
    struct party *party = arg;
    void *item = NULL;

    if (party->milliseconds != 0)
        party->error =
            queue_take_within(party->queue, &item, party->milliseconds);
    else
        party->error = queue_take(party->queue, &item);
    party->item = item;
    return NULL;
}

static void *put_two(void *arg)
{
    struct party *party = arg;

    party->error = queue_put(party->queue, &letters[0]);
    party->error += queue_put(party->queue, &letters[1]);
    return NULL;
}

static void expect_no_time(void)
{
    expect_int("slept-milliseconds", EQUAL, 0,
               "who waits sleeps until somebody wakes her, and does not look "
               "again when some time has passed");
}

/* A producer of two items, and one place or two. */
static void two_through(size_t capacity)
{
    struct party party = {.queue = small_queue(capacity), .error = -1};
    long long began = clock_milliseconds();
    char story[3] = "";

    party.thread = start(put_two, &party);
    story[0] = taken(party.queue);
    story[1] = taken(party.queue);
    pthread_join(party.thread, NULL);
    observe_int("slept-milliseconds", clock_milliseconds() - began);
    observe_int("errors", party.error);
    observe_str("story", story);
    queue_destroy(party.queue);
}

static void expect_two_through(void)
{
    expect_str("story", "ab", "what is put in comes out, in this order");
    expect_int("errors", EQUAL, 0, "who waits for room gets it");
    expect_no_time();
}

Test(schedules, queue_one_place)
{
    two_through(1);
}

Expect(schedules, queue_one_place)
{
    expect_two_through();
}

Test(schedules, queue_two_places)
{
    two_through(2);
}

Expect(schedules, queue_two_places)
{
    expect_two_through();
}

/* Two takers, two items. */
static void two_takers(size_t capacity)
{
    struct party takers[2] = {{.queue = small_queue(capacity), .error = -1}};
    int sum = 0, errors = 0;

    takers[1] = takers[0];
    for (int i = 0; i < 2; i++)
        takers[i].thread = start(take_quietly, &takers[i]);
    for (int i = 0; i < 2; i++)
        errors += queue_put(takers[0].queue, &letters[i]);
    for (int i = 0; i < 2; i++) {
        pthread_join(takers[i].thread, NULL);
        errors += takers[i].error;
        sum += takers[i].item != NULL ? *takers[i].item : 0;
    }
    observe_int("errors", errors);
    observe_int("sum", sum);
    queue_destroy(takers[0].queue);
}

static void expect_two_takers(void)
{
    expect_int("errors", EQUAL, 0, "there is an item for each taker");
    expect_int("sum", EQUAL, 'a' + 'b', "each item is taken, once");
}

Test(schedules, queue_two_takers)
{
    two_takers(2);
}

Expect(schedules, queue_two_takers)
{
    expect_two_takers();
}

Test(schedules, queue_two_takers_one_place)
{
    two_takers(1);
}

Expect(schedules, queue_two_takers_one_place)
{
    expect_two_takers();
}

/* The queue is full, and two wait for room: there will be room for both. */
static void two_putters(size_t capacity)
{
    struct party putters[2] = {{.queue = small_queue(capacity)}};
    int sum = 0, errors = 0;

    putters[1] = putters[0];
    for (size_t i = 0; i < capacity; i++)
        queue_put(putters[0].queue, &letters[0]);
    for (int i = 0; i < 2; i++) {
        putters[i].item = &letters[1 + i];
        putters[i].thread = start(put_quietly, &putters[i]);
    }
    for (size_t i = 0; i < capacity; i++)
        sum += taken(putters[0].queue) - 'a';
    for (int i = 0; i < 2; i++)
        sum += taken(putters[0].queue) - 'a';
    for (int i = 0; i < 2; i++) {
        pthread_join(putters[i].thread, NULL);
        errors += putters[i].error;
    }
    observe_int("errors", errors);
    observe_int("sum", sum);
    queue_destroy(putters[0].queue);
}

static void expect_two_putters(void)
{
    expect_int("errors", EQUAL, 0, "there is room for each putter in the end");
    expect_int("sum", EQUAL, 1 + 2, "each item is taken, once");
}

Test(schedules, queue_two_putters)
{
    two_putters(1);
}

Expect(schedules, queue_two_putters)
{
    expect_two_putters();
}

Test(schedules, queue_two_putters_two_places)
{
    two_putters(2);
}

Expect(schedules, queue_two_putters_two_places)
{
    expect_two_putters();
}

/* ---- the end comes at any moment ---- */

/* How many items are in a queue that is closed. */
static int drain(struct queue *queue)
{
    void *item = NULL;
    int count = 0;

    while (count < 5 && queue_take(queue, &item) == 0)
        count++;
    return count;
}

static void expect_nothing_lost(void)
{
    expect_int("lost", EQUAL, 0,
               "what was accepted is taken, what was refused is not: nothing "
               "is lost, and nothing comes from nowhere");
}

/* One puts while another closes. Who drains then waits for nobody. */
Test(schedules, close_and_put)
{
    struct party putter = {.queue = small_queue(1), .item = &letters[0]};
    int count;

    putter.thread = start(put_quietly, &putter);
    queue_close(putter.queue);
    count = drain(putter.queue);
    pthread_join(putter.thread, NULL);
    observe_int("other-error", putter.error == EPIPE ? 0 : putter.error);
    observe_int("lost", (putter.error == 0) - count);
    queue_destroy(putter.queue);
}

Expect(schedules, close_and_put)
{
    expect_int("other-error", EQUAL, 0, "a put succeeds or returns EPIPE");
    expect_nothing_lost();
}

/* The queue is full until its end: who waits for room gets EPIPE. */
Test(schedules, close_two_putters)
{
    struct party putters[2] = {
        {.queue = small_queue(1), .item = &letters[1], .error = -1}};

    queue_put(putters[0].queue, &letters[0]);
    putters[1] = putters[0];
    for (int i = 0; i < 2; i++)
        putters[i].thread = start(put_quietly, &putters[i]);
    queue_close(putters[0].queue);
    for (int i = 0; i < 2; i++)
        pthread_join(putters[i].thread, NULL);
    observe_int("ended",
                (putters[0].error == EPIPE) + (putters[1].error == EPIPE));
    observe_int("left", drain(putters[0].queue));
    queue_destroy(putters[0].queue);
}

Expect(schedules, close_two_putters)
{
    expect_int("ended", EQUAL, 2, "there was never room for them: EPIPE");
    expect_int("left", EQUAL, 1, "the item that was there is still there");
}

/* Two takers, one item, then the end. */
Test(schedules, close_two_takers)
{
    struct party takers[2] = {{.queue = small_queue(1), .error = -1}};
    int got = 0, ended = 0;

    takers[1] = takers[0];
    for (int i = 0; i < 2; i++)
        takers[i].thread = start(take_quietly, &takers[i]);
    queue_put(takers[0].queue, &letters[0]);
    queue_close(takers[0].queue);
    for (int i = 0; i < 2; i++) {
        pthread_join(takers[i].thread, NULL);
        got += takers[i].error == 0 && takers[i].item == &letters[0];
        ended += takers[i].error == EPIPE;
    }
    observe_int("got", got);
    observe_int("ended", ended);
    queue_destroy(takers[0].queue);
}

Expect(schedules, close_two_takers)
{
    expect_int("got", EQUAL, 1,
               "the item was put in before the end: it is taken, once");
    expect_int("ended", EQUAL, 1, "the other one gets EPIPE");
}

/* A place becomes free, and the queue is closed: before or after the one who
 * waits for it has come. */
Test(schedules, close_and_room)
{
    struct party putter = {.queue = small_queue(1), .item = &letters[1]};
    int count;

    queue_put(putter.queue, &letters[0]);
    putter.thread = start(put_quietly, &putter);
    count = taken(putter.queue) == 'a';
    queue_close(putter.queue);
    count += drain(putter.queue);
    pthread_join(putter.thread, NULL);
    observe_int("other-error", putter.error == EPIPE ? 0 : putter.error);
    observe_int("lost", 1 + (putter.error == 0) - count);
    queue_destroy(putter.queue);
}

Expect(schedules, close_and_room)
{
    expect_int("other-error", EQUAL, 0, "a put succeeds or returns EPIPE");
    expect_nothing_lost();
}

static void *close_it(void *arg)
{
    queue_close(arg);
    return NULL;
}

/* Two close at one time, and one takes. */
Test(schedules, close_twice)
{
    struct queue *queue = small_queue(1);
    pthread_t closers[2];
    void *item = NULL;

    for (int i = 0; i < 2; i++)
        closers[i] = start(close_it, queue);
    observe_int("error", queue_take(queue, &item));
    for (int i = 0; i < 2; i++)
        pthread_join(closers[i], NULL);
    queue_destroy(queue);
}

Expect(schedules, close_twice)
{
    expect_int("error", EQUAL, EPIPE,
               "a closed and empty queue lets nobody wait");
}

/* ---- waits by the clock ---- */

/* Nobody else is there, so time passes just as it is slept. The first sleep
 * lets the clock show a time from which the nanoseconds add up to a second,
 * and not one more; the other one, to more than a second. */
Test(schedules, timed_alone)
{
    struct queue *queue = small_queue(1);
    void *item = &letters[7];
    long long began;

    usleep(1000);
    began = clock_milliseconds();
    observe_int("whole-second", queue_take_within(queue, &item, 999));
    observe_int("slept-whole-second", clock_milliseconds() - began);
    usleep(2000);
    began = clock_milliseconds();
    observe_int("error", queue_take_within(queue, &item, 999));
    observe_int("slept-milliseconds", clock_milliseconds() - began);
    began = clock_milliseconds();
    observe_int("again", queue_take_within(queue, &item, 60001));
    observe_int("slept-again", clock_milliseconds() - began);
    observe_int("left-alone", item == &letters[7]);
    queue_destroy(queue);
}

/* A wait may be a little longer, where it is rounded up. */
static void expect_slept(const char *key, int milliseconds)
{
    expect_int(key, AT_LEAST, milliseconds,
               "the wait lasts for the milliseconds that it was given");
    expect_int(key, LESS, milliseconds + 50,
               "the wait lasts for the milliseconds that it was given, and "
               "not for longer");
}

Expect(schedules, timed_alone)
{
    expect_int("whole-second", EQUAL, ETIMEDOUT,
               "nobody puts anything in: ETIMEDOUT, whatever the clock shows");
    expect_slept("slept-whole-second", 999);
    expect_int("error", EQUAL, ETIMEDOUT, "nobody puts anything in");
    expect_slept("slept-milliseconds", 999);
    expect_int("again", EQUAL, ETIMEDOUT, "nobody puts anything in");
    expect_slept("slept-again", 60001);
    expect_int("left-alone", EQUAL, 1, "with ETIMEDOUT *item is left alone");
}

/* An item comes before the time is over, at that moment, or after it. */
Test(schedules, timed_and_put)
{
    struct party taker = {
        .queue = small_queue(1), .milliseconds = 10, .error = -1};
    int count, other;

    taker.thread = start(take_quietly, &taker);
    queue_put(taker.queue, &letters[0]);
    pthread_join(taker.thread, NULL);
    queue_close(taker.queue);
    count = drain(taker.queue) + (taker.error == 0);
    other = taker.error == 0 || taker.error == ETIMEDOUT ? 0 : taker.error;
    observe_int("other-error", other);
    observe_int("lost", 1 - count);
    observe_int("item", taker.item == (taker.error == 0 ? letters : NULL));
    queue_destroy(taker.queue);
}

Expect(schedules, timed_and_put)
{
    expect_int("other-error", EQUAL, 0, "an item has come, or ETIMEDOUT");
    expect_nothing_lost();
    expect_int("item", EQUAL, 1, "with ETIMEDOUT *item is left alone");
}

/*
 * One waits by the clock, one for ever. An item comes; if the first one has
 * given up, it is for the other, and otherwise there is one more. A taker that
 * gives up must not take another's wakeup along.
 */
Test(schedules, timed_beside_another)
{
    struct party takers[2] = {
        {.queue = small_queue(2), .milliseconds = 10, .error = -1}};
    int got;

    takers[1] = takers[0];
    takers[1].milliseconds = 0;
    for (int i = 0; i < 2; i++)
        takers[i].thread = start(take_quietly, &takers[i]);
    queue_put(takers[0].queue, &letters[0]);
    pthread_join(takers[0].thread, NULL);
    got = takers[0].error == 0;
    if (got == 1)
        queue_put(takers[0].queue, &letters[1]);
    pthread_join(takers[1].thread, NULL);
    observe_int("got", takers[1].error == 0 && takers[1].item == &letters[got]);
    queue_destroy(takers[0].queue);
}

Expect(schedules, timed_beside_another)
{
    expect_int("got", EQUAL, 1,
               "an item that is there is taken by one of those who wait");
}

Test(schedules, timed_and_close)
{
    struct party taker = {
        .queue = small_queue(1), .milliseconds = 10, .error = -1};

    taker.thread = start(take_quietly, &taker);
    queue_close(taker.queue);
    pthread_join(taker.thread, NULL);
    observe_int("other-error", taker.error == EPIPE || taker.error == ETIMEDOUT
                                   ? 0
                                   : taker.error);
    observe_int("then", queue_take_within(taker.queue, &(void *){NULL}, 0));
    queue_destroy(taker.queue);
}

Expect(schedules, timed_and_close)
{
    expect_int("other-error", EQUAL, 0, "the end has come, or ETIMEDOUT");
    expect_int("then", EQUAL, EPIPE,
               "no item will ever come, whether the time is over or not");
}

enum { HOUR = 3600 };

/*
 * A wait of two hours. After one hour the thread is woken, in vain: the item
 * is taken from under its nose, unless it was quick. When two hours are over
 * it must be back. Before, the clock shows none of them or both, for nobody
 * else sleeps.
 */
Test(schedules, timed_woken_in_vain)
{
    struct party taker = {
        .queue = small_queue(1), .milliseconds = 2 * HOUR * 1000, .error = -1};
    long long began = clock_milliseconds(), slept;
    void *item = NULL;
    int error;

    tell_nothing();
    taker.thread = start(take_one, &taker);
    settle();
    slept = clock_milliseconds() - began;
    observe_int("slices", slept > 0 && slept < taker.milliseconds);
    sleep(HOUR);
    queue_put(taker.queue, &letters[0]);
    error = queue_take_within(taker.queue, &item, 0);
    settle();
    sleep(HOUR + 1);
    settle();
    observe_int("returned", heard(RETURNED));
    queue_close(taker.queue);
    pthread_join(taker.thread, NULL);
    observe_int("lost",
                1 - (error == 0) - (taker.error == 0) - drain(taker.queue));
    queue_destroy(taker.queue);
}

Expect(schedules, timed_woken_in_vain)
{
    expect_int("returned", EQUAL, 1,
               "the time is counted from the call, however often the thread "
               "wakes up meanwhile: it is over");
    expect_nothing_lost();
    expect_int("slices", EQUAL, 0,
               "who waits sleeps until somebody wakes her or her time is over, "
               "and not slice by slice");
}

/* The queue is full, and two wait for room: two timed takes make room for
 * both. */
Test(schedules, timed_two_putters)
{
    struct party putters[2] = {{.queue = small_queue(2)}};
    char story[3] = "";

    putters[1] = putters[0];
    for (int i = 0; i < 2; i++)
        queue_put(putters[0].queue, &letters[i]);
    for (int i = 0; i < 2; i++) {
        putters[i].item = &letters[2];
        putters[i].thread = start(put_quietly, &putters[i]);
    }
    for (int i = 0; i < 2; i++)
        take_now(putters[0].queue, 1, &story[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(putters[i].thread, NULL);
    observe_str("story", story);
    observe_int("errors", putters[0].error + putters[1].error);
    queue_destroy(putters[0].queue);
}

Expect(schedules, timed_two_putters)
{
    expect_str("story", "ab", "what is put in comes out, in this order");
    expect_int("errors", EQUAL, 0, "there is room for each putter in the end");
}

/* ---- daemons ---- */

/* Items stand in the queue, or are worked on, or are done when the end
 * comes. */
Test(schedules, daemon_and_items)
{
    struct queue *queue = small_queue(1);
    long long began = clock_milliseconds();
    int before = threads_alive(), worked = 0, errors;
    struct daemon *daemon = daemon_start(queue, add_one, &worked);

    cr_assert(daemon != NULL, "daemon_start() returned NULL");
    errors = queue_put(queue, &letters[0]);
    errors += queue_put(queue, &letters[1]);
    observe_int("done", (long long)daemon_finish(daemon));
    observe_int("threads-then", threads_alive() - before);
    observe_int("slept-milliseconds", clock_milliseconds() - began);
    observe_int("worked", worked);
    observe_int("errors", errors);
    queue_destroy(queue);
}

Expect(schedules, daemon_and_items)
{
    expect_int("done", EQUAL, 2,
               "what was accepted is worked off, and counted");
    expect_int("worked", EQUAL, 2, "what was accepted is worked off");
    expect_int("errors", EQUAL, 0, "who waits for room gets it");
    expect_int("threads-then", EQUAL, 0,
               "when daemon_finish() returns, the daemon's thread has ended");
    expect_no_time();
}

/* Somebody puts while the daemon is finished: done, or refused. */
Test(schedules, daemon_and_producer)
{
    struct party putter = {.queue = small_queue(1), .item = &letters[0]};
    int worked = 0;
    struct daemon *daemon = daemon_start(putter.queue, add_one, &worked);
    long long done;

    cr_assert(daemon != NULL, "daemon_start() returned NULL");
    putter.thread = start(put_quietly, &putter);
    done = (long long)daemon_finish(daemon);
    pthread_join(putter.thread, NULL);
    observe_int("lost", (putter.error == 0) - done);
    observe_int("not-counted", worked - done);
    observe_int("other-error", putter.error == EPIPE ? 0 : putter.error);
    queue_destroy(putter.queue);
}

Expect(schedules, daemon_and_producer)
{
    expect_nothing_lost();
    expect_int("not-counted", EQUAL, 0,
               "daemon_finish() says for how many items work() has come back");
    expect_int("other-error", EQUAL, 0, "a put succeeds or returns EPIPE");
}

/* Two daemons on one queue: one finds the queue closed by the other's end. */
Test(schedules, daemon_of_two)
{
    struct queue *queue = small_queue(2);
    int worked[2] = {0};
    struct daemon *daemons[2];
    long long done = 0;

    for (int i = 0; i < 2; i++) {
        daemons[i] = daemon_start(queue, add_one, &worked[i]);
        cr_assert(daemons[i] != NULL, "daemon_start() returned NULL");
    }
    queue_put(queue, &letters[0]);
    for (int i = 0; i < 2; i++)
        done += (long long)daemon_finish(daemons[i]);
    observe_int("done", done);
    observe_int("worked", worked[0] + worked[1]);
    queue_destroy(queue);
}

Expect(schedules, daemon_of_two)
{
    expect_int("done", EQUAL, 1,
               "the daemons' numbers add up to the number of successful puts");
    expect_int("worked", EQUAL, 1, "what was accepted is worked off, once");
}

Test(schedules, daemon_of_two_threads)
{
    let_two_own(small_queue(1));
}

Expect(schedules, daemon_of_two_threads)
{
    expect_two_owners();
}
