/*
 * tests.c - what is observed of the process pool, and what must be.
 *
 * A worker brings back what it has seen as the result of its item: struct
 * report. Where that is not enough (how often was an item begun? did a worker
 * call finish()?) it counts in a page that is shared by all processes. It
 * waits for others in a meeting, and so every run comes out alike.
 */
#define _GNU_SOURCE
#include "interleave.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process-pool.h"

/* ---- what the processes tell each other --------------------------------- */

enum { JOBS_MAX = 16, ENDS_MAX = 12 };

/* Counts, in memory that all processes share. */
static struct shared {
    atomic_int initialized, finished, strays, left_by_exit, in_the_caller;
    atomic_int init_fails; /* this call of initialize(), from 1 on; 0: none */
    atomic_int init_kills; /* this one dies; -1: all but the first */
    atomic_int torn;       /* items that were not as they were sent */
    atomic_int begun[JOBS_MAX];
} * shared;

static pid_t caller;         /* the process of the test */
static int initialized_here; /* calls of initialize() in this process */

/* Runs when a process ends by exit(), as no worker does. */
static void note_exit(void)
{
    if (shared != NULL && getpid() != caller)
        shared->left_by_exit++;
}

static void begin(void)
{
    static bool registered;

    if (!registered)
        atexit(note_exit);
    registered = true;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(shared != MAP_FAILED, "the test has no memory");
    caller = getpid();
    initialized_here = 0;
}

/* A worker that comes back into the caller's code goes no further. */
static void stay(void)
{
    if (getpid() == caller)
        return;
    shared->strays++;
    _exit(9);
}

/* Waits until nobody else goes on. The meeting is the same in all processes:
 * it is larger than all of them together, for else two would meet in it. */
static void settle(void)
{
    static struct meeting nobody_comes = MEETING(99);

    meet(&nobody_comes);
}

/* ---- what is open ------------------------------------------------------- */

/* One end of a pipe or of a socket pair. */
struct end {
    unsigned long long inode;
    int mode; /* the two ends of a pipe have the same inode */
};

static struct end before[64]; /* open before there was a pool */
static int before_count;

static bool find_end(const struct end *ends, int count, struct end end)
{
    for (int i = 0; i < count; i++)
        if (ends[i].inode == end.inode && ends[i].mode == end.mode)
            return true;
    return false;
}

/* The ends that this process has, but for those open before; how many. */
static int list_ends(struct end *ends, int most)
{
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit limit = {.rlim_cur = 0};
    struct dirent *entry;
    int n = 0;

    getrlimit(RLIMIT_NOFILE, &limit);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        int fd = atoi(entry->d_name);
        char path[64], text[64] = "";
        struct end end;

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (entry->d_name[0] == '.' || (rlim_t)fd >= limit.rlim_cur ||
            readlink(path, text, sizeof text - 1) <= 0 ||
            sscanf(text, "%*[a-z]:[%llu]", &end.inode) != 1)
            continue;
        end.mode = fcntl(fd, F_GETFL) & O_ACCMODE;
        if (n < most && !find_end(before, before_count, end))
            ends[n++] = end;
    }
    if (folder != NULL)
        closedir(folder);
    return n;
}

/* Pieces of memory that this process shares with others. */
static int count_shared(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512], mode[5];
    int n = 0;

    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        n += sscanf(line, "%*x-%*x %4s", mode) == 1 && mode[3] == 's';
    if (maps != NULL)
        fclose(maps);
    return n;
}

static int count_children(void)
{
    char path[64], text[1024] = "", *at = text, *end;
    int n = 0, fd;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
        n = -1;
    close(fd);
    for (; strtol(at, &end, 10) > 0; at = end)
        n++;
    return n;
}

/* ---- an item, and what its worker reports ------------------------------- */

enum ending { LIVES, KILLED, EXITS, ABORTS };

struct job {
    int number;
    int error; /* to return */
    enum ending ending;
    struct meeting *meeting; /* wait there; it is the same in all processes */
    bool late;               /* then until nobody else goes on: mixed up or
                                not, its result comes last */
    bool disturb;            /* then send the caller a signal */
    int write_to;            /* then write a byte there, unless 0 */
    bool look;               /* then look at what is open, and shared */
    bool more;               /* then MORE bytes follow in the item */
    bool compare;            /* with the table of before the fork */
    bool empty;              /* a result of no bytes, but with a block */
    size_t result_size;      /* at least; 0: just the report */
};

struct report {
    int number;
    pid_t pid, parent;
    int initialized;
    int met;
    size_t heap; /* bytes of malloc() in use */
    int written;
    int shared; /* pieces of memory */
    int end_count;
    struct end ends[ENDS_MAX];
};

enum { MORE = 3000 }; /* little enough for one read(): see large/ */

static struct {
    struct job jobs[JOBS_MAX];
    char more[MORE];
} table;

static struct job *const jobs = table.jobs;
static struct process_pool_result results[JOBS_MAX];
static struct report reports[JOBS_MAX];

static void die(enum ending ending)
{
    if (getpid() == caller)
        return;
    if (ending == KILLED)
        kill(getpid(), SIGKILL);
    if (ending == EXITS)
        _exit(3);
    if (ending == ABORTS)
        abort();
}

/* Interrupts the caller, and waits until it is asleep again: so that it sees
 * the signal by itself, and not together with a result. */
static void disturb_caller(void)
{
    kill(caller, SIGUSR1);
    settle();
}

static int do_job(const struct bytes *item, struct bytes *result)
{
    struct report report = {.pid = getpid(), .parent = getppid()};
    struct mallinfo2 heap = mallinfo2();
    struct job job;

    memcpy(&job, item->data, sizeof job);
    shared->torn +=
        job.compare && memcmp(item->data, &jobs[job.number], item->size) != 0;
    shared->begun[job.number]++;
    shared->in_the_caller += getpid() == caller;
    die(job.ending);
    report.number = job.number;
    report.initialized = initialized_here;
    report.heap = heap.uordblks + heap.hblkhd;
    if (job.meeting != NULL)
        report.met = meet(job.meeting);
    if (job.late && getpid() != caller)
        settle();
    if (job.disturb && getpid() != caller)
        disturb_caller();
    if (job.write_to != 0)
        report.written = (int)write(job.write_to, "x", 1);
    if (job.look) {
        report.end_count = list_ends(report.ends, ENDS_MAX);
        report.shared = count_shared();
    }
    result->size = sizeof report;
    if (job.result_size > sizeof report)
        result->size = job.result_size;
    result->data = calloc(1, result->size);
    if (result->data == NULL)
        return ENOMEM;
    memcpy(result->data, &report, sizeof report);
    if (job.empty)
        result->size = 0;
    return job.error;
}

static int count_initialize(void *arg)
{
    int number = ++shared->initialized;

    initialized_here++;
    if (number == shared->init_kills || (shared->init_kills < 0 && number > 1))
        die(KILLED);
    if (number == shared->init_fails)
        return EDOM;
    return arg == &shared ? 0 : EINVAL;
}

static void finish_at_once(void *arg)
{
    if (arg == &shared)
        shared->finished++;
    shared->in_the_caller += getpid() == caller;
}

