/*
 * faults.c - see faults.h.
 *
 * The log is shared by the runner, the runs and the processes that these
 * fork. A call is known by its name, by the place that calls it and the one
 * that calls that, by what can befall it (a read that may wait and one that may
 * not are two), and by whether a child process makes it. Of each, the first
 * call fails in one run and the second in another: what was done before must
 * be undone, and that is more the second time.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "interleave.h"

#define ENTRIES_MAX 192
#define BLOCKS_MAX  8192 /* a power of two */
#define TIMES       2

struct entry {
    char name[32];
    char says[16];
    struct frames at;
    unsigned can;
    bool child;
    _Atomic uint32_t count; /* calls in this run */
    uint32_t before;        /* calls in the run without a failure */
};

static struct log {
    _Atomic uint32_t lock; /* guards the list; counts are atomic */
    uint32_t used;
    bool planning;    /* the run without a failure: new entries are welcome */
    unsigned allowed; /* enum fault_allowance */
    char spared[8][32];
    uint32_t spared_count;
    struct entry entries[ENTRIES_MAX];
} * calls;

/* The one call that fails in this process and its children. */
static struct {
    int number; /* 0: the run without a failure; -1: outside the lens */
    uint32_t entry, time;
    enum fault_action action;
} armed = {.number = -1};

static struct block {
    void *block;
    struct frames at;
} blocks[BLOCKS_MAX];
static _Atomic uint32_t blocks_lock;

/* ---- the log --------------------------------------------------------------
 */

static bool same_call(const struct entry *entry, const struct fault_call *call,
                      const struct frames *at, bool child)
{
    return entry->child == child && entry->can == call->can &&
           entry->at.pc[0] == at->pc[0] && entry->at.pc[1] == at->pc[1] &&
           strcmp(entry->name, call->name) == 0;
}

/* Under calls->lock: the call's entry, a new one while planning; or NULL. */
static struct entry *entry_of(const struct fault_call *call,
                              const struct frames *at, bool child)
{
    struct entry *entry;

    for (uint32_t i = 0; i < calls->used; i++)
        if (same_call(&calls->entries[i], call, at, child))
            return &calls->entries[i];
    if (!calls->planning || calls->used == ENTRIES_MAX)
        return NULL;
    entry = &calls->entries[calls->used];
    snprintf(entry->name, sizeof entry->name, "%s", call->name);
    snprintf(entry->says, sizeof entry->says, "%s", call->says);
    entry->at = *at;
    entry->can = call->can;
    entry->child = child;
    calls->used++; /* last: shared_lock.c */
    return entry;
}

enum fault_action faults_here(const struct fault_call *call,
                              const struct frames *at)
{
    struct board_row *row = row_self();
    bool child = row_is_child(row);
    struct entry *entry;
    uint32_t count = 0;

    if (armed.number < 0 || row == NULL || board->pid == 0)
        return ACTION_NONE;
    shared_lock(&calls->lock);
    entry = entry_of(call, at, child);
    if (entry != NULL)
        count = ++entry->count;
    shared_unlock(&calls->lock);
    if (entry == NULL || armed.number == 0 || count != armed.time ||
        entry != &calls->entries[armed.entry])
        return ACTION_NONE;
    if (armed.action == ACTION_KILL)
        raise(SIGKILL);
    return armed.action;
}

void faults_allow(unsigned set)
{
    if (calls != NULL && calls->planning)
        calls->allowed |= set;
}

void faults_spare(const char *name)
{
    if (calls != NULL && calls->planning && calls->spared_count < 8)
        snprintf(calls->spared[calls->spared_count++], 32, "%s", name);
}

static bool spared(const char *name)
{
    for (uint32_t i = 0; i < calls->spared_count; i++)
        if (strcmp(calls->spared[i], name) == 0)
            return true;
    return false;
}

static bool fails_hard(enum fault_action action)
{
    return action == ACTION_FAIL || action == ACTION_BREAK;
}

enum fault fault_kind(void)
{
    if (armed.number <= 0)
        return FAULT_NONE;
    if (fails_hard(armed.action))
        return FAULT_HARD;
    if (armed.action == ACTION_KILL || armed.action == ACTION_KILL_MID)
        return FAULT_KILL;
    return FAULT_SOFT;
}

const char *faults_suffix(void)
{
    static char text[16] = "";

    if (armed.number >= 0)
        snprintf(text, sizeof text, "@%d", armed.number);
    return text;
}

/* ---- blocks ---------------------------------------------------------------
 */

/* A slot whose block was forgotten keeps this, so that searches go on. */
static char gone;

/* A child has one thread; who held the lock at the fork is not in it. */
static void free_blocks(void)
{
    blocks_lock = 0;
}

__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(NULL, NULL, free_blocks);
}

/* Where the search for a block begins; it ends at a slot never used. */
static size_t first_slot(const void *block)
{
    return (size_t)((uintptr_t)block / 16 * 0x9e3779b97f4a7c15u >> 40);
}

