/*
 * tests.c - what is observed of the futures and the pool, and what must be.
 *
 * Three devices make every run come out alike, however the threads are
 * scheduled: a meeting shows that tasks run at the same moment; a gate holds
 * a task back for as long as the test likes; and settle() waits until nobody
 * else can move, so that whoever will block has blocked.
 */
#include "interleave.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <valgrind/helgrind.h>

#include "thread-pool.h"

/* ---- devices ------------------------------------------------------------ */

static void settle(void)
{
    struct meeting nobody_comes = MEETING(2);

    meet(&nobody_comes);
}

/* Tasks wait before a closed gate. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
};

#define GATE                                                                   \
    {                                                                          \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false             \
    }

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->open)
        pthread_cond_wait(&gate->opened, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

/*
 * What one thread of a test tells another without a lock. It must give no
 * order between them, or the detectors would miss races in the student's
 * code: relaxed atomics, and Helgrind is told to look past them.
 */
enum { RETURNED, ACCEPTED, OPENED, CLOSED, STRANGERS, TOLD };

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

/* ---- step 1: futures ---------------------------------------------------- */

struct waiter {
    struct future *future;
    int error;
    void *result;
    pthread_t thread;
};

static void *wait_for_it(void *arg)
{
    struct waiter *waiter = arg;

    waiter->error = future_wait(waiter->future, &waiter->result);
    tell(RETURNED);
    return NULL;
}

static struct future *new_future(void)
{
    struct future *future = future_create();

    cr_assert(future != NULL, "future_create() returned NULL");
    return future;
}

/* A number that the setter writes just before it sets the future. */
static int letter;

static int drawn_number(void)
{
    uint64_t state = seed();

    return 1 + (int)(draw(&state) % 1000);
}

static void *write_and_set(void *future)
{
    letter = drawn_number();
    future_set(future, EDOM, &letter);
    return NULL;
}

Test(future, set_first)
{
    struct future *future = new_future();
    void *result = NULL;
    pthread_t setter;

    letter = 0;
    setter = start(write_and_set, future);
    settle();
    observe_int("error", future_wait(future, &result));
    observe_int("letter", result != NULL ? *(int *)result : -1);
    observe_int("again", future_wait(future, NULL));
    pthread_join(setter, NULL);
    future_destroy(future);
}

Expect(future, set_first)
{
    expect_int("error", EQUAL, EDOM, "future_wait() returns the error set");
    expect_int("letter", EQUAL, drawn_number(),
               "future_wait() hands out the result that was set, with what "
               "the other thread wrote before");
    expect_int("again", EQUAL, EDOM, "a future can be waited for twice");
}

Test(future, wait_first)
{
    struct waiter waiter = {.future = new_future(), .error = -1};

    tell_nothing();
    waiter.thread = start(wait_for_it, &waiter);
    settle();
    observe_int("returned-before", heard(RETURNED));
    write_and_set(waiter.future);
    pthread_join(waiter.thread, NULL);
    observe_int("error", waiter.error);
    observe_int("letter", waiter.result != NULL ? *(int *)waiter.result : -1);
    future_destroy(waiter.future);
}

Expect(future, wait_first)
{
    expect_int("returned-before", EQUAL, 0,
               "future_wait() does not return before the future is set");
    expect_int("error", EQUAL, EDOM, "future_wait() returns the error set");
    expect_int("letter", EQUAL, drawn_number(),
               "future_wait() hands out the result that was set");
}

Test(future, crowd)
{
    struct future *future = new_future();
    struct waiter waiters[3];
    int right = 0;

    tell_nothing();
    for (int i = 0; i < 3; i++) {
        waiters[i].future = future;
        waiters[i].thread = start(wait_for_it, &waiters[i]);
    }
    settle();
    observe_int("returned-before", heard(RETURNED));
    future_set(future, 0, &letter);
    for (int i = 0; i < 3; i++) {
        pthread_join(waiters[i].thread, NULL);
        right += waiters[i].error == 0 && waiters[i].result == &letter;
    }
    observe_int("right", right);
    future_destroy(future);
}

Expect(future, crowd)
{
    expect_int("returned-before", EQUAL, 0,
               "future_wait() does not return before the future is set");
    expect_int("right", EQUAL, 3, "everyone who waits gets the outcome");
}

/* Two futures; the other one is set first. */
Test(future, two)
{
    struct waiter waiters[2];

    tell_nothing();
    for (int i = 0; i < 2; i++) {
        waiters[i].future = new_future();
        waiters[i].thread = start(wait_for_it, &waiters[i]);
    }
    settle();
    future_set(waiters[1].future, ERANGE, NULL);
    settle();
    observe_int("returned-between", heard(RETURNED));
    future_set(waiters[0].future, EDOM, &letter);
    for (int i = 0; i < 2; i++)
        pthread_join(waiters[i].thread, NULL);
    observe_int("first", waiters[0].error);
    observe_int("second", waiters[1].error);
    observe_int("result", waiters[0].result == &letter);
    for (int i = 0; i < 2; i++)
        future_destroy(waiters[i].future);
}

Expect(future, two)
{
    expect_int("returned-between", EQUAL, 1,
               "setting one future lets only those go who wait for that one");
    expect_int("first", EQUAL, EDOM, "each future has an outcome of its own");
    expect_int("second", EQUAL, ERANGE,
               "each future has an outcome of its own");
    expect_int("result", EQUAL, 1, "each future has an outcome of its own");
}

/* ---- step 2: the queue and the workers ---------------------------------- */

