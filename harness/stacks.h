/*
 * stacks.h - the stacks of coroutines, and mapped memory: what the harness
 * keeps of them, so that ThreadSanitizer, Valgrind and a crash report know
 * what the processor does not say.
 *
 * All of it is cleared when a test begins. Any thread may call these; a spin
 * lock guards the tables.
 */
#ifndef STACKS_H
#define STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board.h"

#define STACK_ARGUMENTS 8

/* A mapping, or a stack. */
struct region {
    struct region *next;
    uint64_t low, size;
    struct frames at; /* where it was mapped, or given to makecontext() */

    /* of a stack */
    void *fiber;       /* ThreadSanitizer's, or NULL */
    unsigned valgrind; /* Valgrind's number for it */

    /* what contexts.c has to call on it */
    void (*function)(void);
    long long arguments[STACK_ARGUMENTS];
    const void *link; /* the context after it, or NULL */
};

void stacks_clear(void);

/*
 * A stack that is given to makecontext(); what was there before is no stack any
 * more. Valgrind is told of it, and it gets a fiber. NULL when all places are
 * taken: then it goes unseen.
 */
struct region *stack_new(uint64_t low, uint64_t size, const struct frames *at);

/* The fiber of the stack in which the stack pointer lies. */
void *stack_fiber(uint64_t sp, void *otherwise);

/* mmap() has returned this; munmap() is about to take it away. */
void mapping_note(const void *memory, size_t size, const struct frames *at);
void mapping_forget(const void *memory, size_t size);

/* Records the mappings that are still there. */
void mappings_tell(void);

/*
 * A block is about to be freed. If `frame` lies in it, the caller runs on it:
 * that is recorded as a crash, and the process is killed. Else the stacks in
 * it are forgotten.
 */
void stack_freed(const void *block, size_t size, const void *frame);

/* true while there is any stack of a coroutine */
bool stacks_known(void);

/*
 * From a signal handler, for a fault at `address` with the stack pointer `sp`:
 * "overflow", "no-stack", or NULL when it has nothing to do with the stack of
 * a coroutine. Else `size` is that of the stack, and `at` where makecontext()
 * was given it. `mapped`: the memory is there, but may not be touched.
 */
const char *stack_blamed(uint64_t address, uint64_t sp, bool mapped,
                         uint64_t *size, struct frames *at);

#endif
