/*
 * timeline_memory.c - what lies at an address while a trace is read.
 *
 * Code and static variables stay where they are. A local variable is one of a
 * function that is under way, so the functions that begin and end are followed
 * for each thread. A heap block is known by the line that allocated it; the
 * last one at an address counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "read_parts.h"
#include "symbols.h"
#include "timeline_parts.h"

enum { THREADS = 64, FRAMES = 64 };

struct block {
    struct names_block named;
    struct place place;
};

/* Names do not change: those asked for last. */
enum { KNOWN = 256 };
struct known {
    uint64_t address;
    struct named named;
};

struct memory {
    struct timeline *timeline; /* whose the names are */
    struct symbols *symbols;
    struct names *names;
    bool whole; /* there is no kit in the program */
    source_line *line;
    void *state;
    struct block *blocks;
    size_t block_count;
    struct names_frame frames[THREADS][FRAMES];
    unsigned depth[THREADS];
    uint64_t entered[THREADS]; /* the function that began last */
    struct known known[KNOWN];
};

struct memory *memory_open(struct timeline *timeline, const char *executable,
                           const char *student, source_line *line, void *state,
                           const char **why)
{
    struct memory *memory = talloc_zero(timeline, struct memory);

    memory->timeline = timeline;
    memory->whole = student == NULL;
    memory->line = line;
    memory->state = state;
    memory->symbols =
        symbols_open(timeline, executable, student ? student : "", why);
    memory->names = names_open(timeline, executable, why);
    return memory->symbols != NULL && memory->names != NULL ? memory : NULL;
}

/* A return address lies behind its call. */
struct place memory_place(struct memory *memory, uint64_t pc)
{
    struct place place = {0};

    if (pc != 0)
        place = symbols_code(memory->symbols, pc - 1);
    if (place.file != NULL)
        place.file = path_base(place.file);
    if (memory->whole)
        place.kit = false;
    return place;
}

/* ---- what the trace says of it ------------------------------------------ */

void memory_allocated(struct memory *memory, const char *line)
{
    struct block block = {{0}, {0}};
    int thread;
    size_t size;

    if (sscanf(line, "%d %" SCNx64 " %zu %" SCNx64, &thread,
               &block.named.address, &size, &block.named.pc) != 4)
        return;
    block.named.size = size;
    block.place = memory_place(memory, block.named.pc);
    for (size_t i = 0; i < memory->block_count; i++) {
        struct names_block *one = &memory->blocks[i].named;

        if (one->pc != block.named.pc)
            continue;
        one->number = one->number == 0 ? 1 : one->number;
        block.named.number = one->number + 1;
    }
    memory->blocks =
        talloc_realloc(memory->timeline, memory->blocks, struct block,
                       (unsigned)memory->block_count + 1);
    memory->blocks[memory->block_count++] = block;
}

void memory_entered(struct memory *memory, const char *line)
{
    struct names_frame frame;
    int thread;

    if (sscanf(line, "%d %" SCNx64 " %" SCNx64, &thread, &frame.function,
               &frame.base) != 3 ||
        thread < 0 || thread >= THREADS)
        return;
    if (memory->depth[thread] < FRAMES)
        memory->frames[thread][memory->depth[thread]] = frame;
    memory->depth[thread]++;
    memory->entered[thread] = frame.function;
}

void memory_left(struct memory *memory, const char *line)
{
    int thread = atoi(line);

    if (thread >= 0 && thread < THREADS && memory->depth[thread] > 0)
        memory->depth[thread]--;
}

bool memory_function(const struct memory *memory, int thread,
                     uint64_t *function)
{
    if (thread < 0 || thread >= THREADS)
        return false;
    *function = memory->entered[thread];
    return true;
}

/* ---- names -------------------------------------------------------------- */

static bool in_heap(uint64_t address)
{
    return address >= HEAP && address < HEAP_END;
}

static bool in_stacks(uint64_t address)
{
    return address >= STACKS && address < STACKS_END;
}

static struct block *block_at(struct memory *memory, uint64_t address)
{
    for (size_t i = memory->block_count; i-- > 0;) {
        struct block *block = &memory->blocks[i];

        if (address >= block->named.address &&
            address - block->named.address < block->named.size)
            return block;
    }
    return NULL;
}

static struct named heap_name(struct memory *memory, uint64_t address)
{
    struct block *block = block_at(memory, address);
    struct named named = {NULL, NAMES_UNKNOWN, 0};

    if (block == NULL)
        return named;
    block->named.line = memory->line(memory->state, &block->place);
    named = names_heap(memory->names, &block->named, address);
    if (named.name == NULL)
        named.name = talloc_asprintf(
            memory->timeline, "the block of line %d%s", block->place.line,
            address == block->named.address
                ? ""
                : talloc_asprintf(memory->timeline, ", byte %" PRIu64,
                                  address - block->named.address));
    return named;
}

/* The variable of a function that is under way in some thread. */
static struct named stack_name(struct memory *memory, uint64_t address)
{
    struct named named = {NULL, NAMES_UNKNOWN, 0};

    for (int thread = 0; thread < THREADS; thread++)
        for (unsigned i = 0; i < memory->depth[thread] && i < FRAMES; i++) {
            named =
                names_local(memory->names, &memory->frames[thread][i], address);
            if (named.name != NULL)
                return named;
        }
    return named;
}

struct named memory_name(struct memory *memory, uint64_t address)
{
    struct known *known = &memory->known[address / 4 % KNOWN];

    if (in_stacks(address))
        return stack_name(memory, address);
    if (known->address != address) {
        known->named = in_heap(address) ? heap_name(memory, address)
                                        : names_static(memory->names, address);
        known->address = address;
    }
    return known->named;
}

const char *memory_value(struct memory *memory, const struct named *named,
                         uint64_t value, size_t size)
{
    return names_value(memory->names, named, value, size);
}

const char *memory_object(struct memory *memory, const char *op,
                          uint64_t address)
{
    if (address == 0)
        return NULL;
    if (strcmp(op, "join") == 0 || strcmp(op, "end") == 0)
        return timeline_thread(memory->timeline, (int)address - 1);
    if (strncmp(op, "file", 4) == 0)
        return address < 4096 ? talloc_asprintf(memory->timeline,
                                                "descriptor %" PRIu64, address)
                              : NULL;
    return memory_name(memory, address).name;
}
