/*
 * calls_memory.c - the wrapped calls that give and take memory. See calls.c.
 *
 * What is mapped must be unmapped, which Memcheck does not look at; and nobody
 * may free the stack that she runs on, coroutines above all (stacks.c).
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "inside.h"
#include "stacks.h"

void *il_mmap(void *at, size_t size, int protection, int flags, int fd,
              off_t offset);
QUIET void *il_mmap(void *address, size_t size, int protection, int flags,
                    int fd, off_t offset)
{
    struct frames at;
    void *memory;

    frames_here(&at, __builtin_frame_address(0));
    memory = mmap(address, size, protection, flags, fd, offset);
    if (memory != MAP_FAILED)
        mapping_note(memory, size, &at);
    return memory;
}

int il_munmap(void *memory, size_t size);
QUIET int il_munmap(void *memory, size_t size)
{
    stack_freed(memory, size, __builtin_frame_address(0));
    mapping_forget(memory, size);
    return munmap(memory, size);
}

void *il_mremap(void *old, size_t old_size, size_t size, int flags, ...);
QUIET void *il_mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
    struct frames at;
    void *memory;
    va_list list;

    frames_here(&at, __builtin_frame_address(0));
    va_start(list, flags);
    memory = mremap(old, old_size, size, flags,
                    flags & MREMAP_FIXED ? va_arg(list, void *) : NULL);
    va_end(list);
    if (memory != MAP_FAILED) {
        mapping_forget(old, old_size);
        mapping_note(memory, size, &at);
    }
    return memory;
}

void il_free(void *block);
QUIET void il_free(void *block)
{
    if (block != NULL && stacks_known())
        stack_freed(block, malloc_usable_size(block),
                    __builtin_frame_address(0));
    free(block);
}