/* Late: a pool that does not wait for its workers is gone before, each time. */
static void count_finish(void *arg)
{
    if (getpid() != caller)
        settle();
    finish_at_once(arg);
}

static const struct process_pool_config plain = {.work = do_job};
static const struct process_pool_config counting = {
    .work = do_job,
    .initialize = count_initialize,
    .finish = count_finish,
    .arg = &shared,
};

/* What stands in a pointer before there is a pool; it leads nowhere. */
static struct process_pool *no_pool(void)
{
    static char nowhere;

    return (void *)&nowhere;
}

static struct process_pool *new_pool(int workers,
                                     const struct process_pool_config *like)
{
    struct process_pool_config config = *like;
    struct process_pool *pool = no_pool();
    int error;

    config.workers = workers;
    error = process_pool_create(&pool, &config);
    memset(&config, 0, sizeof config);
    stay();
    cr_assert(error == 0, "process_pool_create() returned %d", error);
    cr_assert(pool != NULL && pool != no_pool(),
              "process_pool_create() made no pool");
    return pool;
}

static void end_pool(struct process_pool *pool)
{
    process_pool_destroy(pool);
    stay();
}

/* Another caller, in a process of its own. When it is gone, those of its
 * workers that are left become children of the test, which waits for them.
 * Returns how many processes have ended. */
static int outlive(void (*program)(void), int *program_status)
{
    pid_t child, ended;
    int n = 0, status = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    child = fork();
    cr_assert(child >= 0, "the test could not fork");
    if (child == 0) {
        caller = getpid();
        program();
        _exit(1);
    }
    while ((ended = waitpid(-1, &status, 0)) > 0) {
        n++;
        if (ended == child)
            *program_status = status;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    return n;
}

static void new_jobs(void)
{
    memset(&table, 0, sizeof table);
}

/* Maps the first `count` jobs; results and reports say what came of it. */
static int map_jobs(struct process_pool *pool, int count)
{
    struct bytes items[JOBS_MAX] = {{0, NULL}};
    int error;

    memset(reports, 0, sizeof reports);
    for (int i = 0; i < count; i++) {
        jobs[i].number = i;
        items[i].size = sizeof jobs[i] + (jobs[i].more ? MORE : 0);
        items[i].data = (char *)&table + i * sizeof jobs[i];
        results[i] = (struct process_pool_result){-1, {1, &table}};
    }
    error = process_pool_map(pool, items, results, (size_t)count);
    stay();
    for (int i = 0; i < count; i++) {
        struct bytes *bytes = &results[i].bytes;

        if (bytes->data == &table)
            continue; /* left as it was */
        if (results[i].error == 0 && bytes->data != NULL &&
            bytes->size >= sizeof reports[i])
            memcpy(&reports[i], bytes->data, sizeof reports[i]);
        if (bytes->data != NULL)
            free(bytes->data);
    }
    return error;
}

/* The outcome of job i is what it must be. */
static bool right(int i)
{
    const struct job *job = &jobs[i];
    int error = job->ending != LIVES ? ECHILD : job->error;
    size_t size = job->result_size > sizeof(struct report)
                      ? job->result_size
                      : sizeof(struct report);

    if (results[i].error != error)
        return false;
    if (error != 0)
        return results[i].bytes.size == 0 && results[i].bytes.data == NULL;
    if (job->empty)
        return results[i].bytes.size == 0;
    return results[i].bytes.size == size && reports[i].number == i &&
           reports[i].pid != 0;
}

static int count_right(int count)
{
    int n = 0;

    for (int i = 0; i < count; i++)
        n += right(i);
    return n;
}

static int count_pids(int count)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        bool first = reports[i].pid != 0;

        for (int k = 0; k < i; k++)
            first = first && reports[k].pid != reports[i].pid;
        n += first;
    }
    return n;
}

/* As many jobs as workers, which all meet: each worker has one of them. */
static int map_to_each(struct process_pool *pool, int workers)
{
    static struct meeting meetings[] = {MEETING(0), MEETING(1), MEETING(2),
                                        MEETING(3), MEETING(4), MEETING(5)};
    int met = workers;

    for (int i = 0; i < workers; i++)
        jobs[i].meeting = &meetings[workers];
    map_jobs(pool, workers);
    for (int i = 0; i < workers; i++)
        met = reports[i].met < met ? reports[i].met : met;
    return met;
}

/* ---- items go to workers, results come back ----------------------------- */

Test(map, in_order)
{
    struct process_pool *pool;
    int children = 0, common;

    begin();
    common = count_shared();
    pool = new_pool(2, &plain);
    new_jobs();
    jobs[0].late = true;
    jobs[4].look = true;
    observe_int("returned", map_jobs(pool, 5));
    observe_int("right", count_right(5));
    observe_int("in-the-caller", shared->in_the_caller);
    for (int i = 0; i < 5; i++)
        children += reports[i].parent == caller;
    observe_int("children", children);
    observe_int("shared", reports[4].shared - common);
    observe_int("nothing", process_pool_map(pool, NULL, NULL, 0));
    stay();
    end_pool(pool);
    observe_int("strays", shared->strays);
}

Expect(map, in_order)
{
    expect_int("returned", EQUAL, 0, "every item has a result");
    expect_int("right", EQUAL, 5, "results[i] is the result of items[i]");
    expect_int("in-the-caller", EQUAL, 0,
               "work() runs in a worker, and not in the caller's process");
    expect_int("children", EQUAL, 5,
               "each worker is a child of the caller's process");
    expect_int("shared", EQUAL, 0,
               "a worker shares no memory with its caller: items and results "
               "go through pipes or socket pairs");
    expect_int("nothing", EQUAL, 0, "a map over no items has nothing to do");
    expect_int("strays", EQUAL, 0,
               "a worker never returns into the caller's code: it ends with "
               "_exit()");
}

Test(map, errors)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(2, &counting);
    new_jobs();
    jobs[2].error = ERANGE;
    jobs[3].error = -7;
    jobs[5].error = EDOM;
    jobs[6].error = 1 << 16; /* whose lower bytes are 0 */
    observe_int("returned", map_jobs(pool, 7));
    observe_int("right", count_right(7));
    observe_int("workers", shared->initialized);
    end_pool(pool);
}

Expect(map, errors)
{
    expect_int("returned", EQUAL, ERANGE,
               "process_pool_map() returns the error of the lowest item that "
               "has one");
    expect_int("right", EQUAL, 7,
               "what work() returned is the error of its item, which then has "
               "no bytes; the others have their results");
    expect_int("workers", EQUAL, 2,
               "a worker goes on after an item that failed");
}

/* The same workers do one map after the other. */
Test(map, again)
{
    struct process_pool *pool;
    struct report all[12];
    int n = 0;

    begin();
    pool = new_pool(3, &plain);
    new_jobs();
    for (int round = 0; round < 4; round++) {
        map_jobs(pool, 3);
        n += count_right(3);
        memcpy(&all[3 * round], reports, 3 * sizeof all[0]);
    }
    memcpy(reports, all, sizeof all);
    observe_int("right", n);
    observe_int("pids", count_pids(12));
    observe_int("children", count_children());
    new_jobs();
    map_jobs(pool, 1);
    observe_int("one", count_right(1));
    end_pool(pool);
    observe_int("left", count_children());
}

