/*
 * faults_memory.c - blocks and mappings of the student's code: a call for one
 * can fail, and what it was given is noted until it is given back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "faults.h"

/* ---- blocks ----------------------------------------------------------------
 */

#define ALLOCATES(Type, Name, Parameters, Arguments)                           \
    Type fault_##Name Parameters;                                              \
    Type fault_##Name Parameters                                               \
    {                                                                          \
        Type block;                                                            \
        FAULT(#Name, CAN(ACTION_FAIL), "ENOMEM");                              \
                                                                               \
        if (action == ACTION_FAIL) {                                           \
            errno = ENOMEM;                                                    \
            return NULL;                                                       \
        }                                                                      \
        block = Name Arguments;                                                \
        faults_note_block(block, &at);                                         \
        return block;                                                          \
    }

ALLOCATES(void *, malloc, (size_t size), (size))
ALLOCATES(void *, calloc, (size_t count, size_t size), (count, size))
ALLOCATES(void *, aligned_alloc, (size_t alignment, size_t size),
          (alignment, size))
ALLOCATES(void *, memalign, (size_t alignment, size_t size), (alignment, size))
ALLOCATES(void *, valloc, (size_t size), (size))
ALLOCATES(char *, strdup, (const char *text), (text))
ALLOCATES(char *, strndup, (const char *text, size_t most), (text, most))

void *fault_realloc(void *old, size_t size);
void *fault_realloc(void *old, size_t size)
{
    void *block;
    FAULT("realloc", CAN(ACTION_FAIL), "ENOMEM");

    if (action == ACTION_FAIL && size > 0) {
        errno = ENOMEM;
        return NULL;
    }
    block = realloc(old, size);
    faults_note_block(block, &at);
    return block;
}

void *fault_reallocarray(void *old, size_t count, size_t size);
void *fault_reallocarray(void *old, size_t count, size_t size)
{
    void *block;
    FAULT("reallocarray", CAN(ACTION_FAIL), "ENOMEM");

    if (action == ACTION_FAIL && count > 0 && size > 0) {
        errno = ENOMEM;
        return NULL;
    }
    block = reallocarray(old, count, size);
    faults_note_block(block, &at);
    return block;
}

/* ---- mappings --------------------------------------------------------------
 */

void *il_mmap(void *at, size_t size, int protection, int flags, int fd,
              off_t offset);
void *fault_mmap(void *address, size_t size, int protection, int flags, int fd,
                 off_t offset);
void *fault_mmap(void *address, size_t size, int protection, int flags, int fd,
                 off_t offset)
{
    void *memory;
    FAULT("mmap", CAN(ACTION_FAIL), "ENOMEM");

    if (action == ACTION_FAIL) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    memory = il_mmap(address, size, protection, flags, fd, offset);
    if (memory != MAP_FAILED)
        faults_note_block(memory, &at);
    return memory;
}

int il_munmap(void *memory, size_t size);
int fault_munmap(void *memory, size_t size);
int fault_munmap(void *memory, size_t size)
{
    faults_forget_block(memory);
    return il_munmap(memory, size);
}

/*
 * What divides a mapping in two may fail, and what makes it one again may not:
 * so not the mprotect() that opens what another one has closed.
 */
#define CLOSED_MAX 1024

static void *closed[CLOSED_MAX];
static _Atomic uint32_t closed_lock;

/* As in faults.c: the holder is not in a child. */
static void free_closed(void)
{
    closed_lock = 0;
}

__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(NULL, NULL, free_closed);
}

static void *swap_closed(void *old, void *new)
{
    void *found = NULL;

    quiet_lock(&closed_lock);
    for (size_t i = 0; i < CLOSED_MAX && found == NULL; i++)
        if (closed[i] == old) {
            found = &closed[i];
            closed[i] = new;
        }
    quiet_unlock(&closed_lock);
    return found;
}

int fault_mprotect(void *memory, size_t size, int protection);
int fault_mprotect(void *memory, size_t size, int protection)
{
    bool opens = protection != PROT_NONE && swap_closed(memory, NULL) != NULL;
    FAULT("mprotect", opens ? 0 : CAN(ACTION_FAIL), "ENOMEM");

    if (action == ACTION_FAIL) {
        errno = ENOMEM;
        return -1;
    }
    if (protection == PROT_NONE)
        swap_closed(NULL, memory);
    return mprotect(memory, size, protection);
}

/* ---- given back ------------------------------------------------------------
 */

/* Everybody's: the C library, the tests and the student may free a block that
 * the student has allocated. */
void __libc_free(void *block);
void *__libc_realloc(void *block, size_t size);

void free(void *block)
{
    faults_forget_block(block);
    __libc_free(block);
}

void *realloc(void *block, size_t size)
{
    faults_forget_block(block);
    return __libc_realloc(block, size);
}
