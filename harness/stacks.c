/*
 * stacks.c - see stacks.h. Two tables, by address: stacks, and mappings.
 */
#define _GNU_SOURCE
#include "stacks.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <valgrind/helgrind.h>

#include "inside.h"

#define REGIONS    256      /* made at one time */
#define CHUNKS     128      /* of them; later ones go unseen */
#define BUCKETS    4096     /* a power of two */
#define BLOCK_BITS 16       /* a bucket is a block of 64 KiB, or several */
#define TELL_MOST  4        /* mappings told of a test */
#define NEAR       0x10000u /* from the stack pointer, or below a stack */

struct table {
    struct region *buckets[BUCKETS];
    uint64_t largest; /* region so far: how far below to look */
    uint32_t count;
};

/* Under `lock`, all of it. */
static _Atomic uint32_t lock;
static struct table stacks, mappings;
static struct region *unused;
static uint32_t chunks;

__attribute__((weak)) void *__tsan_create_fiber(unsigned flags);
__attribute__((weak)) void __tsan_destroy_fiber(void *fiber);
__attribute__((weak)) void *__tsan_get_current_fiber(void);

/* A child has one thread; who held the lock at the fork is not in it. */
static void free_lock(void)
{
    lock = 0;
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(NULL, NULL, free_lock);
    VALGRIND_HG_DISABLE_CHECKING(&lock, sizeof lock);
    VALGRIND_HG_DISABLE_CHECKING(&stacks, sizeof stacks);
    VALGRIND_HG_DISABLE_CHECKING(&mappings, sizeof mappings);
    VALGRIND_HG_DISABLE_CHECKING(&unused, sizeof unused);
    VALGRIND_HG_DISABLE_CHECKING(&chunks, sizeof chunks);
}

/* ---- tables; under the lock ---------------------------------------------- */

static size_t bucket_of(uint64_t address)
{
    return (address >> BLOCK_BITS) % BUCKETS;
}

static void make_regions(void)
{
    size_t size = REGIONS * sizeof(struct region);
    struct region *made;

    if (chunks == CHUNKS)
        return;
    made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
    if (made == MAP_FAILED)
        return;
    VALGRIND_HG_DISABLE_CHECKING(made, size);
    chunks++;
    for (size_t i = 0; i < REGIONS; i++) {
        made[i].next = unused;
        unused = &made[i];
    }
}

static struct region *add(struct table *table, uint64_t low, uint64_t size)
{
    size_t bucket = bucket_of(low);
    struct region *region;

    if (unused == NULL)
        make_regions();
    region = unused;
    if (region == NULL)
        return NULL;
    unused = region->next;
    memset(region, 0, sizeof *region);
    region->low = low;
    region->size = size;
    region->next = table->buckets[bucket];
    table->buckets[bucket] = region;
    table->count++;
    if (size > table->largest)
        table->largest = size;
    return region;
}

static void give_back(struct region *region)
{
    if (region->fiber != NULL && region->fiber != __tsan_get_current_fiber())
        __tsan_destroy_fiber(region->fiber);
    if (region->valgrind != 0)
        VALGRIND_STACK_DEREGISTER(region->valgrind);
    region->next = unused;
    unused = region;
}

/* Takes out what begins between `low` and `low + size`. */
static void drop(struct table *table, uint64_t low, uint64_t size)
{
    uint64_t last = (low + size - 1) >> BLOCK_BITS;
    uint64_t block = low >> BLOCK_BITS;

    if (table->count == 0 || size == 0)
        return;
    if (last - block >= BUCKETS)
        last = block + BUCKETS - 1;
    for (; block <= last; block++) {
        struct region **at = &table->buckets[block % BUCKETS];

        while (*at != NULL) {
            struct region *region = *at;

            if (region->low - low >= size) {
                at = &region->next;
                continue;
            }
            *at = region->next;
            table->count--;
            give_back(region);
        }
    }
}

/* The stack in which the address lies, or NULL. */
static struct region *stack_at(uint64_t address)
{
    uint64_t block = address >> BLOCK_BITS;
    uint64_t blocks = (stacks.largest >> BLOCK_BITS) + 2;

    if (stacks.count == 0)
        return NULL;
    if (blocks > BUCKETS)
        blocks = BUCKETS;
    for (uint64_t i = 0; i < blocks; i++)
        for (struct region *region = stacks.buckets[(block - i) % BUCKETS];
             region != NULL; region = region->next)
            if (address - region->low < region->size)
                return region;
    return NULL;
}

static void clear(struct table *table)
{
    drop(table, 0, UINT64_MAX);
    table->largest = 0;
}