Expect(map, again)
{
    expect_int("right", EQUAL, 12, "a pool can be used again and again");
    expect_int("pids", AT_MOST, 3,
               "the workers stay: three processes do all the items");
    expect_int("children", EQUAL, 3,
               "a pool of three workers is three processes");
    expect_int("one", EQUAL, 1, "there may be fewer items than workers");
    expect_int("left", EQUAL, 0,
               "process_pool_destroy() waits for each of its workers");
}

static const size_t sizes[] = {100, 0, 1, 5, 0, 3000, 7};

/* The item, and the first half of it once more. */
static size_t longer_size(size_t size)
{
    return size == 0 ? 3 : size == 5 ? 0 : size + size / 2;
}

static void make_longer(char *to, const struct bytes *item)
{
    if (item->size == 0) {
        memcpy(to, "nil", 3);
    } else {
        memcpy(to, item->data, item->size);
        memcpy(to + item->size, item->data, item->size / 2);
    }
}

static int longer(const struct bytes *item, struct bytes *result)
{
    shared->in_the_caller += getpid() == caller;
    result->size = longer_size(item->size);
    if (result->size == 0)
        return 0;
    result->data = malloc(result->size);
    if (result->data == NULL)
        return ENOMEM;
    make_longer(result->data, item);
    return 0;
}

static const struct process_pool_config longer_ones = {.work = longer};

static bool is_longer(const struct bytes *item,
                      const struct process_pool_result *result)
{
    size_t size = longer_size(item->size);
    char *expected;
    bool equal;

    if (result->error != 0 || result->bytes.size != size ||
        (size > 0 && result->bytes.data == NULL))
        return false;
    if (size == 0)
        return true;
    expected = malloc(size);
    cr_assert(expected != NULL, "the test has no memory");
    make_longer(expected, item);
    equal = memcmp(result->bytes.data, expected, size) == 0;
    free(expected);
    return equal;
}

/* `size` bytes; the first of them are drawn, then they are repeated. */
static struct bytes drawn_bytes(uint64_t *state, size_t size)
{
    struct bytes bytes = {size, size ? malloc(size) : NULL};
    size_t filled = size < 999 ? size : 999; /* divides no buffer's size */
    char *to = bytes.data;

    cr_assert(size == 0 || to != NULL, "the test has no memory");
    for (size_t i = 0; i < filled; i++)
        to[i] = (char)draw(state);
    for (; filled < size; filled *= 2)
        memcpy(to + filled, to,
               filled < size - filled ? filled : size - filled);
    return bytes;
}

/* Items of these sizes: how many come out right. Those of one size are the
 * same: which of them comes first is chance. */
static int map_sizes(int workers, const size_t *of, int count)
{
    struct process_pool *pool = new_pool(workers, &longer_ones);
    struct bytes items[JOBS_MAX];
    int n = 0;

    for (int i = 0; i < count; i++) {
        uint64_t state = seed() + of[i];

        items[i] = drawn_bytes(&state, of[i]);
        results[i] = (struct process_pool_result){.error = -1};
    }
    process_pool_map(pool, items, results, (size_t)count);
    stay();
    for (int i = 0; i < count; i++) {
        n += is_longer(&items[i], &results[i]);
        if (results[i].error == 0)
            free(results[i].bytes.data);
        free(items[i].data);
    }
    end_pool(pool);
    return n;
}

Test(map, sizes)
{
    begin();
    observe_int("right", map_sizes(2, sizes, 7));
    observe_int("in-the-caller", shared->in_the_caller);
}

Expect(map, sizes)
{
    expect_int("right", EQUAL, 7,
               "items and results have any size, and 0 bytes is a size too");
    expect_int("in-the-caller", EQUAL, 0,
               "work() runs in a worker, and not in the caller's process");
}

/* More than fit into a table that is large enough for every other test. */
enum { MANY = 1100, MANY_WORKERS = 12 };

static int square(const struct bytes *item, struct bytes *result)
{
    int n;

    memcpy(&n, item->data, sizeof n);
    n *= n;
    result->data = malloc(sizeof n);
    if (result->data == NULL)
        return ENOMEM;
    result->size = sizeof n;
    memcpy(result->data, &n, sizeof n);
    return 0;
}

static bool is_square(const struct process_pool_result *result, int of)
{
    int n;

    if (result->error != 0 || result->bytes.size != sizeof n ||
        result->bytes.data == NULL)
        return false;
    memcpy(&n, result->bytes.data, sizeof n);
    return n == of * of;
}

Test(map, many)
{
    static const struct process_pool_config squares = {.work = square};
    static int numbers[MANY];
    static struct bytes items[MANY];
    static struct process_pool_result outcomes[MANY];
    struct process_pool *pool;
    int n = 0;

    begin();
    pool = new_pool(MANY_WORKERS, &squares);
    for (int i = 0; i < MANY; i++) {
        numbers[i] = i;
        items[i] = (struct bytes){sizeof numbers[i], &numbers[i]};
        outcomes[i].error = -1;
    }
    observe_int("children", count_children());
    observe_int("returned", process_pool_map(pool, items, outcomes, MANY));
    stay();
    for (int i = 0; i < MANY; i++) {
        n += is_square(&outcomes[i], i);
        free(outcomes[i].bytes.data);
    }
    observe_int("right", n);
    end_pool(pool);
}

Expect(map, many)
{
    expect_int("children", EQUAL, MANY_WORKERS,
               "a pool has as many workers as its caller asked for");
    expect_int("returned", EQUAL, 0, "every item has a result");
    expect_int("right", EQUAL, MANY,
               "a map has any number of items, and results[i] is the result "
               "of items[i]");
}

/* Five jobs for two workers; more of them would meet if they could. */
Test(map, no_more_than_workers)
{
    static struct meeting meeting = MEETING(3);
    struct process_pool *pool;
    int most = 0;

    begin();
    pool = new_pool(2, &plain);
    new_jobs();
    for (int i = 0; i < 5; i++)
        jobs[i].meeting = &meeting;
    map_jobs(pool, 5);
    for (int i = 0; i < 5; i++)
        most = reports[i].met > most ? reports[i].met : most;
    observe_int("right", count_right(5));
    observe_int("met", most);
    end_pool(pool);
}

Expect(map, no_more_than_workers)
{
    expect_int("right", EQUAL, 5, "results[i] is the result of items[i]");
    expect_int("met", AT_MOST, 2,
               "two workers have two items under way, the others wait");
}

/* One worker, twelve items and twelve results of some 3,000 bytes. */
Test(map, worker_keeps_nothing)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(1, &plain);
    new_jobs();
    for (int i = 0; i < 12; i++) {
        jobs[i].more = true;
        jobs[i].result_size = MORE;
        jobs[i].error = i % 2 == 0 && i != 4 ? EDOM : 0;
    }
    jobs[7].empty = jobs[9].empty = true;
    jobs[10].error = 0;
    map_jobs(pool, 12);
    observe_int("right", count_right(12));
    observe_int("growth",
                (long long)reports[11].heap - (long long)reports[4].heap);
    end_pool(pool);
}

