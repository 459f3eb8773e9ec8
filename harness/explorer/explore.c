/*
 * explore.c - the main loop: schedule after schedule, until there is none
 * left, a bug is found, or the budget is used up. What came of it is told to
 * the grader in a few lines (tell.h).
 *
 * A crash, an endless loop, a stack that overflows end the schedule: the
 * signal's handler leaves the thread for good. If the process dies all the
 * same, the grader reads the turns of the schedule from the file in which
 * they are kept.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "carry.h"
#include "explore.h"
#include "explorer.h"
#include "files.h"
#include "places.h"
#include "strategy.h"
#include "tell.h"
#include "trace.h"

struct settings settings = {.schedules = 10000,
                            .seed = 1,
                            .bound = 2,
                            .reduce = true,
                            .races = true,
                            .detect = true};

static struct progress progress;
static const struct strategy *first_strategy;

/* ---- signals ------------------------------------------------------------ */

enum { LOOP_SECONDS = 2 };

static uint64_t crash_pc(const void *context)
{
#ifdef __x86_64__
    return (uint64_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#else
    (void)context;
    return 0;
#endif
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    uint64_t address = ADDRESS(info->si_addr);

    if (world->self == NULL) {
        signal(number, SIG_DFL);
        return; /* our own fault: it comes again, and ends the process */
    }
    if (is_guard_page(address))
        fail(FAULT_STACK_OVERFLOW, crash_pc(context), address,
             "the stack is full");
    fail(FAULT_CRASH, crash_pc(context), address, "%s", strsignal(number));
}

/* In the explorer's thread, while a real thread loops. */
static void loop_given_up(void)
{
    world->fault = FAULT_LOOP;
    world->fault_thread = world->self->number;
    world->fault_pc = 0; /* it is another thread's, and not known here */
    hand_over_give_up();
}

/* Once a second of processor time: has anything been announced since? */
static void on_tick(int number, siginfo_t *info, void *context)
{
    static uint64_t steps;
    static uint32_t schedule;
    static unsigned silent;

    (void)number;
    (void)info;
    if (world->self == NULL || world->steps != steps ||
        world->schedule != schedule)
        silent = 0;
    else if (++silent >= LOOP_SECONDS && carrier == &hand_over)
        loop_given_up();
    else if (silent >= LOOP_SECONDS)
        fail(FAULT_LOOP, crash_pc(context), 0,
             "%d s of processor time without a step", LOOP_SECONDS);
    steps = world->steps;
    schedule = world->schedule;
}

static void watch_signals(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t stack = {.ss_sp = own_memory(65536), .ss_size = 65536};
    struct itimerval second = {{1, 0}, {1, 0}};

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &action, NULL);
    action.sa_sigaction = on_tick;
    action.sa_flags |= SA_RESTART;
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &second, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- settings ----------------------------------------------------------- */

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *word = getenv(name);

    return word != NULL && *word != '\0' ? strtoull(word, NULL, 10) : otherwise;
}