/* One task, and what became of it. */
struct job {
    struct gate *gate;       /* pass it first, if not NULL */
    struct gate *opens;      /* then open this one */
    struct meeting *meeting; /* then wait there */
    int error;               /* to return */
    int before;              /* threads alive before the pool was made */

    /* set by the task */
    int ran;
    int met;
    int alive; /* threads of the pool that were alive */

    struct future *future;
};

static pthread_t caller; /* the test's own thread */

static int do_job(void *arg, void **result)
{
    struct job *job = arg;

    if (pthread_equal(pthread_self(), caller))
        tell(STRANGERS);
    if (job->gate != NULL)
        gate_pass(job->gate);
    if (job->opens != NULL)
        gate_open(job->opens);
    if (job->meeting != NULL)
        job->met = meet(job->meeting);
    job->alive = threads_alive() - job->before;
    job->ran++;
    *result = job;
    return job->error;
}

static struct pool *new_pool(int workers, int capacity)
{
    struct pool_config config = {.workers = workers, .capacity = capacity};
    struct pool *pool = pool_create(&config);

    tell_nothing();
    caller = pthread_self();
    cr_assert(pool != NULL, "pool_create() returned NULL");
    return pool;
}

static void submit(struct pool *pool, struct job *job)
{
    int error = pool_submit(pool, do_job, job, &job->future);

    cr_assert(error == 0, "pool_submit() returned %d", error);
    cr_assert(job->future != NULL, "pool_submit() made no future");
}

/* Waits for the job's future, and gives it back. */
static int outcome(struct job *job)
{
    void *result = NULL;
    int error;

    cr_assert(job->future != NULL, "pool_submit() made no future");
    error = future_wait(job->future, &result);
    future_destroy(job->future);
    return error == 0 && result != job ? -1 : error;
}

Test(pool, runs)
{
    struct pool *pool = new_pool(2, 3);
    struct job jobs[5];
    int once = 0, right = 0;

    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < 5; i++) {
        jobs[i].error = i == 3 ? EDOM : 0;
        submit(pool, &jobs[i]);
    }
    for (int i = 0; i < 5; i++) {
        right += outcome(&jobs[i]) == jobs[i].error;
        once += jobs[i].ran == 1;
    }
    observe_int("in-the-caller", heard(STRANGERS));
    observe_int("once", once);
    observe_int("right", right);
    pool_destroy(pool);
}

Expect(pool, runs)
{
    expect_int("in-the-caller", EQUAL, 0,
               "workers run the tasks, not the thread that submits them");
    expect_int("once", EQUAL, 5, "each task runs once");
    expect_int("right", EQUAL, 5,
               "what a task returns, result or error, is in its future");
}

/*
 * All workers are idle; one task comes, for which one of them is enough; all
 * are idle again. Then comes a crowd.
 */
static void meet_in_tasks(int workers, int tasks)
{
    struct meeting meeting = MEETING(3);
    int before = threads_alive();
    struct pool *pool = new_pool(workers, 3);
    struct job first = {.error = 0}, jobs[5];
    int most = 0, alive = 0;

    settle();
    submit(pool, &first);
    outcome(&first);
    settle();
    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < tasks; i++) {
        jobs[i].meeting = &meeting;
        jobs[i].before = before;
        submit(pool, &jobs[i]);
    }
    for (int i = 0; i < tasks; i++) {
        outcome(&jobs[i]);
        most = jobs[i].met > most ? jobs[i].met : most;
        alive = jobs[i].alive > alive ? jobs[i].alive : alive;
    }
    observe_int("met", most);
    observe_int("workers", alive);
    pool_destroy(pool);
}

Test(pool, all_at_once)
{
    meet_in_tasks(3, 3);
}

Expect(pool, all_at_once)
{
    expect_int("met", EQUAL, 3,
               "three workers run three tasks at the same moment");
    expect_int("workers", EQUAL, 3, "a pool of three workers is 3 threads");
}

Test(pool, no_more_than_workers)
{
    meet_in_tasks(2, 5);
}

Expect(pool, no_more_than_workers)
{
    expect_int("met", EQUAL, 2,
               "two workers run two tasks at one moment, the others wait");
    expect_int("workers", EQUAL, 2, "a pool of two workers is 2 threads");
}

/* Submits jobs in a thread of its own, and tells of each that got in. */
struct submitter {
    struct pool *pool;
    struct job *jobs;
    int count;
    int error; /* the last one */
    pthread_t thread;
};

static void *submit_all(void *arg)
{
    struct submitter *submitter = arg;

    for (int i = 0; i < submitter->count; i++) {
        struct job *job = &submitter->jobs[i];

        submitter->error =
            pool_submit(submitter->pool, do_job, job, &job->future);
        tell(submitter->error == 0 ? ACCEPTED : RETURNED);
    }
    return NULL;
}

/* One worker, held at a gate; two places in the queue; six tasks. */
Test(pool, full)
{
    struct gate gate = GATE;
    struct job jobs[6];
    struct submitter submitter = {new_pool(1, 2), jobs, 6, -1, 0};
    int ran = 0;

    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < 6; i++)
        jobs[i].gate = &gate;
    submitter.thread = start(submit_all, &submitter);
    settle();
    observe_int("accepted-before", heard(ACCEPTED));
    gate_open(&gate);
    pthread_join(submitter.thread, NULL);
    observe_int("accepted", heard(ACCEPTED));
    for (int i = 0; i < 6; i++) {
        outcome(&jobs[i]);
        ran += jobs[i].ran;
    }
    observe_int("ran", ran);
    pool_destroy(submitter.pool);
}

