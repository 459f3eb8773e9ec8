/*
 * calls_memory.c - the heap: each thread has a part of its own and blocks are
 * never used again within a schedule. So a block's address follows from what
 * its thread has done, and a use after free() is always seen.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "trace.h"

#define MAIN_ROOM  (HEAP_END - HEAP - (THREADS - 1) * OTHER_ROOM)
#define ENOUGH     (16ull << 20)
#define SHARE      ((HEAP_END - HEAP) / 4 * 3 / THREADS & -4096ull)
#define OTHER_ROOM (SHARE < ENOUGH ? SHARE : ENOUGH)
#define GAP        16 /* around blocks */
#define FILL       0xa5
#define FILL_MAX   65536

struct block {
    size_t size;
    uint64_t magic; /* tells a block from any other address */
};

static uint64_t used[THREADS];
static uint32_t used_in;

static char *room_of(int thread, size_t *size)
{
    *size = thread == 0 ? MAIN_ROOM : OTHER_ROOM;
    return (char *)HEAP +
           (thread == 0 ? 0 : MAIN_ROOM + (uint64_t)(thread - 1) * OTHER_ROOM);
}

static void *take(size_t size, size_t alignment, uint64_t pc)
{
    int thread = world->self->number;
    size_t room;
    char *base = room_of(thread, &room);
    uint64_t at;
    struct block *block;

    if (used_in != world->schedule)
        memset(used, 0, sizeof used);
    used_in = world->schedule;
    at = used[thread] + GAP + sizeof *block;
    at = (at + alignment - 1) & -(uint64_t)alignment;
    if (size > room || at + size + GAP > room)
        fail(FAULT_UNCONTROLLED, pc, 0,
             "more than %zu MB from malloc() in one thread", room >> 20);
    used[thread] = at + size + GAP;
    block = (struct block *)(base + at) - 1;
    block->size = size;
    block->magic = mix(ADDRESS(base + at), world->schedule);
    return base + at;
}

static void *allocate(size_t size, size_t alignment, bool zero, uint64_t pc)
{
    void *memory;

    if (world->self == NULL)
        return zero ? calloc(1, size) : malloc(size);
    memory = take(size, alignment, pc);
    memset(memory, zero ? 0 : FILL, zero || size < FILL_MAX ? size : FILL_MAX);
    trace_allocated(ADDRESS(memory), size, pc);
    return memory;
}

static struct block *block_of(void *memory)
{
    uint64_t address = ADDRESS(memory);

    return address >= HEAP && address < HEAP_END ? (struct block *)memory - 1
                                                 : NULL;
}

static void give_back(void *memory, uint64_t pc)
{
    struct block *block = block_of(memory);

    if (memory == NULL)
        return;
    if (block == NULL) {
        if (cell_of(ADDRESS(memory)) != NULL)
            fail(FAULT_BAD_FREE, pc, ADDRESS(memory),
                 "free of what malloc has not given");
        free(memory); /* the C library's own: getline, asprintf */
        return;
    }
    if (block->magic != mix(ADDRESS(memory), world->schedule)) {
        if (block->magic == ~mix(ADDRESS(memory), world->schedule))
            fail(FAULT_BAD_FREE, pc, ADDRESS(memory), "freed before");
        fail(FAULT_BAD_FREE, pc, ADDRESS(memory),
             "free of what malloc has not given");
    }
    if (block->size > 0)
        race_freed(ADDRESS(memory), block->size, pc);
    block->magic = ~block->magic;
    trace_freed(ADDRESS(memory), pc);
    spin_progress();
}

CALL(void *, malloc, size_t size)
{
    return allocate(size, 16, false, PC);
}

CALL(void *, calloc, size_t count, size_t size)
{
    if (__builtin_mul_overflow(count, size, &size)) {
        errno = ENOMEM;
        return NULL;
    }
    return allocate(size, 16, true, PC);
}

CALL(void, free, void *memory)
{
    if (world->self == NULL)
        free(memory);
    else
        give_back(memory, PC);
}