Expect(map, worker_keeps_nothing)
{
    expect_int("right", EQUAL, 12, "results[i] is the result of items[i]");
    expect_int("growth", AT_MOST, MORE - 1,
               "a worker frees each item when work() has returned, and each "
               "result when it has sent it, or has no use for it: the item "
               "has failed, or the result is of no bytes");
}

/* ---- more than a pipe holds --------------------------------------------- */

enum { PIPE = 65536, LARGE = 1200000 };

static const size_t around[] = {PIPE - 1, PIPE, PIPE + 1, 200001, 12};
static const size_t large[] = {LARGE, LARGE, LARGE, LARGE};

Test(large, around_the_pipe)
{
    begin();
    observe_int("right", map_sizes(1, around, 5));
    observe_int("in-the-caller", shared->in_the_caller);
}

Expect(large, around_the_pipe)
{
    expect_int("right", EQUAL, 5,
               "an item that one read() or write() does not move is moved by "
               "several");
    expect_int("in-the-caller", EQUAL, 0,
               "work() runs in a worker, and not in the caller's process");
}

Test(large, two_workers)
{
    begin();
    observe_int("right", map_sizes(2, large, 4));
    observe_int("in-the-caller", shared->in_the_caller);
}

Expect(large, two_workers)
{
    expect_int("right", EQUAL, 4,
               "while one item is written the result of another must be read");
    expect_int("in-the-caller", EQUAL, 0,
               "work() runs in a worker, and not in the caller's process");
}

Test(large, results_only)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(2, &plain);
    new_jobs();
    for (int i = 0; i < 6; i++)
        jobs[i].result_size = LARGE;
    jobs[0].late = true;
    observe_int("returned", map_jobs(pool, 6));
    observe_int("right", count_right(6));
    observe_int("in-the-caller", shared->in_the_caller);
    end_pool(pool);
}

Expect(large, results_only)
{
    expect_int("returned", EQUAL, 0, "every item has a result");
    expect_int("right", EQUAL, 6, "a result may be larger than a pipe holds");
    expect_int("in-the-caller", EQUAL, 0,
               "work() runs in a worker, and not in the caller's process");
}

/* ---- an initializer, once in each worker -------------------------------- */

Test(initialize, once_each)
{
    struct process_pool *pool;
    int once = 0;

    begin();
    pool = new_pool(3, &counting);
    observe_int("at-first", shared->initialized);
    new_jobs();
    observe_int("met", map_to_each(pool, 3));
    for (int i = 0; i < 3; i++)
        once += reports[i].initialized == 1;
    observe_int("once", once);
    map_jobs(pool, 3);
    observe_int("calls", shared->initialized);
    observe_int("in-the-caller", initialized_here);
    end_pool(pool);
}

Expect(initialize, once_each)
{
    expect_int("at-first", EQUAL, 3,
               "when process_pool_create() returns, each worker has called "
               "initialize()");
    expect_int("met", EQUAL, 3,
               "three workers have three items at the same moment");
    expect_int("once", EQUAL, 3, "each worker calls initialize() once");
    expect_int("calls", EQUAL, 3,
               "initialize() is called once in each worker, and not for each "
               "item or each map");
    expect_int("in-the-caller", EQUAL, 0,
               "initialize() is called in the workers only");
}

/* The creation of three workers that does not succeed. */
static void refuse_creation(void)
{
    struct process_pool_config config = counting;
    struct process_pool *pool = no_pool();
    int error;

    config.workers = 3;
    error = process_pool_create(&pool, &config);
    stay();
    observe_int("returned", error);
    observe_int("none", pool == NULL);
    observe_int("left", count_children());
    if (error == 0)
        end_pool(pool);
}

static void expect_refusal(int error, const char *why)
{
    expect_int("returned", EQUAL, error, why);
    expect_int("none", EQUAL, 1,
               "after an error *pool is NULL, whatever was there before");
    expect_int("left", EQUAL, 0,
               "and no worker is left: they are ended and waited for");
}

Test(initialize, fails)
{
    begin();
    shared->init_fails = 2;
    refuse_creation();
}

Expect(initialize, fails)
{
    expect_refusal(EDOM, "the creation fails with what initialize() returned");
}

Test(initialize, last_fails)
{
    begin();
    shared->init_fails = 3;
    refuse_creation();
}

Expect(initialize, last_fails)
{
    expect_refusal(EDOM, "the creation fails with what initialize() returned");
}

Test(initialize, dies)
{
    begin();
    shared->init_kills = 2;
    refuse_creation();
}

Expect(initialize, dies)
{
    expect_refusal(ECHILD, "a worker that dies in initialize() is ECHILD");
}

Test(initialize, finish)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(3, &counting);
    new_jobs();
    map_jobs(pool, 5);
    observe_int("too-early", shared->finished);
    end_pool(pool);
    observe_int("finished", shared->finished);
    observe_int("in-the-caller", shared->in_the_caller);
    observe_int("exit", shared->left_by_exit);
    process_pool_destroy(NULL);
}

Expect(initialize, finish)
{
    expect_int("too-early", EQUAL, 0,
               "finish() is called when the pool is destroyed");
    expect_int("finished", EQUAL, 3,
               "each worker calls finish() once, and the pool waits for that");
    expect_int("in-the-caller", EQUAL, 0,
               "finish() and work() are called in the workers");
    expect_int("exit", EQUAL, 0,
               "a worker leaves with _exit(): exit() would call what the "
               "caller has registered, and print what she has not yet flushed");
}

/* Fails when the caller is gone: so nobody kills this worker. */
static int fail_alone(void *arg)
{
    (void)arg;
    if (getpid() != caller)
        kill(caller, SIGKILL);
    settle();
    return EDOM;
}

static void create_and_die(void)
{
    struct process_pool_config config = {.workers = 1, .work = do_job};
    struct process_pool *pool = no_pool();

    config.initialize = fail_alone;
    process_pool_create(&pool, &config);
}

Test(initialize, fails_alone)
{
    int status = 0;

    begin();
    observe_int("ended", outlive(create_and_die, &status));
    observe_int("killed", WIFSIGNALED(status));
    observe_int("exit", shared->left_by_exit);
}

Expect(initialize, fails_alone)
{
    expect_int("ended", EQUAL, 2, "a caller dies, and its worker ends, too");
    expect_int("killed", EQUAL, 1, "it is the worker that calls initialize()");
    expect_int("exit", EQUAL, 0,
               "a worker leaves with _exit() on every path, also when its "
               "initialize() has failed: exit() would call what the caller has "
               "registered");
}

/* ---- workers that die --------------------------------------------------- */

/* How many of the first jobs were begun once. */
static int begun_once(int count)
{
    int n = 0;

    for (int i = 0; i < count; i++)
        n += shared->begun[i] == 1;
    return n;
}