Expect(pool, full)
{
    expect_int("accepted-before", EQUAL, 3,
               "one task is with the worker and two are in the queue of two: "
               "then pool_submit() blocks");
    expect_int("accepted", EQUAL, 6,
               "a blocked pool_submit() goes on when there is room");
    expect_int("ran", EQUAL, 6, "each task runs once");
}

static char order[8];
static int order_length; /* one worker: no lock */

static int note_letter(void *arg, void **result)
{
    order[order_length++] = *(const char *)arg;
    *result = arg;
    return 0;
}

Test(pool, order)
{
    static char letters[] = "abcd";
    struct gate gate = GATE;
    struct pool *pool = new_pool(1, 4);
    struct job first = {.gate = &gate};
    struct future *futures[4] = {NULL};

    memset(order, 0, sizeof order);
    order_length = 0;
    submit(pool, &first);
    settle();
    for (int i = 0; i < 4; i++)
        cr_assert(pool_submit(pool, note_letter, &letters[i], &futures[i]) == 0,
                  "pool_submit() returned an error");
    gate_open(&gate);
    outcome(&first);
    for (int i = 0; i < 4; i++) {
        future_wait(futures[i], NULL);
        future_destroy(futures[i]);
    }
    observe_str("order", order);
    pool_destroy(pool);
}

Expect(pool, order)
{
    expect_str("order", "abcd",
               "one worker begins the tasks in the order in which they were "
               "submitted");
}

/* What a task does with its own pool. */
struct inside {
    struct pool *pool;
    struct future *future; /* not set */
    struct job jobs[2];
    int errors[2];
};

static int submit_two(void *arg, void **result)
{
    struct inside *inside = arg;

    (void)result;
    for (int i = 0; i < 2; i++)
        inside->errors[i] = pool_submit(inside->pool, do_job, &inside->jobs[i],
                                        &inside->jobs[i].future);
    return 0;
}

/* Runs one task of that kind to its end. */
static void run_inside(struct pool *pool, pool_task *task,
                       struct inside *inside)
{
    struct future *future = NULL;

    inside->pool = pool;
    cr_assert(pool_submit(pool, task, inside, &future) == 0,
              "pool_submit() returned an error");
    future_wait(future, NULL);
    future_destroy(future);
}

/* One worker and one place: the first fits, the second does not. */
Test(pool, submit_inside)
{
    struct pool *pool = new_pool(1, 1);
    struct inside inside;

    memset(&inside, 0, sizeof inside);
    run_inside(pool, submit_two, &inside);
    observe_int("first", inside.errors[0]);
    observe_int("second", inside.errors[1]);
    observe_int("untouched", inside.jobs[1].future == NULL);
    if (inside.errors[0] == 0)
        observe_int("outcome", outcome(&inside.jobs[0]));
    observe_int("ran", inside.jobs[0].ran);
    pool_destroy(pool);
}

Expect(pool, submit_inside)
{
    expect_int("first", EQUAL, 0,
               "a task may submit to its own pool while there is room");
    expect_int("second", EQUAL, EAGAIN,
               "a worker that waits for room in its own queue would wait for "
               "itself: EAGAIN");
    expect_int("untouched", EQUAL, 1, "after an error *future is what it was");
    expect_int("outcome", EQUAL, 0, "what a task submits is run as well");
    expect_int("ran", EQUAL, 1, "what a task submits is run as well");
}

static int wait_inside(void *arg, void **result)
{
    struct inside *inside = arg;

    (void)result;
    inside->errors[0] = future_wait(inside->future, NULL);
    return 0;
}

Test(pool, wait_inside)
{
    struct pool *pool = new_pool(1, 1);
    struct inside inside = {.future = new_future()};

    run_inside(pool, wait_inside, &inside);
    observe_int("returned", inside.errors[0]);
    future_set(inside.future, 0, NULL);
    observe_int("outside", future_wait(inside.future, NULL));
    future_destroy(inside.future);
    pool_destroy(pool);
}

Expect(pool, wait_inside)
{
    expect_int("returned", EQUAL, EDEADLK,
               "a task that waits for a future keeps a worker from the task "
               "that would set it: EDEADLK");
    expect_int("outside", EQUAL, 0, "outside a task the wait is allowed");
}

/* ---- step 3: map -------------------------------------------------------- */

/*
 * Six items, two workers: item 0 waits until item 5 has begun, so it ends
 * after the four between.
 */
static void map_six(struct job *jobs, struct gate *gate, void **results,
                    int *returned)
{
    struct pool *pool = new_pool(2, 2);
    void *args[6];

    jobs[0].gate = gate;
    jobs[5].opens = gate;
    for (int i = 0; i < 6; i++) {
        args[i] = &jobs[i];
        results[i] = NULL;
    }
    *returned = pool_map(pool, do_job, args, results, 6);
    pool_destroy(pool);
}

Test(map, in_order)
{
    struct gate gate = GATE;
    struct job jobs[6];
    void *results[6];
    int returned, right = 0;

    memset(jobs, 0, sizeof jobs);
    map_six(jobs, &gate, results, &returned);
    for (int i = 0; i < 6; i++)
        right += results[i] == &jobs[i] && jobs[i].ran == 1;
    observe_int("returned", returned);
    observe_int("right", right);
    observe_int("in-the-caller", heard(STRANGERS));
}