static const struct strategy *strategy_named(const char *name)
{
    static const struct strategy *const all[] = {
        &strategy_search, &strategy_pct, &strategy_random, &strategy_replay};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (name != NULL && strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

static void read_settings(void)
{
    const char *name = getenv("EXPLORE_STRATEGY");
    const char *token = getenv("EXPLORE_SCHEDULE");
    const char *path = getenv("EXPLORE_TRACE");

    settings.schedules = number_of("EXPLORE_SCHEDULES", settings.schedules);
    settings.steps = number_of("EXPLORE_STEPS", 0);
    settings.seconds = (double)number_of("EXPLORE_SECONDS", 0);
    settings.seed = number_of("EXPLORE_SEED", settings.seed);
    settings.bound = (int)number_of("EXPLORE_BOUND", (uint64_t)settings.bound);
    settings.stop_at = number_of("EXPLORE_STOP_AT", 0);
    settings.reduce = number_of("EXPLORE_REDUCE", 1) != 0;
    settings.races = number_of("EXPLORE_RACES", 1) != 0;
    strategy = &strategy_search;
    settings.chance = name == NULL || *name == '\0';
    if (name != NULL && strcmp(name, "dfs") == 0)
        settings.bound = -1;
    else if (strategy_named(name) != NULL)
        strategy = strategy_named(name);
    if (token != NULL && *token != '\0') {
        strategy = &strategy_replay;
        if (replay_read(token) != 0) {
            fprintf(stderr, "explorer: this is no schedule: %s\n", token);
            _exit(2);
        }
    }
    first_strategy = strategy;
    settings.trace = path != NULL && *path != '\0';
    if (settings.trace)
        trace_open(path);
}

/* The same addresses in every run: no randomisation. And real threads on one
 * processor: a hand-over between two is dear. */
static void settle_addresses(char **argv)
{
    int now = personality(0xffffffff);
    int cpu = sched_getcpu();
    cpu_set_t first;

    if (now != -1 && !(now & ADDR_NO_RANDOMIZE) &&
        personality((unsigned long)now | ADDR_NO_RANDOMIZE) != -1)
        execv("/proc/self/exe", argv);
    if (cpu < 0 || getenv("EXPLORE_REAL_THREADS") == NULL)
        return;
    CPU_ZERO(&first);
    CPU_SET((size_t)cpu, &first);
    sched_setaffinity(0, sizeof first, &first);
}

/* ---- schedules ---------------------------------------------------------- */

/* The turns lie in a file, so that they outlive the process. */
static void turns_init(void)
{
    const char *path = getenv("EXPLORE_TURNS");
    int fd;

    turns = own_memory(sizeof *turns);
    if (path == NULL || *path == '\0')
        return;
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, sizeof *turns) != 0)
        return;
    mmap(turns, sizeof *turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
         fd, 0);
    close(fd);
}

void explore_one(const struct exploration *what)
{
    uint32_t schedule = world->schedule + 1, stamp = world->stamp;
    uint64_t ages = world->ages;

    memory_begin();
    memset((char *)world + offsetof(struct state, thread_count), 0,
           sizeof *world - offsetof(struct state, thread_count));
    world->schedule = schedule;
    world->stamp = stamp;
    world->ages = ages;
    turns->count = 0;
    racy_grew = false;
    race_begin();
    world->self = thread_new(what->body, what->argument);
    carrier->go(NULL, world->self);
    if (settings.trace)
        trace_end();
    world->self = NULL;
    files_end();
}

/* Which schedule came to this fault: its turns, as replay_read() takes them. */
void tell_token(char *text, size_t size)
{
    uint64_t before = 0;
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < turns->count && used + 32 < size; i++) {
        used += (size_t)snprintf(
            text + used, size - used, "%s%llux%u", i > 0 ? "." : "",
            (unsigned long long)(turns->list[i].step - before),
            turns->list[i].choice);
        before = turns->list[i].step;
    }
    if (used == 0)
        snprintf(text, size, "0x0");
}

/*
 * The same choices must give the same run: now and then a schedule is run
 * twice. What differs hangs on something that is not under control. The
 * result of the first is what stands in `world` afterwards, or that fault.
 */
enum { TWICE = 1024 };

static void run_turns(const struct exploration *what, const struct turns *list,
                      bool leniently)
{
    const struct strategy *usual = strategy;

    replay_use(list, leniently);
    strategy = &strategy_replay;
    strategy->begin();
    explore_one(what);
    replay_done();
    strategy = usual;
}

static bool is_same_again(const struct exploration *what)
{
    uint64_t state = world->state, steps = world->steps;

    run_turns(what, turns, false);
    if (world->state == state && world->steps == steps)
        return true;
    world->fault = FAULT_UNCONTROLLED;
    snprintf(world->fault_text, sizeof world->fault_text,
             "two runs of the same schedule differ: something (addresses, "
             "random numbers, files, memory that was never written)");
    return false;
}

/*
 * A fault that chance has found comes with many turns that do not matter. Each
 * is left out for once, from the last on; if the same fault still comes, for
 * good. What is left explains better, and is short enough for a token.
 */
enum { SHORTER_MAX = 1000 };