Test(crash, costs_one_item)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(2, &counting);
    new_jobs();
    jobs[0].late = true;
    jobs[1].ending = KILLED;
    jobs[3].ending = EXITS;
    jobs[4].ending = ABORTS;
    observe_int("returned", map_jobs(pool, 8));
    observe_int("right", count_right(8));
    observe_int("begun-once", begun_once(8));
    end_pool(pool);
    observe_int("left", count_children());
}

Expect(crash, costs_one_item)
{
    expect_int("returned", EQUAL, ECHILD,
               "process_pool_map() returns the error of the lowest item that "
               "has one");
    expect_int("right", EQUAL, 8,
               "the three items on which a worker died get ECHILD, the five "
               "others their results");
    expect_int("begun-once", EQUAL, 8,
               "an item on which a worker died is not tried again");
    expect_int("left", EQUAL, 0, "dead workers are waited for as well");
}

/* All workers die, more than once; then two items meet. */
Test(crash, replaced)
{
    struct process_pool *pool;
    int once = 0;

    begin();
    pool = new_pool(2, &counting);
    new_jobs();
    for (int i = 0; i < 5; i++)
        jobs[i].ending = i % 2 == 0 ? KILLED : EXITS;
    map_jobs(pool, 5);
    observe_int("right", count_right(5));
    new_jobs();
    observe_int("met", map_to_each(pool, 2));
    for (int i = 0; i < 2; i++)
        once += reports[i].initialized == 1;
    observe_int("once", once);
    observe_int("children", count_children());
    end_pool(pool);
    observe_int("finished", shared->finished);
}

Expect(crash, replaced)
{
    expect_int("right", EQUAL, 5, "each item on which a worker died: ECHILD");
    expect_int("met", EQUAL, 2,
               "there is a new worker for each that died: two items at the "
               "same moment");
    expect_int("once", EQUAL, 2, "a new worker initializes itself, too");
    expect_int("children", EQUAL, 2,
               "a pool of two workers is two processes, and no zombie");
    expect_int("finished", EQUAL, 2,
               "new workers call finish() like the others");
}

/* Kills a worker, and waits until the kernel has closed what it had open. */
static void kill_worker(pid_t pid)
{
    siginfo_t info;

    if (pid <= 0 || pid == caller)
        return;
    kill(pid, SIGKILL);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

/* Makes a pool of two and kills both while they have nothing to do. */
static struct process_pool *new_dead_pool(void)
{
    struct process_pool *pool = new_pool(2, &plain);

    new_jobs();
    map_to_each(pool, 2);
    settle();
    kill_worker(reports[0].pid);
    kill_worker(reports[1].pid);
    new_jobs();
    return pool;
}

Test(crash, while_idle)
{
    struct process_pool *pool;
    int lost = 0;

    begin();
    pool = new_dead_pool();
    map_jobs(pool, 6);
    for (int i = 0; i < 6; i++)
        lost += results[i].error == ECHILD;
    observe_int("lost", lost);
    observe_int("lost-or-right", lost + count_right(6));
    new_jobs();
    observe_int("met", map_to_each(pool, 2));
    end_pool(pool);
}

Expect(crash, while_idle)
{
    expect_int("lost", AT_MOST, 2,
               "two workers that die cost two items at most");
    expect_int("lost-or-right", EQUAL, 6, "all others have their results");
    expect_int("met", EQUAL, 2, "there is a new worker for each that died");
}

Test(crash, before_the_end)
{
    begin();
    end_pool(new_dead_pool());
    observe_int("left", count_children());
}

Expect(crash, before_the_end)
{
    expect_int("left", EQUAL, 0,
               "workers that are dead already are waited for as well");
}

/* The only worker dies; the next one cannot initialize itself, at first. */
Test(crash, no_replacement)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(1, &counting);
    new_jobs();
    jobs[0].ending = KILLED;
    shared->initialized = 0;
    shared->init_fails = 1;
    map_jobs(pool, 1);
    observe_int("first", results[0].error);
    shared->initialized = 0;
    new_jobs();
    map_jobs(pool, 1);
    observe_int("second", results[0].error);
    observe_int("begun", shared->begun[0]);
    shared->init_fails = 0;
    map_jobs(pool, 3);
    observe_int("right", count_right(3));
    end_pool(pool);
    observe_int("left", count_children());
}

Expect(crash, no_replacement)
{
    expect_int("first", EQUAL, ECHILD, "the worker died over its item: ECHILD");
    expect_int("second", EQUAL, EDOM,
               "without a worker an item gets the error for which there is "
               "none: here that of initialize()");
    expect_int("begun", EQUAL, 1, "a worker that failed gets no items");
    expect_int("right", EQUAL, 3,
               "the next call tries again to make a new worker");
    expect_int("left", EQUAL, 0,
               "a worker that could not initialize itself is waited for");
}

/* One of two workers dies, and the one that should take its place cannot
 * initialize itself. Item 1 keeps the other worker until all this is over. */
Test(crash, one_missing)
{
    static struct meeting nobody_comes = MEETING(2);
    struct process_pool *pool;
    int without = 0;

    begin();
    pool = new_pool(2, &counting);
    new_jobs();
    jobs[0].ending = KILLED;
    jobs[1].meeting = &nobody_comes;
    shared->initialized = 0;
    shared->init_fails = 1;
    map_jobs(pool, 8);
    for (int i = 1; i < 8; i++)
        without += results[i].error == EDOM;
    observe_int("without", without);
    observe_int("right-or-without", count_right(8) + without);
    new_jobs();
    observe_int("met", map_to_each(pool, 2));
    end_pool(pool);
}

Expect(crash, one_missing)
{
    expect_int("without", AT_MOST, 1,
               "a worker that cannot be replaced costs one item at most, the "
               "one that was meant for it: the other worker does the rest");
    expect_int("right-or-without", EQUAL, 8,
               "the item on which the worker died gets ECHILD, the others "
               "their results");
    expect_int("met", EQUAL, 2,
               "the next call tries again to make a new worker");
}

Test(crash, replacement_dies)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(1, &counting);
    new_jobs();
    jobs[0].ending = KILLED;
    shared->init_kills = -1;
    observe_int("returned", map_jobs(pool, 3));
    observe_int("second", results[1].error);
    observe_int("third", results[2].error);
    end_pool(pool);
    observe_int("left", count_children());
}

Expect(crash, replacement_dies)
{
    expect_int("returned", EQUAL, ECHILD, "the worker died over its item");
    expect_int("second", EQUAL, ECHILD,
               "no worker is left, as the new one died in initialize()");
    expect_int("third", EQUAL, ECHILD,
               "no worker is left, as the new one died in initialize()");
    expect_int("left", EQUAL, 0, "dead workers are waited for as well");
}

/* ---- several items at the same moment ----------------------------------- */

Test(overlap, all_at_once)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(5, &plain);
    new_jobs();
    observe_int("met", map_to_each(pool, 5));
    observe_int("again", map_to_each(pool, 5));
    end_pool(pool);
}

Expect(overlap, all_at_once)
{
    expect_int("met", EQUAL, 5,
               "five workers have five items at the same moment");
    expect_int("again", EQUAL, 5,
               "five workers have five items at the same moment");
}