Expect(map, in_order)
{
    expect_int("returned", EQUAL, 0, "no task failed");
    expect_int("right", EQUAL, 6,
               "results[i] is the result of args[i], whichever ends first");
    expect_int("in-the-caller", EQUAL, 0, "workers run the tasks");
}

/* Items 0 and 4 fail; 4 is the first to end. */
Test(map, errors)
{
    struct gate gate = GATE;
    struct job jobs[6];
    void *results[6];
    int returned, ran = 0;

    memset(jobs, 0, sizeof jobs);
    jobs[0].error = ERANGE;
    jobs[4].error = EDOM;
    map_six(jobs, &gate, results, &returned);
    for (int i = 0; i < 6; i++)
        ran += jobs[i].ran;
    observe_int("returned", returned);
    observe_int("ran", ran);
    observe_int("result", results[5] == &jobs[5]);
}

Expect(map, errors)
{
    expect_int("returned", EQUAL, ERANGE,
               "pool_map() returns the error of the lowest item that has one, "
               "whichever ended first");
    expect_int("ran", EQUAL, 6, "all items are run, whatever errors there are");
    expect_int("result", EQUAL, 1, "those without an error have their result");
}

Test(map, all_at_once)
{
    struct meeting meeting = MEETING(3);
    struct pool *pool = new_pool(3, 3);
    struct job jobs[3];
    void *args[3], *results[3];

    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < 3; i++) {
        jobs[i].meeting = &meeting;
        args[i] = &jobs[i];
    }
    pool_map(pool, do_job, args, results, 3);
    observe_int("met", jobs[0].met);
    observe_int("nothing", pool_map(pool, do_job, args, results, 0));
    pool_destroy(pool);
}

Expect(map, all_at_once)
{
    expect_int("met", EQUAL, 3,
               "three workers run three items at the same moment");
    expect_int("nothing", EQUAL, 0, "a map over no items has nothing to do");
}

static int map_inside(void *arg, void **result)
{
    struct inside *inside = arg;
    void *args[2] = {&inside->jobs[0], &inside->jobs[1]};
    void *results[2];

    (void)result;
    inside->errors[0] = pool_map(inside->pool, do_job, args, results, 2);
    return 0;
}

Test(map, inside)
{
    struct pool *pool = new_pool(2, 2);
    struct inside inside;

    memset(&inside, 0, sizeof inside);
    run_inside(pool, map_inside, &inside);
    observe_int("returned", inside.errors[0]);
    pool_destroy(pool);
    observe_int("ran", inside.jobs[0].ran + inside.jobs[1].ran);
}

Expect(map, inside)
{
    expect_int("returned", EQUAL, EDEADLK,
               "a map inside a task of the same pool would wait for itself: "
               "EDEADLK");
    expect_int("ran", EQUAL, 0, "and nothing is run");
}

/* ---- step 3: sessions --------------------------------------------------- */

struct session {
    pthread_t owner;
    bool closed;
};

static struct session sessions[8];

static void *open_session(void *arg)
{
    struct session *all = arg;
    int i = atomic_fetch_add_explicit(&told[OPENED], 1, memory_order_relaxed);

    all[i % 8].owner = pthread_self();
    return &all[i % 8];
}

static void close_session(void *arg)
{
    struct session *session = arg;

    tell(CLOSED);
    if (!pthread_equal(session->owner, pthread_self()))
        tell(STRANGERS);
    session->closed = true;
}

static struct pool *new_pool_with_sessions(int workers)
{
    struct pool_config config = {.workers = workers,
                                 .capacity = 4,
                                 .open_session = open_session,
                                 .close_session = close_session,
                                 .arg = sessions};
    struct pool *pool;

    tell_nothing();
    caller = pthread_self();
    memset(sessions, 0, sizeof sessions);
    pool = pool_create(&config);
    cr_assert(pool != NULL, "pool_create() returned NULL");
    return pool;
}

/* All workers are here at once; whose session does each have? */
static int look_at_session(void *arg, void **result)
{
    struct session *session = pool_session();

    meet(arg);
    if (session == NULL || !pthread_equal(session->owner, pthread_self()))
        tell(STRANGERS);
    *result = session;
    return 0;
}

Test(session, each_worker)
{
    struct meeting meeting = MEETING(3);
    struct pool *pool = new_pool_with_sessions(3);
    struct future *futures[6];
    void *seen[6] = {NULL};
    int distinct = 0;

    for (int i = 0; i < 6; i++)
        cr_assert(pool_submit(pool, look_at_session, &meeting, &futures[i]) ==
                      0,
                  "pool_submit() returned an error");
    for (int i = 0; i < 6; i++) {
        future_wait(futures[i], &seen[i]);
        future_destroy(futures[i]);
    }
    for (int i = 0; i < 6; i++) {
        bool again = false;

        for (int k = 0; k < i; k++)
            again = again || seen[k] == seen[i];
        distinct += !again;
    }
    observe_int("opened", heard(OPENED));
    observe_int("distinct", distinct);
    observe_int("not-its-own", heard(STRANGERS));
    observe_int("outside", pool_session() == NULL);
    pool_destroy(pool);
}

Expect(session, each_worker)
{
    expect_int("opened", EQUAL, 3,
               "each of the three workers opens a session, once");
    expect_int("distinct", EQUAL, 3, "no two workers share a session");
    expect_int("not-its-own", EQUAL, 0,
               "a task sees the session that its own worker has opened");
    expect_int("outside", EQUAL, 1, "outside a task there is no session");
}