void stacks_clear(void)
{
    quiet_lock(&lock);
    clear(&stacks);
    clear(&mappings);
    quiet_unlock(&lock);
}

bool stacks_known(void)
{
    return stacks.count > 0;
}

/* ---- stacks of coroutines ------------------------------------------------ */

struct region *stack_new(uint64_t low, uint64_t size, const struct frames *at)
{
    struct region *old, *stack = NULL;

    quiet_lock(&lock);
    old = stack_at(low);
    if (old != NULL)
        drop(&stacks, old->low, 1);
    drop(&stacks, low, size);
    if (size > 0)
        stack = add(&stacks, low, size);
    if (stack != NULL) {
        stack->at = *at;
        stack->valgrind = VALGRIND_STACK_REGISTER(low, low + size - 1);
        if (__tsan_create_fiber != NULL)
            stack->fiber = __tsan_create_fiber(0);
    }
    quiet_unlock(&lock);
    return stack;
}

void *stack_fiber(uint64_t sp, void *otherwise)
{
    struct region *stack;

    quiet_lock(&lock);
    stack = stack_at(sp);
    if (stack != NULL)
        otherwise = stack->fiber;
    quiet_unlock(&lock);
    return otherwise;
}

/* ---- mapped memory ------------------------------------------------------- */

void mapping_note(const void *memory, size_t size, const struct frames *at)
{
    struct region *region;

    if (board->pid == 0)
        return; /* not in a test */
    quiet_lock(&lock);
    drop(&mappings, ADDRESS(memory), 1);
    region = add(&mappings, ADDRESS(memory), size);
    if (region != NULL)
        region->at = *at;
    quiet_unlock(&lock);
}

void mapping_forget(const void *memory, size_t size)
{
    quiet_lock(&lock);
    drop(&mappings, ADDRESS(memory), size);
    quiet_unlock(&lock);
}

static size_t put_hex(char *line, size_t n, char before, uint64_t value)
{
    line[n++] = before;
    for (int shift = 60; shift >= 0; shift -= 4)
        line[n++] = "0123456789abcdef"[(value >> shift) & 15];
    return n;
}

/* "@pc,pc,...": offsets from the load address, as in crash.c. */
static void put_frames(char *text, const struct frames *at)
{
    size_t n = 0;

    for (int i = 0; i < BOARD_FRAMES && at->pc[i] != 0; i++)
        n = put_hex(text, n, i ? ',' : '@', at->pc[i] - board->base);
    text[n] = '\0';
}

void mappings_tell(void)
{
    char where[BOARD_FRAMES * 17 + 1];
    int told = 0;

    quiet_lock(&lock);
    for (size_t i = 0; i < BUCKETS && told < TELL_MOST; i++)
        for (struct region *region = mappings.buckets[i];
             region != NULL && told < TELL_MOST; region = region->next) {
            put_frames(where, &region->at);
            record_line("value %s mapping-left %llu%s", board->test,
                        (unsigned long long)region->size, where);
            told++;
        }
    quiet_unlock(&lock);
}

/* ---- what is wrong with a stack ------------------------------------------ */

void stack_freed(const void *block, size_t size, const void *frame)
{
    bool own = ADDRESS(frame) - ADDRESS(block) < size;
    char where[BOARD_FRAMES * 17 + 1];
    struct frames at;

    if (own) {
        frames_here(&at, (void *)(uintptr_t)frame);
        at.pc[0] -= 1; /* a crash is recorded with where it stands */
        put_frames(where, &at);
        record_line("value %s crash own-stack%s", board->test, where);
        raise(SIGKILL);
    }
    quiet_lock(&lock);
    drop(&stacks, ADDRESS(block), size);
    quiet_unlock(&lock);
}

/* The stack that begins next above the address, but not far; or NULL. */
static struct region *stack_above(uint64_t address)
{
    struct region *found = NULL;

    for (uint32_t i = 0; i < 2; i++)
        for (struct region *region =
                 stacks.buckets[bucket_of(address + i * NEAR)];
             region != NULL; region = region->next)
            if (region->low - address <= NEAR &&
                (found == NULL || region->low < found->low))
                found = region;
    return found;
}

/* Without the lock: this may be in its midst. At worst a line is missing. */
const char *stack_blamed(uint64_t address, uint64_t sp, bool mapped,
                         uint64_t *size, struct frames *at)
{
    struct region *region = stack_at(address);
    const char *what = mapped ? "overflow" : "no-stack";

    if (address - sp + NEAR > 2 * NEAR)
        return NULL;
    if (region == NULL) {
        region = stack_above(address);
        what = "overflow";
    }
    if (region == NULL)
        return NULL;
    *size = region->size;
    *at = region->at;
    return what;
}