/* Item 0 waits until this one is under way. The other worker meanwhile does
 * those between, and the caller takes their results. */
static bool meet_over(struct process_pool *pool, int item, size_t result_size)
{
    static struct meeting meeting = MEETING(2);

    new_jobs();
    jobs[0].meeting = jobs[item].meeting = &meeting;
    for (int i = 1; i < 6; i++)
        jobs[i].result_size = result_size;
    map_jobs(pool, 6);
    return reports[0].met == 2;
}

/* Each of the other items in its turn: whichever was left with the worker
 * that is busy, or with nobody, is not under way when item 0 waits for it. */
Test(overlap, free_worker)
{
    struct process_pool *pool;
    int met = 0, n = 0;

    begin();
    pool = new_pool(2, &plain);
    for (int item = 1; item < 6; item++) {
        met += meet_over(pool, item, 0);
        n += count_right(6);
    }
    end_pool(pool);
    observe_int("met", met);
    observe_int("right", n);
}

Expect(overlap, free_worker)
{
    expect_int("met", EQUAL, 5,
               "while one worker is busy with a long item the other does all "
               "the short ones; none of them waits for the busy one");
    expect_int("right", EQUAL, 30,
               "results[i] is the result of items[i], whichever ends first");
}

Test(overlap, large_results)
{
    struct process_pool *pool;

    begin();
    pool = new_pool(2, &plain);
    observe_int("met", meet_over(pool, 4, LARGE));
    end_pool(pool);
    observe_int("right", count_right(6));
}

Expect(overlap, large_results)
{
    expect_int("met", EQUAL, 1,
               "results are read in the order in which they come, and not in "
               "that of the items");
    expect_int("right", EQUAL, 6,
               "results[i] is the result of items[i], whichever ends first");
}

/* ---- signals ------------------------------------------------------------ */

static void ignore_it(int number)
{
    (void)number;
}

/* A handler that interrupts calls: they are not restarted. It stays: a worker
 * for which nobody waits may send its signal late. */
static void handle_signal(void)
{
    struct sigaction action = {.sa_handler = ignore_it};

    sigaction(SIGUSR1, &action, NULL);
}

/* The worker waits until the caller is asleep, and then interrupts it. */
Test(interrupted, caller)
{
    static struct meeting nobody_comes = MEETING(2);
    struct process_pool *pool;

    begin();
    handle_signal();
    pool = new_pool(1, &plain);
    new_jobs();
    for (int i = 0; i < 3; i++) {
        jobs[i].meeting = &nobody_comes;
        jobs[i].disturb = true;
    }
    observe_int("returned", map_jobs(pool, 3));
    observe_int("right", count_right(3));
    end_pool(pool);
}

Expect(interrupted, caller)
{
    expect_int("returned", EQUAL, 0, "EINTR is no error: try again");
    expect_int("right", EQUAL, 3, "a signal costs no item");
}

Test(interrupted, workers)
{
    struct process_pool *pool;

    begin();
    handle_signal();
    pool = new_pool(2, &counting);
    new_jobs();
    map_to_each(pool, 2);
    settle();
    for (int i = 0; i < 2; i++)
        if (reports[i].pid > 0)
            kill(reports[i].pid, SIGUSR1);
    settle();
    new_jobs();
    jobs[0].late = true;
    map_jobs(pool, 4);
    observe_int("right", count_right(4));
    observe_int("workers", shared->initialized);
    end_pool(pool);
    observe_int("finished", shared->finished);
}

Expect(interrupted, workers)
{
    expect_int("right", EQUAL, 4,
               "a worker that waits for an item may be interrupted: EINTR is "
               "no error");
    expect_int("workers", EQUAL, 2, "a worker that was interrupted lives on");
    expect_int("finished", EQUAL, 2, "a worker that was interrupted lives on");
}

static void disturb_and_finish(void *arg)
{
    settle();
    if (getpid() != caller)
        disturb_caller();
    finish_at_once(arg);
}

Test(interrupted, end)
{
    struct process_pool_config config = counting;
    struct process_pool *pool;

    begin();
    handle_signal();
    config.finish = disturb_and_finish;
    pool = new_pool(2, &config);
    end_pool(pool);
    observe_int("finished", shared->finished);
    observe_int("left", count_children());
}

Expect(interrupted, end)
{
    expect_int("finished", EQUAL, 2,
               "process_pool_destroy() waits until all workers have finished");
    expect_int("left", EQUAL, 0,
               "waitpid() may be interrupted, and is then called again");
}

enum { SIGNALS = 65 };

/* Which signals are blocked, and what each does. */
struct signals {
    sigset_t mask;
    struct sigaction actions[SIGNALS];
};

static void get_signals(struct signals *signals)
{
    memset(signals, 0, sizeof *signals);
    sigprocmask(SIG_SETMASK, NULL, &signals->mask);
    for (int number = 1; number < SIGNALS; number++)
        sigaction(number, NULL, &signals->actions[number]);
}

/* The flags are those of a handler; without one they mean nothing here. */
static bool same_action(const struct sigaction *a, const struct sigaction *b)
{
    if (a->sa_handler != b->sa_handler)
        return false;
    return a->sa_handler != ignore_it || a->sa_flags == b->sa_flags;
}

static bool same_signals(const struct signals *was)
{
    struct signals now;
    bool same = true;

    get_signals(&now);
    for (int i = 1; i < SIGNALS; i++)
        same = same &&
               sigismember(&now.mask, i) == sigismember(&was->mask, i) &&
               same_action(&now.actions[i], &was->actions[i]);
    return same;
}

/* A caller who has handlers, ignores one signal and blocks two. (SIGCHLD is
 * among those: so no call is interrupted when a worker dies.) */
static void set_signals(void)
{
    static const int handled[] = {SIGPIPE, SIGCHLD, SIGINT, SIGUSR1};
    struct sigaction action = {.sa_handler = ignore_it};
    sigset_t blocked;

    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++)
        sigaction(handled[i], &action, NULL);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static void put_back_signals(const struct signals *was)
{
    sigprocmask(SIG_SETMASK, &was->mask, NULL);
    for (int number = 1; number < SIGNALS; number++)
        sigaction(number, &was->actions[number], NULL);
}

Test(interrupted, not_meddled_with)
{
    struct signals at_first, was;
    struct process_pool *pool;
    int same = 0;

    begin();
    get_signals(&at_first);
    set_signals();
    get_signals(&was);
    pool = new_dead_pool();
    same += same_signals(&was);
    map_jobs(pool, 4);
    same += same_signals(&was);
    jobs[0].ending = KILLED;
    map_jobs(pool, 1);
    same += same_signals(&was);
    end_pool(pool);
    same += same_signals(&was);
    put_back_signals(&at_first);
    observe_int("same", same);
}

Expect(interrupted, not_meddled_with)
{
    expect_int("same", EQUAL, 4,
               "after each call the caller's signals are as before: which are "
               "blocked, and what each does. Put back what you found, and not "
               "what you suppose; signal() also changes a handler's flags");
}

/* The signals of the caller; each worker has a copy to compare its own with. */
static struct signals callers;