/* ---- step 4: the end ---------------------------------------------------- */

struct closer {
    struct pool *pool;
    enum pool_ending ending;
    int error;
    pthread_t thread;
};

static void *shut_down(void *arg)
{
    struct closer *closer = arg;

    closer->error = pool_shutdown(closer->pool, closer->ending);
    tell(RETURNED);
    return NULL;
}

/*
 * One worker is held at a gate, three tasks stand in the queue, and somebody
 * shuts down.
 */
static void end_with_tasks(enum pool_ending ending)
{
    struct gate gate = GATE;
    int before = threads_alive();
    struct closer closer = {new_pool(1, 4), ending, -1, 0};
    struct job jobs[5];
    int error, ran = 0, as_expected = 0;

    memset(jobs, 0, sizeof jobs);
    jobs[0].gate = &gate;
    for (int i = 0; i < 4; i++) {
        submit(closer.pool, &jobs[i]);
        if (i == 0)
            settle();
    }
    closer.thread = start(shut_down, &closer);
    settle();
    observe_int("returned-before", heard(RETURNED));
    error = pool_submit(closer.pool, do_job, &jobs[4], &jobs[4].future);
    observe_int("late", error);
    gate_open(&gate);
    pthread_join(closer.thread, NULL);
    observe_int("returned", closer.error);
    observe_int("workers", threads_alive() - before);
    error = pool_submit(closer.pool, do_job, &jobs[4], &jobs[4].future);
    observe_int("later", error);
    for (int i = 0; i < 4; i++) {
        error = outcome(&jobs[i]);
        as_expected +=
            error == (i > 0 && ending == POOL_CANCEL ? ECANCELED : 0);
        ran += jobs[i].ran;
    }
    observe_int("outcomes", as_expected);
    observe_int("ran", ran);
    pool_destroy(closer.pool);
}

static void expect_end(void)
{
    expect_int("returned-before", EQUAL, 0,
               "pool_shutdown() waits for the task that runs");
    expect_int("late", EQUAL, ESHUTDOWN,
               "once the end has begun, nothing more is accepted");
    expect_int("returned", EQUAL, 0, "the first pool_shutdown() returns 0");
    expect_int("workers", EQUAL, 0,
               "when pool_shutdown() returns, no worker is left");
    expect_int("later", EQUAL, ESHUTDOWN,
               "a pool that was shut down accepts nothing");
}

Test(shutdown, drains)
{
    end_with_tasks(POOL_DRAIN);
}

Expect(shutdown, drains)
{
    expect_end();
    expect_int("outcomes", EQUAL, 4, "draining runs every task in the queue");
    expect_int("ran", EQUAL, 4, "draining runs every task in the queue");
}

Test(shutdown, cancels)
{
    end_with_tasks(POOL_CANCEL);
}

Expect(shutdown, cancels)
{
    expect_end();
    expect_int("outcomes", EQUAL, 4,
               "the task that runs ends as always; the futures of those in "
               "the queue get ECANCELED");
    expect_int("ran", EQUAL, 1, "cancelled tasks are not run");
}

/* Two are blocked in pool_submit() when the end comes. */
Test(shutdown, blocked)
{
    struct gate gate = GATE;
    struct pool *pool = new_pool(1, 1);
    struct job jobs[4];
    struct submitter submitters[2];
    struct closer closer = {pool, POOL_DRAIN, -1, 0};
    int right = 0;

    memset(jobs, 0, sizeof jobs);
    jobs[0].gate = &gate;
    submit(pool, &jobs[0]);
    settle();
    submit(pool, &jobs[1]);
    for (int i = 0; i < 2; i++) {
        submitters[i] = (struct submitter){pool, &jobs[2 + i], 1, -1, 0};
        submitters[i].thread = start(submit_all, &submitters[i]);
    }
    settle();
    observe_int("blocked", 2 - heard(RETURNED) - heard(ACCEPTED));
    closer.thread = start(shut_down, &closer);
    settle();
    observe_int("let-go", heard(RETURNED));
    gate_open(&gate);
    pthread_join(closer.thread, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_join(submitters[i].thread, NULL);
        right += submitters[i].error == ESHUTDOWN;
    }
    observe_int("right", right);
    observe_int("ran", outcome(&jobs[0]) == 0 && outcome(&jobs[1]) == 0);
    pool_destroy(pool);
}

Expect(shutdown, blocked)
{
    expect_int("blocked", EQUAL, 2, "while the queue is full, they block");
    expect_int("let-go", EQUAL, 2,
               "pool_shutdown() lets those go who are blocked in "
               "pool_submit(), and does not wait for a task to do so");
    expect_int("right", EQUAL, 2, "and they get ESHUTDOWN");
    expect_int("ran", EQUAL, 1, "draining runs every task in the queue");
}

/* Three workers that have nothing to do; each has a session. */
Test(shutdown, idle)
{
    int before = threads_alive();
    struct pool *pool = new_pool_with_sessions(3);
    int closed = 0;

    settle();
    observe_int("returned", pool_shutdown(pool, POOL_CANCEL));
    observe_int("workers", threads_alive() - before);
    for (int i = 0; i < 3; i++)
        closed += sessions[i].closed;
    observe_int("closed", closed);
    observe_int("calls", heard(CLOSED));
    observe_int("by-others", heard(STRANGERS));
    /* A worker that is still there closes its session now, at the latest:
     * after the next call there would be an order, by the pool's lock. */
    settle();
    observe_int("again", pool_shutdown(pool, POOL_DRAIN));
    pool_destroy(pool);
}