static void shorten(const struct exploration *what)
{
    static struct turns *best, *trial;
    enum fault_kind kind = world->fault;
    uint64_t pc = world->fault_pc;
    unsigned tries = 0;

    if (best == NULL) {
        best = own_memory(sizeof *best);
        trial = own_memory(sizeof *trial);
    }
    *best = *turns;
    for (unsigned i = best->count; i > 0 && tries < SHORTER_MAX; tries++) {
        i = i > best->count ? best->count : i;
        if (i-- == 0)
            break;
        trial->count = best->count - 1;
        memcpy(trial->list, best->list, i * sizeof *best->list);
        memcpy(trial->list + i, best->list + i + 1,
               (best->count - 1 - i) * sizeof *best->list);
        run_turns(what, trial, true);
        if (world->fault == kind && world->fault_pc == pc &&
            turns->count < best->count)
            *best = *turns;
    }
    run_turns(what, best, false);
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A word to who waits, once a second. */
static void tell_progress(void)
{
    static double last;
    double now;

    if (progress.schedules % 256 != 0)
        return;
    now = seconds_now();
    if (last != 0 && now - last >= 1)
        tell("at %llu", (unsigned long long)progress.schedules);
    if (last == 0 || now - last >= 1)
        last = now;
}

static const char *stop_reason(double began)
{
    tell_progress();
    if (progress.schedules >= settings.schedules)
        return "schedules";
    if (settings.steps > 0 && progress.steps >= settings.steps)
        return "steps";
    if (settings.seconds > 0 && progress.schedules % 64 == 0 &&
        seconds_now() - began >= settings.seconds)
        return "time";
    return NULL;
}

const struct progress *explore_progress(void)
{
    return &progress;
}

/*
 * Half of the budget is for the search; what is left, if the search has left
 * anything out, is for chance.
 */
static bool begin_next(void)
{
    bool half = progress.schedules >= settings.schedules / 2 ||
                (settings.steps > 0 && progress.steps >= settings.steps / 2);

    if (strategy != &strategy_search)
        return strategy->begin();
    progress.searched = progress.schedules;
    progress.level = search_level();
    if (!(half && settings.chance)) {
        if (strategy->begin())
            return true;
        progress.bound_whole = true;
    }
    if (!settings.chance || (progress.bound_whole && search_whole()))
        return false;
    strategy = &strategy_pct;
    return strategy->begin();
}

void explore(const struct exploration *what)
{
    double began = seconds_now();

    while (progress.stopped == NULL && begin_next()) {
        explore_one(what);
        strategy->end();
        progress.steps += world->steps + world->moves;
        if (world->pruned) {
            progress.pruned++;
            progress.stopped = stop_reason(began);
            continue;
        }
        progress.schedules++;
        if (progress.schedules % TWICE == 2 && strategy != &strategy_replay &&
            world->fault == NO_FAULT && !racy_grew && turns->count < TURNS)
            is_same_again(what);
        if (racy_grew && strategy == &strategy_search) {
            search_restart();
            progress.schedules = progress.pruned = 0;
        }
        if (world->fault != NO_FAULT && strategy != &strategy_search &&
            strategy != &strategy_replay)
            shorten(what);
        if (what->ended(what->state))
            return;
        progress.stopped = stop_reason(began);
    }
    progress.whole = strategy == &strategy_search && progress.stopped == NULL &&
                     search_whole();
}

void explore_again(void)
{
    memset(&progress, 0, sizeof progress);
    strategy = first_strategy;
    search_restart();
    pct_restart();
}

void explore_set_progress(const struct progress *known)
{
    progress = *known;
}

void explore_by_chance(void)
{
    strategy = &strategy_pct;
    progress.stopped = NULL;
    progress.whole = false;
}

void explorer_init(char **argv)
{
    settle_addresses(argv);
    memory_init();
    read_settings();
    race_init();
    turns_init();
    carrier = fibers_possible() ? &fibers : &hand_over;
    if (getenv("EXPLORE_REAL_THREADS") != NULL)
        carrier = &hand_over;
    carrier->init();
    watch_signals();
}