/* SIGPIPE may be blocked or ignored in a worker. */
static bool has_callers_signals(void)
{
    struct signals was = callers, now;

    get_signals(&now);
    was.actions[SIGPIPE] = now.actions[SIGPIPE];
    if (sigismember(&now.mask, SIGPIPE))
        sigaddset(&was.mask, SIGPIPE);
    else
        sigdelset(&was.mask, SIGPIPE);
    return same_signals(&was);
}

static int initialize_with_signals(void *arg)
{
    (void)arg;
    shared->initialized += has_callers_signals();
    return 0;
}

static int work_with_signals(const struct bytes *item, struct bytes *result)
{
    (void)item, (void)result;
    return has_callers_signals() ? 0 : EPERM;
}

static void finish_with_signals(void *arg)
{
    (void)arg;
    shared->finished += has_callers_signals();
}

Test(interrupted, workers_have_the_callers_signals)
{
    static const struct process_pool_config config = {
        .work = work_with_signals,
        .initialize = initialize_with_signals,
        .finish = finish_with_signals,
    };
    const struct bytes items[2] = {{0, NULL}, {0, NULL}};
    struct process_pool_result outcomes[2] = {{.error = -1}, {.error = -1}};
    struct process_pool *pool;
    struct signals at_first;

    begin();
    get_signals(&at_first);
    set_signals();
    get_signals(&callers);
    pool = new_pool(2, &config);
    process_pool_map(pool, items, outcomes, 2);
    stay();
    end_pool(pool);
    put_back_signals(&at_first);
    observe_int("initialize", shared->initialized);
    observe_int("work", (outcomes[0].error == 0) + (outcomes[1].error == 0));
    observe_int("finish", shared->finished);
}

Expect(interrupted, workers_have_the_callers_signals)
{
    expect_int("initialize", EQUAL, 2,
               "initialize() finds the signal mask and the actions that the "
               "caller had when the worker was made");
    expect_int("work", EQUAL, 2,
               "work() finds the mask and the actions that the caller had: "
               "else SIGTERM and Ctrl-C do something else in a worker, or "
               "nothing");
    expect_int("finish", EQUAL, 2,
               "finish() finds the mask and the actions that the caller had");
}

/* ---- a program that does other things, too ------------------------------ */

/* A child of the caller's own, with which the pool has nothing to do: it ends
 * with status 7 when nobody has the other end of its pipe any more. */
struct own_child {
    pid_t pid;
    int keep; /* as long as this is open */
};

static struct own_child fork_own_child(void)
{
    struct own_child child;
    int ends[2];
    char byte;

    cr_assert(pipe(ends) == 0, "the test could not make a pipe");
    child.pid = fork();
    cr_assert(child.pid >= 0, "the test could not fork");
    if (child.pid == 0) {
        close(ends[1]);
        while (read(ends[0], &byte, 1) > 0)
            ;
        _exit(7);
    }
    close(ends[0]);
    child.keep = ends[1];
    return child;
}

/* true when it ended as it should, and its status was there to be had. */
static bool take_own_child(struct own_child child)
{
    int status = 0;

    if (child.keep >= 0)
        close(child.keep);
    return waitpid(child.pid, &status, 0) == child.pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 7;
}

/* One child that has ended, and waits to be asked; one that lives. */
Test(neighbour, other_children)
{
    struct process_pool *pool;
    struct own_child ended, alive;
    siginfo_t info;

    begin();
    ended = fork_own_child();
    close(ended.keep);
    ended.keep = -1;
    waitid(P_PID, (id_t)ended.pid, &info, WEXITED | WNOWAIT);
    alive = fork_own_child();
    pool = new_pool(2, &plain);
    new_jobs();
    jobs[0].late = true;
    jobs[1].ending = KILLED;
    map_jobs(pool, 4);
    observe_int("right", count_right(4));
    end_pool(pool);
    observe_int("left", count_children());
    observe_int("ended", take_own_child(ended));
    observe_int("alive", take_own_child(alive));
}

Expect(neighbour, other_children)
{
    expect_int("right", EQUAL, 4,
               "the item on which a worker died gets ECHILD, the others their "
               "results");
    expect_int("left", EQUAL, 2,
               "the two children that are not workers are still the caller's "
               "to wait for");
    expect_int("ended", EQUAL, 1,
               "the exit status of a child that is no worker is the caller's: "
               "wait for workers by their number");
    expect_int("alive", EQUAL, 1,
               "the pool does not wait for a child that is no worker");
}

/* A child that the caller forks later has copies of the pool's ends. */
Test(neighbour, copies)
{
    struct process_pool *pool;
    struct own_child child;

    begin();
    pool = new_pool(2, &counting);
    child = fork_own_child();
    new_jobs();
    map_jobs(pool, 3);
    observe_int("right", count_right(3));
    end_pool(pool);
    observe_int("finished", shared->finished);
    observe_int("child", take_own_child(child));
}

Expect(neighbour, copies)
{
    expect_int("right", EQUAL, 3, "results[i] is the result of items[i]");
    expect_int("finished", EQUAL, 2,
               "workers end, although another process has copies of the ends");
    expect_int("child", EQUAL, 1, "the caller's own child is left alone");
}

/* A worker of each dies and is replaced; then the elder pool is destroyed. */
Test(neighbour, two_pools)
{
    struct process_pool *pools[2];
    int n = 0, met = 0;

    begin();
    pools[0] = new_pool(2, &counting);
    pools[1] = new_pool(2, &counting);
    for (int i = 0; i < 2; i++) {
        new_jobs();
        jobs[0].ending = KILLED;
        map_jobs(pools[i], 4);
        n += count_right(4);
        new_jobs();
        met += map_to_each(pools[i], 2);
    }
    end_pool(pools[0]);
    observe_int("first-finished", shared->finished);
    met += map_to_each(pools[1], 2);
    end_pool(pools[1]);
    observe_int("finished", shared->finished);
    observe_int("right", n);
    observe_int("met", met);
}

Expect(neighbour, two_pools)
{
    expect_int("first-finished", EQUAL, 2,
               "a pool ends while another one lives, whose workers have copies "
               "of its ends");
    expect_int("finished", EQUAL, 4, "each worker calls finish() once");
    expect_int("right", EQUAL, 8, "two pools do not disturb each other");
    expect_int("met", EQUAL, 6,
               "two workers have two items at the same moment, in each pool");
}

/* Ends that two processes have, among the caller and `count` workers. */
static int count_copies(int count)
{
    struct end ours[32], *theirs;
    int n = 0, our_count = list_ends(ours, 32);

    for (int i = 0; i < count; i++) {
        theirs = reports[i].ends;
        for (int k = 0; k < reports[i].end_count; k++) {
            bool copy = find_end(ours, our_count, theirs[k]);

            for (int other = 0; other < i; other++)
                copy = copy || find_end(reports[other].ends,
                                        reports[other].end_count, theirs[k]);
            n += copy;
        }
    }
    return n;
}

/* The same, among the caller and all of three workers as they are now. */
static int look_for_copies(struct process_pool *pool)
{
    new_jobs();
    for (int i = 0; i < 3; i++)
        jobs[i].look = true;
    map_to_each(pool, 3);
    return count_copies(3);
}

