/*
 * explore.c - the main loop: schedule after schedule, until there is none
 * left, a bug is found, or the budget is used up. What came of it is told to
 * the grader in a few lines (tell.h).
 *
 * A schedule that crashes or never ends is ended by signals.c. If the process
 * dies all the same, the grader reads the turns of the schedule from the file
 * in which they are kept.
 */
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "constructors.h"
#include "explorer.h"
#include "files.h"
#include "init.h"
#include "strategy.h"
#include "tell.h"
#include "trace.h"

static struct progress progress;
static const struct strategy *first_strategy;

/* ---- one schedule ------------------------------------------------------- */

static void *first_thread(void *exploration)
{
    const struct exploration *what = exploration;

    constructors_run();
    return what->body(what->argument);
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
    world->self = thread_new(first_thread, (void *)what);
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

/* ---- a schedule again --------------------------------------------------- */

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
enum { SHORTER_MAX = 1000, SHORTER_STEPS_SMALL = 500000 };

static void shorten(const struct exploration *what)
{
    static struct turns *best, *trial;
    enum fault_kind kind = world->fault;
    uint64_t pc = world->fault_pc;
    uint64_t steps = settings.small ? SHORTER_STEPS_SMALL : UINT64_MAX;
    unsigned tries = 0;

    if (best == NULL) {
        best = own_memory(sizeof *best);
        trial = own_memory(sizeof *trial);
    }
    *best = *turns;
    for (unsigned i = best->count; i > 0 && tries < SHORTER_MAX && steps > 0;
         tries++) {
        i = i > best->count ? best->count : i;
        if (i-- == 0)
            break;
        trial->count = best->count - 1;
        memcpy(trial->list, best->list, i * sizeof *best->list);
        memcpy(trial->list + i, best->list + i + 1,
               (best->count - 1 - i) * sizeof *best->list);
        run_turns(what, trial, true);
        steps -= world->steps < steps ? world->steps : steps;
        if (world->fault == kind && world->fault_pc == pc &&
            turns->count < best->count)
            *best = *turns;
    }
    run_turns(what, best, false);
}

/* (Each try of a loop would take its second.) */
static bool is_to_be_shorter(const struct exploration *what)
{
    return world->fault != NO_FAULT && world->fault != FAULT_LOOP &&
           strategy != &strategy_search && strategy != &strategy_replay &&
           (what->known == NULL || !what->known(what->state));
}

/* ---- all schedules ------------------------------------------------------ */

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
        if (is_to_be_shorter(what))
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
    addresses_settle(argv);
    memory_init();
    settings_read();
    first_strategy = strategy;
    race_init();
    turns_init();
    carrier = fibers_possible() ? &fibers : &hand_over;
    if (getenv("EXPLORE_REAL_THREADS") != NULL)
        carrier = &hand_over;
    carrier->init();
    signals_watch();
    if (getenv("INTERLEAVE_RECORD") != NULL)
        tell("begun");
}
