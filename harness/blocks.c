/*
 * blocks.c - which parts of the student's code a test runs through. Where two
 * threads race is luck, and so is in which test it is seen; whether a test runs
 * through the two places is not.
 *
 * With -fsanitize-coverage=bb,no-prune,trace-pc-guard,pc-table clang calls us
 * at each basic block (Clang's manual, SanitizerCoverage). A flag of its own
 * making would be one more thing that threads write, and ThreadSanitizer would
 * say so. Those that have run are told as
 *
 *     value T blocks HEX HEX ...    where each begins in the program; once
 *     value T ran HEX               four blocks a digit, the first is its 1
 *
 * A program that is compiled without it calls nobody, and tells nothing.
 */
#include <stdio.h>
#include <string.h>

#include "inside.h"

/* So that a line of the record holds them. */
enum { BLOCKS = 6400, A_LINE = 100 };

struct block {
    uintptr_t begin, flags;
};

static const struct block *blocks;
static uint32_t count; /* of blocks */
static uint8_t ran[BLOCKS];

/* A guard is the number of its block, from 1. */
void __sanitizer_cov_trace_pc_guard_init(uint32_t *begin, uint32_t *end);
void __sanitizer_cov_trace_pc_guard_init(uint32_t *begin, uint32_t *end)
{
    if (begin == end || *begin != 0)
        return;
    for (uint32_t *guard = begin; guard < end && count < BLOCKS; guard++)
        *guard = ++count;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard);
QUIET void __sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
    if (*guard != 0)
        ran[*guard - 1] = 1;
}

void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end);
void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end)
{
    (void)end;
    blocks = (const struct block *)begin;
}

void blocks_clear(void)
{
    memset(ran, 0, sizeof ran);
}

static void tell_table(void)
{
    char text[A_LINE * 18];

    for (uint32_t i = 0; i < count;) {
        size_t used = 0;

        for (int n = 0; n < A_LINE && i < count; n++, i++)
            used += (size_t)snprintf(
                text + used, sizeof text - used, " %llx",
                (unsigned long long)(blocks[i].begin - board->base));
        record_line("value %s blocks%s", board->test, text);
    }
}

void blocks_tell(void)
{
    static bool told;
    char text[BLOCKS / 4 + 1];
    size_t n = 0;

    if (count == 0 || blocks == NULL)
        return;
    if (!told)
        tell_table();
    told = true;
    for (uint32_t i = 0; i < count; i += 4) {
        unsigned digit = 0;

        for (uint32_t k = 0; k < 4 && i + k < count; k++)
            digit |= (unsigned)ran[i + k] << k;
        text[n++] = "0123456789abcdef"[digit];
    }
    text[n] = '\0';
    record_line("value %s ran %s", board->test, text);
}