static void *resize(void *old, size_t size, uint64_t pc)
{
    struct block *block = block_of(old);
    size_t before = block != NULL ? block->size : malloc_usable_size(old);
    void *new;

    if (old == NULL)
        return allocate(size, 16, false, pc);
    new = allocate(size, 16, false, pc);
    if (new == NULL)
        return NULL;
    explorer_range(old, before < size ? before : size, false, pc);
    memcpy(new, old, before < size ? before : size);
    give_back(old, pc);
    return new;
}

CALL(void *, realloc, void *old, size_t size)
{
    return resize(old, size, PC);
}

CALL(void *, reallocarray, void *old, size_t count, size_t size)
{
    if (__builtin_mul_overflow(count, size, &size)) {
        errno = ENOMEM;
        return NULL;
    }
    return resize(old, size, PC);
}

CALL(void *, aligned_alloc, size_t alignment, size_t size)
{
    return allocate(size, alignment < 16 ? 16 : alignment, false, PC);
}

CALL(void *, memalign, size_t alignment, size_t size)
{
    return allocate(size, alignment < 16 ? 16 : alignment, false, PC);
}

CALL(int, posix_memalign, void **memory, size_t alignment, size_t size)
{
    void *got = allocate(size, alignment < 16 ? 16 : alignment, false, PC);

    if (got == NULL)
        return ENOMEM;
    explorer_range(memory, sizeof *memory, true, PC);
    *memory = got;
    return 0;
}

CALL(size_t, malloc_usable_size, void *memory)
{
    struct block *block = block_of(memory);

    return block != NULL ? block->size : malloc_usable_size(memory);
}

static char *duplicate(const char *text, size_t length, uint64_t pc)
{
    char *copy = allocate(length + 1, 16, false, pc);

    if (copy == NULL)
        return NULL;
    explorer_range(text, length, false, pc);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

CALL(char *, strdup, const char *text)
{
    return duplicate(text, strlen(text), PC);
}

CALL(char *, strndup, const char *text, size_t most)
{
    return duplicate(text, strnlen(text, most), PC);
}

/* ---- functions of the C library that read and write memory -------------- */

CALL(void *, memcpy, void *to, const void *from, size_t size)
{
    explorer_range(from, size, false, PC);
    explorer_range(to, size, true, PC);
    return memcpy(to, from, size);
}

CALL(void *, memmove, void *to, const void *from, size_t size)
{
    explorer_range(from, size, false, PC);
    explorer_range(to, size, true, PC);
    return memmove(to, from, size);
}

CALL(void *, memset, void *to, int byte, size_t size)
{
    explorer_range(to, size, true, PC);
    return memset(to, byte, size);
}

CALL(int, memcmp, const void *a, const void *b, size_t size)
{
    explorer_range(a, size, false, PC);
    explorer_range(b, size, false, PC);
    return memcmp(a, b, size);
}

CALL(size_t, strlen, const char *text)
{
    size_t length = strlen(text);

    explorer_range(text, length + 1, false, PC);
    return length;
}

CALL(char *, strcpy, char *to, const char *from)
{
    size_t size = strlen(from) + 1;

    explorer_range(from, size, false, PC);
    explorer_range(to, size, true, PC);
    return memcpy(to, from, size);
}

CALL(char *, strncpy, char *to, const char *from, size_t size)
{
    explorer_range(from, strnlen(from, size), false, PC);
    explorer_range(to, size, true, PC);
    return strncpy(to, from, size);
}

CALL(char *, strcat, char *to, const char *from)
{
    size_t size = strlen(from) + 1, before = strlen(to);

    explorer_range(from, size, false, PC);
    explorer_range(to, before, false, PC);
    explorer_range(to + before, size, true, PC);
    memcpy(to + before, from, size);
    return to;
}

CALL(int, strcmp, const char *a, const char *b)
{
    explorer_range(a, strlen(a) + 1, false, PC);
    explorer_range(b, strlen(b) + 1, false, PC);
    return strcmp(a, b);
}