Expect(shutdown, idle)
{
    expect_int("returned", EQUAL, 0, "workers that wait for a task end too");
    expect_int("workers", EQUAL, 0,
               "when pool_shutdown() returns, no worker is left");
    expect_int("closed", EQUAL, 3, "each worker closes its session");
    expect_int("calls", EQUAL, 3, "each worker closes its session, once");
    expect_int("by-others", EQUAL, 0,
               "the worker that opened a session closes it");
    expect_int("again", EQUAL, ESHUTDOWN, "a pool can be shut down only once");
}

static int shut_down_inside(void *arg, void **result)
{
    struct inside *inside = arg;

    (void)result;
    inside->errors[0] = pool_shutdown(inside->pool, POOL_DRAIN);
    inside->errors[1] = pool_submit(inside->pool, do_job, &inside->jobs[0],
                                    &inside->jobs[0].future);
    return 0;
}

Test(shutdown, inside)
{
    struct pool *pool = new_pool(1, 1);
    struct inside inside;

    memset(&inside, 0, sizeof inside);
    run_inside(pool, shut_down_inside, &inside);
    observe_int("returned", inside.errors[0]);
    observe_int("submit", inside.errors[1]);
    pool_destroy(pool);
    observe_int("ran", inside.jobs[0].ran);
    if (inside.errors[1] == 0)
        future_destroy(inside.jobs[0].future);
}

Expect(shutdown, inside)
{
    expect_int("returned", EQUAL, EDEADLK,
               "a worker that shuts down its own pool would wait for its own "
               "end: EDEADLK");
    expect_int("submit", EQUAL, 0, "and nothing has happened");
    expect_int("ran", EQUAL, 1,
               "pool_destroy() drains a pool that was not shut down");
}

/* The second of three threads cannot be created. */
Test(shutdown, half_made)
{
    struct pool_config config = {.workers = 3, .capacity = 1};
    int before = threads_alive();
    struct pool *pool;

    fail_thread_create_after(1);
    pool = pool_create(&config);
    fail_thread_create_after(-1);
    observe_int("none", pool == NULL);
    observe_int("workers", threads_alive() - before);
    if (pool != NULL)
        pool_destroy(pool);
}

Expect(shutdown, half_made)
{
    expect_int("none", EQUAL, 1,
               "without all its threads there is no pool: NULL");
    expect_int("workers", EQUAL, 0,
               "and the threads that were created have ended");
}

/* ---- faults: any call may fail -------------------------------------------
 *
 * Each of these runs many times, and each time another call of the student's
 * code fails. An error that is returned is right; then the test gives back
 * what it has.
 */

/* Each task has a number of its own, and adds one to it. */
static int add_one(void *arg, void **result)
{
    *(int *)arg += 1;
    *result = arg;
    return 0;
}

static void observe_errors(int errors)
{
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", errors);
}

static void *set_to_letter(void *future)
{
    settle(); /* until the other one waits */
    future_set(future, 0, &letter);
    return NULL;
}

Test(faults, future)
{
    struct future *future = future_create();
    void *result = NULL;
    pthread_t setter;
    int error;

    if (future == NULL) {
        observe_errors(1);
        return;
    }
    setter = start(set_to_letter, future);
    error = future_wait(future, &result);
    pthread_join(setter, NULL);
    future_destroy(future);
    observe_errors(error != 0);
    observe_int("wrong", error == 0 && result != &letter);
}

Expect(faults, future)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0, "the waiter gets what was set");
}

enum { FEW = 4 };

/* What became of the tasks: those that were taken ran once. */
static int wrong_numbers(const int numbers[FEW], const bool ran[FEW])
{
    int wrong = 0;

    for (int i = 0; i < FEW; i++)
        wrong += numbers[i] != (ran[i] ? 1 : 0);
    return wrong;
}

enum { WORKERS_OF_FEW = 2 };

static struct meeting until_shutdown = MEETING(99);

/* Lasts until nothing else can move: the pool has been shut down, and what
 * stood in the queue then stood there for certain. */
static int add_one_late(void *arg, void **result)
{
    meet(&until_shutdown);
    return add_one(arg, result);
}

static void submit_some(enum pool_ending ending)
{
    struct pool_config config = {.workers = WORKERS_OF_FEW, .capacity = 2};
    struct pool *pool = pool_create(&config);
    int numbers[FEW] = {0}, errors = 0;
    struct future *futures[FEW] = {NULL};
    bool ran[FEW] = {false};

    if (pool == NULL) {
        observe_errors(1);
        return;
    }
    settle(); /* until the workers wait for something to do */
    for (int i = 0; i < FEW; i++)
        if (pool_submit(pool, i < WORKERS_OF_FEW ? add_one_late : add_one,
                        &numbers[i], &futures[i]) != 0) {
            futures[i] = NULL;
            errors++;
        }
    errors += pool_shutdown(pool, ending) != 0;
    for (int i = 0; i < FEW; i++) {
        void *result;

        if (futures[i] == NULL)
            continue;
        ran[i] = future_wait(futures[i], &result) == 0;
        errors += !ran[i] && ending == POOL_DRAIN;
        future_destroy(futures[i]);
    }
    pool_destroy(pool);
    observe_errors(errors);
    observe_int("wrong", wrong_numbers(numbers, ran));
}

Test(faults, drain)
{
    submit_some(POOL_DRAIN);
}

Expect(faults, drain)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a task that was taken runs once, and one that was refused "
               "does not run");
}