static struct block *slot_of(const void *block)
{
    size_t from = first_slot(block);

    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        struct block *slot = &blocks[(from + i) % BLOCKS_MAX];

        if (slot->block == block)
            return slot;
        if (slot->block == NULL)
            return NULL;
    }
    return NULL;
}

void faults_note_block(void *block, const struct frames *at)
{
    size_t from = first_slot(block);

    if (block == NULL || armed.number < 0 || board->pid == 0)
        return;
    quiet_lock(&blocks_lock);
    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        struct block *slot = &blocks[(from + i) % BLOCKS_MAX];

        if (slot->block != NULL && slot->block != &gone)
            continue;
        slot->block = block;
        slot->at = *at;
        break;
    }
    quiet_unlock(&blocks_lock);
}

void faults_forget_block(void *block)
{
    struct block *slot;

    if (block == NULL || armed.number < 0)
        return;
    quiet_lock(&blocks_lock);
    slot = slot_of(block);
    if (slot != NULL)
        slot->block = &gone;
    quiet_unlock(&blocks_lock);
}

/* "@pc,pc,...": offsets from the load address, as in crash.c */
static void put_frames(char *text, size_t size, const struct frames *at)
{
    size_t n = 0;

    for (int i = 0; i < BOARD_FRAMES && at->pc[i] != 0 && n + 24 < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%c%llx", i ? ',' : '@',
                              (unsigned long long)(at->pc[i] - board->base));
}

void faults_test_end(void)
{
    const struct block *first = NULL;
    char where[160] = "@0";
    unsigned left = 0;

    if (armed.number < 0)
        return;
    for (size_t i = 0; i < BLOCKS_MAX; i++) {
        if (blocks[i].block == NULL || blocks[i].block == &gone)
            continue;
        left++;
        if (first == NULL)
            first = &blocks[i];
    }
    if (first != NULL)
        put_frames(where, sizeof where, &first->at);
    record_line("value %s blocks-left %u", board->test, left);
    record_line("value %s block-from %u%s", board->test, left, where);
}

/* ---- the runs -------------------------------------------------------------
 */

/* For the report: "malloc ENOMEM 2 parent@pc,pc" */
static void tell_fault(void)
{
    static const char *const words[] = {
        [ACTION_EINTR] = "interrupted", [ACTION_SHORT] = "short",
        [ACTION_EAGAIN] = "not-ready",  [ACTION_WAKE] = "wake",
        [ACTION_KILL] = "kill",         [ACTION_KILL_MID] = "kill-middle",
    };
    const struct entry *entry = &calls->entries[armed.entry];
    char where[160] = "";

    put_frames(where, sizeof where, &entry->at);
    record_line("value %s fault %s %s %u %s%s", board->test, entry->name,
                fails_hard(armed.action) ? entry->says : words[armed.action],
                armed.time, entry->child ? "child" : "parent", where);
}

void faults_test_begin(void)
{
    if (armed.number > 0)
        tell_fault();
}

/* One run, in a process of its own. */
static void run(void (*body)(void))
{
    pid_t child;
    int status;

    for (uint32_t i = 0; i < calls->used; i++)
        calls->entries[i].count = 0;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0)
        ;
    board->pid = 0; /* whatever way the test ended */
}

static unsigned run_action(void (*body)(void), uint32_t index,
                           enum fault_action action)
{
    const struct entry *entry = &calls->entries[index];
    unsigned runs = 0;

    for (uint32_t time = 1; time <= TIMES && time <= entry->before; time++) {
        armed.number++;
        armed.entry = index;
        armed.time = time;
        armed.action = action;
        run(body);
        runs++;
    }
    return runs;
}

static bool applies(const struct entry *entry, enum fault_action action)
{
    if (action == ACTION_KILL)
        return entry->child;
    if (action == ACTION_KILL_MID && !entry->child)
        return false;
    if (action == ACTION_EINTR && !(calls->allowed & ALLOW_EINTR))
        return false;
    if (action == ACTION_BREAK && !(calls->allowed & ALLOW_BROKEN))
        return false;
    if (fails_hard(action) && spared(entry->name))
        return false;
    return (entry->can & CAN(action)) != 0;
}

void faults_run(const char *test, void (*body)(void))
{
    unsigned runs = 0;

    if (calls == NULL)
        calls = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (calls == MAP_FAILED)
        exit(2);
    memset(calls, 0, sizeof *calls);
    calls->planning = true;
    armed.number = 0;
    run(body);
    calls->planning = false;
    for (uint32_t i = 0; i < calls->used; i++)
        calls->entries[i].before = calls->entries[i].count;
    for (uint32_t i = 0; i < calls->used; i++)
        for (enum fault_action action = ACTION_FAIL; action <= ACTION_KILL_MID;
             action++)
            if (applies(&calls->entries[i], action))
                runs += run_action(body, i, action);
    armed.number = 0;
    record_line("value %s@0 runs %u", test, runs);
}
