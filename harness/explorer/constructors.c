/*
 * constructors.c - what a program does before main(), and after it.
 *
 * Functions with __attribute__((constructor)) would run once, before there is
 * a scheduler, and what they have done to locks would be known in no schedule.
 * So the program's are taken out of the table that the dynamic linker runs
 * (System V ABI, Initialization and Termination Functions), and its first
 * thread calls them at the beginning of each schedule: they are a part of the
 * program like any other. The same for destructors, at exit().
 *
 * Which are the program's is told by their place: the linker puts its code
 * between edge.c's marks. Tests register themselves by constructors; those
 * lie before the mark `tests`, and stay where they are.
 */
#define _GNU_SOURCE
#include "constructors.h"

#include <string.h>
#include <sys/mman.h>

#include "explorer.h"

typedef void function(void);

struct list {
    function **items;
    size_t count;
};

/* The linker's. */
extern function *__init_array_start[], *__init_array_end[];
extern function *__fini_array_start[], *__fini_array_end[];

/* edge.c's; between them the program's own code. */
extern function explorer_text_begin, explorer_text_end;
extern function explorer_text_tests __attribute__((weak));

static struct list constructors, destructors;

static void nothing(void)
{
}

static bool is_of_program(function *called)
{
    function *begin = &explorer_text_tests != NULL ? &explorer_text_tests
                                                   : &explorer_text_begin;

    return ADDRESS(called) > ADDRESS(begin) &&
           ADDRESS(called) < ADDRESS(&explorer_text_end);
}

static void take(function **from, function **to, struct list *list)
{
    uint64_t page = ADDRESS(from) & ~4095ull;

    if (from == to)
        return;
    list->items = own_memory((size_t)(to - from) * sizeof *from);
    if (mprotect((void *)page, ADDRESS(to) - page, PROT_READ | PROT_WRITE) != 0)
        return;
    for (function **at = from; at < to; at++)
        if (is_of_program(*at)) {
            list->items[list->count++] = *at;
            *at = nothing;
        }
}

/* Before all constructors; they are instrumented, and ask for the world. */
static void before_all(void)
{
    own_memory(sizeof *world);
    take(__init_array_start, __init_array_end, &constructors);
    take(__fini_array_start, __fini_array_end, &destructors);
}

__attribute__((section(".preinit_array"), used)) static function *const first =
    before_all;

void constructors_run(void)
{
    for (size_t i = 0; i < constructors.count; i++)
        constructors.items[i]();
}

void destructors_run(void)
{
    for (size_t i = destructors.count; i > 0; i--)
        destructors.items[i - 1]();
}