Test(faults, cancel)
{
    submit_some(POOL_CANCEL);
}

Expect(faults, cancel)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a task runs once or not at all, as its future says");
}

Test(faults, map)
{
    struct pool_config config = {.workers = 2, .capacity = 2};
    struct pool *pool = pool_create(&config);
    int numbers[FEW] = {0}, wrong = 0, error;
    void *args[FEW], *results[FEW] = {NULL};

    if (pool == NULL) {
        observe_errors(1);
        return;
    }
    for (int i = 0; i < FEW; i++)
        args[i] = &numbers[i];
    error = pool_map(pool, add_one, args, results, FEW);
    settle(); /* until the workers sleep: what wakes them, and whom, shows */
    pool_destroy(pool);
    for (int i = 0; i < FEW; i++)
        wrong +=
            error == 0 ? numbers[i] != 1 || results[i] == NULL : numbers[i] > 1;
    observe_errors(error != 0);
    observe_int("wrong", wrong);
}

Expect(faults, map)
{
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("wrong", EQUAL, 0,
               "a map that returns 0 has run every task once and has results; "
               "one that returns an error has run none twice");
}

/* ---- schedules: through every interleaving ---------------------------------
 *
 * A pool with one worker or two, a task or two, and one thread beside the
 * test's own: few steps, so that the search comes to its end. Nobody is held
 * back here. Whoever can come too early or too late does so in some schedule.
 */

static void *set_it(void *future)
{
    future_set(future, EDOM, &letter);
    return NULL;
}

/* The one that waits frees the future at once; the setter may still be in
 * future_set(). */
Test(schedules, future_freed_at_once)
{
    struct future *future = new_future();
    pthread_t setter = start(set_it, future);
    void *result = NULL;

    observe_int("error", future_wait(future, &result));
    future_destroy(future);
    observe_int("result", result == &letter);
    pthread_join(setter, NULL);
}

Expect(schedules, future_freed_at_once)
{
    expect_int("error", EQUAL, EDOM, "future_wait() returns the error set");
    expect_int("result", EQUAL, 1, "future_wait() hands out the result set");
}

/* Two wait; neither may sleep for ever, nor come back too early. */
Test(schedules, future_of_two)
{
    struct waiter waiters[2];

    waiters[0] = (struct waiter){.future = new_future(), .error = -1};
    waiters[1] = waiters[0];
    for (int i = 0; i < 2; i++)
        waiters[i].thread = start(wait_for_it, &waiters[i]);
    future_set(waiters[0].future, EDOM, &letter);
    for (int i = 0; i < 2; i++)
        pthread_join(waiters[i].thread, NULL);
    observe_int("errors",
                (waiters[0].error == EDOM) + (waiters[1].error == EDOM));
    observe_int("results", (waiters[0].result == &letter) +
                               (waiters[1].result == &letter));
    future_destroy(waiters[0].future);
}

Expect(schedules, future_of_two)
{
    expect_int("errors", EQUAL, 2, "everyone who waits gets the outcome");
    expect_int("results", EQUAL, 2, "everyone who waits gets the outcome");
}

static struct pool *small_pool(int workers, int capacity)
{
    struct pool_config config = {.workers = workers, .capacity = capacity};
    struct pool *pool = pool_create(&config);

    cr_assert(pool != NULL, "pool_create() returned NULL");
    return pool;
}

/* One task, submitted by whichever thread. */
struct errand {
    struct pool *pool;
    int ran;
    int error; /* of pool_submit() */
    struct future *future;
    pthread_t thread;
};

static void *submit_errand(void *arg)
{
    struct errand *errand = arg;

    errand->error =
        pool_submit(errand->pool, add_one, &errand->ran, &errand->future);
    return NULL;
}

/* The outcome of the task, or the error of pool_submit(). */
static int end_of(struct errand *errand)
{
    void *result = NULL;
    int error;

    if (errand->error != 0)
        return errand->error;
    error = future_wait(errand->future, &result);
    future_destroy(errand->future);
    return error == 0 && result != &errand->ran ? -1 : error;
}

static void expect_run(int tasks)
{
    expect_int("right", EQUAL, tasks,
               "each task that was accepted is run, and its future has what it "
               "returned");
    expect_int("once", EQUAL, tasks, "each task runs once");
}

/* The second has to wait until the worker has taken the first. */
Test(schedules, one_worker)
{
    struct errand errands[2] = {{.pool = small_pool(1, 1)}};
    int right = 0;

    errands[1] = errands[0];
    for (int i = 0; i < 2; i++)
        submit_errand(&errands[i]);
    for (int i = 0; i < 2; i++)
        right += end_of(&errands[i]) == 0;
    observe_int("right", right);
    observe_int("once", (errands[0].ran == 1) + (errands[1].ran == 1));
    pool_destroy(errands[0].pool);
}

Expect(schedules, one_worker)
{
    expect_run(2);
}

/* One gets the task, and both come to their end. */
Test(schedules, two_workers)
{
    struct errand errand = {.pool = small_pool(2, 1)};

    submit_errand(&errand);
    observe_int("right", end_of(&errand) == 0);
    observe_int("once", errand.ran == 1);
    pool_destroy(errand.pool);
}

Expect(schedules, two_workers)
{
    expect_run(1);
}

