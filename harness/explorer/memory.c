/*
 * memory.c - where the program's data lies, and how it is put back.
 *
 * The linker places the program's objects between edge.c's marks, so its
 * static data is one range of .data and one of .bss. A copy of both is taken
 * before main(), and put back before each schedule. Heap and stacks are ranges
 * at fixed places; nothing in them is put back, as a program that reads what
 * it has not written is wrong.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "explorer.h"
#include "places.h"

#define STACK_MAIN  (8ull << 20)
#define STACK_OTHER (1ull << 20)
#define GUARD       4096ull
_Static_assert(STACK_MAIN + (THREADS - 1) * STACK_OTHER <= STACKS_END - STACKS,
               "each thread has a stack");

/* edge.c */
extern char explorer_data_begin[], explorer_data_end[];
extern char explorer_bss_begin[], explorer_bss_end[];
extern char explorer_data_own[], explorer_bss_own[];

#define CELL_BYTES    16
#define SHADOW        0x40000000000 /* 4 TB: of data, heap and stacks */
#define SHADOW_HEAP   (SHADOW + 0x10000000000)
#define SHADOW_STACKS (SHADOW + 0x20000000000)

static char *own_free = (char *)OWN_MEMORY;
static char *data_copy, *bss_copy;

static void *map_at(uint64_t place, uint64_t size)
{
    void *got =
        mmap((void *)place, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             -1, 0);

    if (got != (void *)place) {
        perror("explorer: mmap");
        _exit(2);
    }
    return got;
}

void *own_memory(size_t size)
{
    void *memory;

    size = (size + 4095) & ~4095ull;
    memory = map_at(ADDRESS(own_free), size);
    own_free += size;
    return memory;
}

static uint64_t data_size(void)
{
    return ADDRESS(explorer_data_end) - ADDRESS(explorer_data_begin);
}

static uint64_t bss_size(void)
{
    return ADDRESS(explorer_bss_end) - ADDRESS(explorer_bss_begin);
}

static uint64_t data_span(void)
{
    return ADDRESS(explorer_bss_end) - ADDRESS(explorer_data_begin);
}

char *stack_top(int thread)
{
    return (char *)STACKS + STACK_MAIN + (uint64_t)thread * STACK_OTHER;
}

/* The lowest page of each stack. */
bool is_guard_page(uint64_t address)
{
    if (address < STACKS || address >= STACKS_END)
        return false;
    address -= STACKS;
    if (address < STACK_MAIN)
        return address < GUARD;
    return (address - STACK_MAIN) % STACK_OTHER < GUARD;
}

static void shadow_init(void)
{
    map_at(SHADOW, data_span() * CELL_BYTES);
    map_at(SHADOW_HEAP, (HEAP_END - HEAP) * CELL_BYTES);
    map_at(SHADOW_STACKS, (STACKS_END - STACKS) * CELL_BYTES);
}

void memory_forget_cells(void)
{
    madvise((void *)SHADOW, data_span() * CELL_BYTES, MADV_DONTNEED);
    madvise((void *)SHADOW_HEAP, (HEAP_END - HEAP) * CELL_BYTES, MADV_DONTNEED);
    madvise((void *)SHADOW_STACKS, (STACKS_END - STACKS) * CELL_BYTES,
            MADV_DONTNEED);
}

void memory_init(void)
{
    map_at(HEAP, HEAP_END - HEAP);
    map_at(STACKS, STACKS_END - STACKS);
    mprotect((void *)STACKS, GUARD, PROT_NONE);
    for (int i = 0; i + 1 < THREADS; i++)
        mprotect(stack_top(i), GUARD, PROT_NONE);
    shadow_init();
    data_copy = own_memory(data_size() + 1);
    bss_copy = own_memory(bss_size() + 1);
    memcpy(data_copy, explorer_data_begin, data_size());
    memcpy(bss_copy, explorer_bss_begin, bss_size());
}

void memory_begin(void)
{
    memcpy(explorer_data_begin, data_copy, data_size());
    memcpy(explorer_bss_begin, bss_copy, bss_size());
}

struct cell *cell_of(uint64_t address)
{
    switch (address >> 40) {
    case 0:
        if (address - ADDRESS(explorer_data_begin) < data_size() ||
            address - ADDRESS(explorer_bss_begin) < bss_size())
            return (struct cell *)(SHADOW +
                                   (address - ADDRESS(explorer_data_begin)) *
                                       CELL_BYTES);
        return NULL;
    case 1:
        return address < HEAP_END
                   ? (struct cell *)(SHADOW_HEAP +
                                     (address - HEAP) * CELL_BYTES)
                   : NULL;
    case 2:
        return address < STACKS_END
                   ? (struct cell *)(SHADOW_STACKS +
                                     (address - STACKS) * CELL_BYTES)
                   : NULL;
    default:
        return NULL;
    }
}

static bool meets(uint64_t address, size_t size, const char *begin,
                  const char *end)
{
    return address + size > ADDRESS(begin) && address < ADDRESS(end);
}

/* The explorer's objects follow on the program's. What else lies there are
 * copies of the C library's variables, such as stderr. */
bool is_ours(uint64_t address, size_t size)
{
    if (meets(address, size, explorer_data_end, explorer_data_own) ||
        meets(address, size, explorer_bss_end, explorer_bss_own))
        return true;
    return address >= OWN_MEMORY && address < SHADOW + (1ull << 44);
}