/* One worker after the other dies, and is replaced while two are there. */
static int replace_one_by_one(struct process_pool *pool)
{
    pid_t pids[3];
    int copies = 0;

    for (int i = 0; i < 3; i++)
        pids[i] = reports[i].pid;
    for (int i = 0; i < 3; i++) {
        kill_worker(pids[i]);
        new_jobs();
        map_jobs(pool, 3);
        copies += look_for_copies(pool);
    }
    return copies;
}

/* All three die at the same time. */
static int replace_all(struct process_pool *pool)
{
    new_jobs();
    for (int i = 0; i < 3; i++)
        jobs[i].ending = KILLED;
    map_jobs(pool, 3);
    return look_for_copies(pool);
}

Test(neighbour, descriptors)
{
    struct process_pool *pool;
    struct end left[4];
    int ends = 0;

    begin();
    before_count = 0;
    before_count = list_ends(before, 64);
    pool = new_pool(3, &plain);
    observe_int("copies", look_for_copies(pool));
    for (int i = 0; i < 3; i++)
        ends += reports[i].end_count > 0;
    observe_int("connected", ends);
    observe_int("copies-of-one", replace_one_by_one(pool));
    observe_int("copies-of-all", replace_all(pool));
    end_pool(pool);
    observe_int("left", list_ends(left, 4));
}

Expect(neighbour, descriptors)
{
    expect_int("connected", EQUAL, 3, "each worker has a pipe or a socket");
    expect_int("copies", EQUAL, 0,
               "after fork() a worker has copies of all that its parent has "
               "open: it closes the parent's ends, and those of other workers; "
               "and the parent closes the worker's");
    expect_int("copies-of-one", EQUAL, 0,
               "the same goes for a worker that takes another's place: all "
               "the others are there when it is forked, and not only those "
               "that were made before the one that died");
    expect_int("copies-of-all", EQUAL, 0,
               "the same goes for workers that take the place of all");
    expect_int("left", EQUAL, 0, "process_pool_destroy() closes all ends");
}

/* What the caller has open is there for the workers, too. */
Test(neighbour, inherited)
{
    struct process_pool *pool;
    int ends[2], n = 0;
    char byte;

    begin();
    cr_assert(pipe(ends) == 0, "the test could not make a pipe");
    pool = new_pool(2, &plain);
    new_jobs();
    for (int i = 0; i < 4; i++)
        jobs[i].write_to = ends[1];
    map_jobs(pool, 4);
    close(ends[1]);
    for (int i = 0; i < 4; i++)
        n += reports[i].written == 1;
    end_pool(pool);
    for (int i = 0; i < n; i++)
        n -= read(ends[0], &byte, 1) != 1;
    close(ends[0]);
    observe_int("written", n);
}

Expect(neighbour, inherited)
{
    expect_int("written", EQUAL, 4,
               "a worker closes what is the pool's, and leaves open what is "
               "the caller's");
}

static void use_and_leave(void)
{
    new_jobs();
    map_to_each(new_pool(2, &plain), 2);
    _exit(getpid() == caller && count_right(2) == 2 ? 7 : 1);
}

/* A caller that ends and does not destroy its pool. */
Test(neighbour, caller_gone)
{
    int status = -1;

    begin();
    observe_int("ended", outlive(use_and_leave, &status));
    observe_int("caller", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    observe_int("exit", shared->left_by_exit);
}

Expect(neighbour, caller_gone)
{
    expect_int("caller", EQUAL, 7,
               "the program made a pool of two workers and used it");
    expect_int("ended", EQUAL, 3,
               "when the caller is gone its workers read end of file, and end "
               "too");
    expect_int("exit", EQUAL, 0,
               "a worker whose caller is gone leaves with _exit(), too");
}

/* ---- faults: any call may fail -------------------------------------------
 *
 * Each of these runs many times, and each time another call of the student's
 * code fails, or a worker is killed just before it makes one.
 */

/* Maps five jobs, one of which has a large result, and judges what came. When
 * no call fails the first result comes last, so that order is seen, too. */
static void map_with_faults(enum ending second)
{
    struct process_pool_config config = counting;
    struct process_pool *pool = no_pool();
    int lost = 0, errors = 0, wrong = 0, error;

    begin();
    handle_signal();
    faults_allow(ALLOW_EINTR);
    new_jobs();
    jobs[0].late = fault_kind() == FAULT_NONE;
    jobs[1].ending = second;
    jobs[2].result_size = PIPE + 1;
    config.workers = 2;
    config.finish = finish_at_once;
    error = process_pool_create(&pool, &config);
    stay();
    if (error != 0) {
        observe_int("wrong", pool != NULL);
        if (fault_kind() <= FAULT_SOFT)
            observe_int("errors", 1);
        return;
    }
    map_jobs(pool, 5);
    end_pool(pool);
    for (int i = 0; i < 5; i++) {
        bool empty =
            results[i].bytes.size == 0 && results[i].bytes.data == NULL;

        error = results[i].error;
        lost += error == ECHILD && jobs[i].ending == LIVES;
        errors += error != 0 && jobs[i].ending == LIVES;
        wrong += error != 0 ? !empty : !right(i);
        wrong += shared->begun[i] > 1;
    }
    observe_int("wrong", wrong);
    if (fault_kind() <= FAULT_SOFT)
        observe_int("errors", errors);
    if (fault_kind() != FAULT_HARD)
        observe_int("lost", lost);
    if (fault_kind() != FAULT_KILL)
        observe_int("dead", lost);
}

static void expect_no_harm(void)
{
    expect_int("wrong", EQUAL, 0,
               "an item has its result, or an error and no bytes");
    expect_int("errors", EQUAL, 0, "nothing went wrong that matters");
    expect_int("lost", AT_MOST, 1,
               "a worker that is killed costs the item that it had");
}

Test(faults, map)
{
    map_with_faults(LIVES);
}

Expect(faults, map)
{
    expect_no_harm();
    expect_int("dead", EQUAL, 0,
               "no worker has been killed, so no item gets ECHILD: when there "
               "is no memory for an item or its result, then that is ENOMEM, "
               "on either side");
}

/* Another caller, that can be killed before and within all that it sends. */
static void map_and_leave(void)
{
    struct process_pool_config config = plain;
    struct process_pool *pool;

    new_jobs();
    memset(table.more, 'm', sizeof table.more);
    jobs[0].more = true;
    jobs[0].compare = true;
    config.workers = 1;
    if (process_pool_create(&pool, &config) == 0) {
        map_jobs(pool, 1);
        end_pool(pool);
    }
    _exit(0);
}

Test(faults, caller_dies)
{
    int status;

    begin();
    outlive(map_and_leave, &status);
    observe_int("torn", shared->torn);
}

Expect(faults, caller_dies)
{
    expect_int("torn", EQUAL, 0,
               "a worker whose caller dies in the middle of an item has only a "
               "part of it, and does not work on that: the end of file is not "
               "the end of the item");
}

Test(faults, crash)
{
    map_with_faults(KILLED);
}

Expect(faults, crash)
{
    expect_no_harm();
}