/* One place in the queue; one task may stand there when two more come. */
Test(schedules, one_place_for_two)
{
    struct errand errands[3] = {{.pool = small_pool(1, 1)}};
    int right = 0, once = 0;

    errands[1] = errands[2] = errands[0];
    submit_errand(&errands[0]);
    errands[1].thread = start(submit_errand, &errands[1]);
    submit_errand(&errands[2]);
    pthread_join(errands[1].thread, NULL);
    for (int i = 0; i < 3; i++) {
        right += end_of(&errands[i]) == 0;
        once += errands[i].ran == 1;
    }
    observe_int("right", right);
    observe_int("once", once);
    pool_destroy(errands[0].pool);
}

Expect(schedules, one_place_for_two)
{
    expect_run(3);
}

/* The queue is full, and two wait for room: there will be room for both. */
Test(schedules, room_for_two)
{
    struct errand errands[4] = {{.pool = small_pool(1, 2)}};
    int right = 0;

    for (int i = 1; i < 4; i++)
        errands[i] = errands[0];
    submit_errand(&errands[0]);
    submit_errand(&errands[1]);
    errands[2].thread = start(submit_errand, &errands[2]);
    submit_errand(&errands[3]);
    pthread_join(errands[2].thread, NULL);
    pool_shutdown(errands[0].pool, POOL_DRAIN);
    for (int i = 0; i < 4; i++)
        right += end_of(&errands[i]) == 0 && errands[i].ran == 1;
    observe_int("right", right);
    pool_destroy(errands[0].pool);
}

Expect(schedules, room_for_two)
{
    expect_int("right", EQUAL, 4,
               "whoever is blocked because the queue is full goes on when "
               "there is room, and each task is run, once");
}

/* Two items, one worker, one place. */
Test(schedules, map_of_two)
{
    struct pool *pool = small_pool(1, 1);
    int numbers[2] = {0};
    void *args[2] = {&numbers[0], &numbers[1]}, *results[2] = {NULL};

    observe_int("returned", pool_map(pool, add_one, args, results, 2));
    observe_int("right", (results[0] == args[0] && numbers[0] == 1) +
                             (results[1] == args[1] && numbers[1] == 1));
    pool_destroy(pool);
}

Expect(schedules, map_of_two)
{
    expect_int("returned", EQUAL, 0, "no task failed");
    expect_int("right", EQUAL, 2,
               "results[i] is the result of args[i], and each is run once");
}

/* The end comes while a task stands in the queue, runs, or is over. */
static void end_with_errand(enum pool_ending ending)
{
    struct errand errand = {.pool = small_pool(1, 1)};
    int end;

    submit_errand(&errand);
    observe_int("returned", pool_shutdown(errand.pool, ending));
    end = end_of(&errand);
    if (ending == POOL_DRAIN)
        observe_int("outcome", end);
    else
        observe_int("other-outcome", end == 0 || end == ECANCELED ? 0 : end);
    observe_int("ran-otherwise", errand.ran != (end == 0 ? 1 : 0));
    pool_destroy(errand.pool);
}

static void expect_told(void)
{
    expect_int("ran-otherwise", EQUAL, 0,
               "the future says what became of the task: 0 when it ran, an "
               "error when it did not");
}

Test(schedules, drain)
{
    end_with_errand(POOL_DRAIN);
}

Expect(schedules, drain)
{
    expect_int("returned", EQUAL, 0, "the first pool_shutdown() returns 0");
    expect_int("outcome", EQUAL, 0, "draining runs every task in the queue");
    expect_told();
}

Test(schedules, cancel)
{
    end_with_errand(POOL_CANCEL);
}

Expect(schedules, cancel)
{
    expect_int("returned", EQUAL, 0, "the first pool_shutdown() returns 0");
    expect_int("other-outcome", EQUAL, 0,
               "a task was run, or its future gets ECANCELED");
    expect_told();
}

/* One submits while another shuts down: accepted and run, or refused. */
Test(schedules, submit_at_the_end)
{
    struct errand errand = {.pool = small_pool(1, 1)};
    int end;

    errand.thread = start(submit_errand, &errand);
    pool_shutdown(errand.pool, POOL_DRAIN);
    pthread_join(errand.thread, NULL);
    end = end_of(&errand);
    observe_int("other-outcome", end == 0 || end == ESHUTDOWN ? 0 : end);
    observe_int("ran-otherwise", errand.ran != (end == 0 ? 1 : 0));
    pool_destroy(errand.pool);
}

Expect(schedules, submit_at_the_end)
{
    expect_int("other-outcome", EQUAL, 0,
               "a task comes before the end and is run, or after it and is "
               "refused with ESHUTDOWN");
    expect_told();
}

/* Two shut down; one of them is the first. */
static void *end_it(void *arg)
{
    struct closer *closer = arg;

    closer->error = pool_shutdown(closer->pool, closer->ending);
    return NULL;
}

Test(schedules, two_ends)
{
    struct closer closers[2] = {{small_pool(1, 1), POOL_DRAIN, -1, 0}};

    closers[1] = closers[0];
    closers[1].thread = start(end_it, &closers[1]);
    end_it(&closers[0]);
    pthread_join(closers[1].thread, NULL);
    observe_int("first", (closers[0].error == 0) + (closers[1].error == 0));
    observe_int("again", (closers[0].error == ESHUTDOWN) +
                             (closers[1].error == ESHUTDOWN));
    pool_destroy(closers[0].pool);
}

Expect(schedules, two_ends)
{
    expect_int("first", EQUAL, 1, "a pool can be shut down only once");
    expect_int("again", EQUAL, 1,
               "ESHUTDOWN for the one that finds it shut down");
}
