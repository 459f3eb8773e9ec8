/*
 * timeline.c - see timeline.h: from the lines of a trace to events with
 * places and names, and which of them matter.
 */
#define _GNU_SOURCE
#include "timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "names.h"
#include "read_parts.h"
#include "symbols.h"

enum { THREADS = 64, FRAMES = 64 };

/* The ranges of memory, as harness/explorer/explorer.h places them. */
#define HEAP_RANGE(address)  ((address) >> 40 == 1)
#define STACK_RANGE(address) ((address) >> 40 == 2)

struct block {
    struct names_block named;
    struct place place;
};

struct reading {
    struct timeline *timeline;
    struct symbols *symbols;
    struct names *names;
    const char *(*line)(void *state, const struct place *place);
    void *state;
    struct block *blocks;
    size_t block_count;
    struct names_frame frames[THREADS][FRAMES];
    unsigned depth[THREADS];
    size_t unsettled; /* a write whose value comes with the next line, plus 1 */
    struct named unsettled_name;
};

/* A return address lies behind its call. */
static struct place place_of(struct reading *reading, uint64_t pc)
{
    struct place place = {0};

    if (pc != 0)
        place = symbols_code(reading->symbols, pc - 1);
    if (place.file != NULL)
        place.file = path_base(place.file);
    return place;
}

/* ---- names
 * ------------------------------------------------------------------- */

static struct block *block_at(struct reading *reading, uint64_t address)
{
    for (size_t i = reading->block_count; i-- > 0;) {
        struct block *block = &reading->blocks[i];

        if (address >= block->named.address &&
            address - block->named.address < block->named.size)
            return block;
    }
    return NULL;
}

static struct named heap_name(struct reading *reading, uint64_t address)
{
    struct block *block = block_at(reading, address);
    struct named named = {NULL, NAMES_UNKNOWN, 0};

    if (block == NULL)
        return named;
    block->named.line = reading->line(reading->state, &block->place);
    named = names_heap(reading->names, &block->named, address);
    if (named.name == NULL)
        named.name = talloc_asprintf(
            reading->timeline, "the block of line %d%s", block->place.line,
            address == block->named.address
                ? ""
                : talloc_asprintf(reading->timeline, ", byte %" PRIu64,
                                  address - block->named.address));
    return named;
}

/* The variable of a function that is under way in some thread. */
static struct named stack_name(struct reading *reading, uint64_t address)
{
    struct named named = {NULL, NAMES_UNKNOWN, 0};

    for (int thread = 0; thread < THREADS; thread++)
        for (unsigned i = 0; i < reading->depth[thread]; i++) {
            named = names_local(reading->names, &reading->frames[thread][i],
                                address);
            if (named.name != NULL)
                return named;
        }
    return named;
}

static struct named name_of(struct reading *reading, uint64_t address)
{
    if (HEAP_RANGE(address))
        return heap_name(reading, address);
    if (STACK_RANGE(address))
        return stack_name(reading, address);
    return names_static(reading->names, address);
}

/* What a step is about: a lock, a thread, a descriptor. */
static const char *object_of(struct reading *reading, const char *op,
                             uint64_t address)
{
    if (address == 0)
        return NULL;
    if (strcmp(op, "join") == 0 || strcmp(op, "end") == 0)
        return timeline_thread(reading->timeline, (int)address - 1);
    if (strcmp(op, "file") == 0)
        return address < 4096 ? talloc_asprintf(reading->timeline,
                                                "descriptor %" PRIu64, address)
                              : NULL;
    return name_of(reading, address).name;
}

/* ---- the lines of the trace
 * ---------------------------------------------------- */

static struct event *add(struct reading *reading, enum event_kind kind,
                         int thread)
{
    struct timeline *timeline = reading->timeline;
    struct event *event;

    if (timeline->count % 256 == 0)
        timeline->events =
            talloc_realloc(timeline, timeline->events, struct event,
                           (unsigned)timeline->count + 256);
    event = &timeline->events[timeline->count++];
    *event =
        (struct event){.kind = kind, .thread = thread, .other = -1, .times = 1};
    if (thread >= timeline->threads)
        timeline->threads = thread + 1;
    return event;
}

static void read_step(struct reading *reading, const char *line)
{
    uint64_t step, pc, address;
    struct event *event;
    char op[32];
    int thread;

    if (sscanf(line, "%" SCNu64 " %d %31s %" SCNx64 " %" SCNx64, &step, &thread,
               op, &pc, &address) != 5)
        return;
    if (strncmp(op, "atomic", 6) == 0)
        return; /* its access follows */
    event = add(reading, EVENT_STEP, thread);
    event->step = step;
    event->op = talloc_strdup(reading->timeline, op);
    event->address = address;
    event->place = place_of(reading, pc);
    event->object = object_of(reading, op, address);
}

static void read_access(struct reading *reading, const char *line)
{
    uint64_t step, pc, address, value;
    struct event *event;
    struct named named;
    size_t size;
    char kind;
    int thread;

    if (sscanf(line, "%" SCNu64 " %d %c %" SCNx64 " %" SCNx64 " %zu %" SCNx64,
               &step, &thread, &kind, &pc, &address, &size, &value) != 7)
        return;
    named = name_of(reading, address);
    event = add(reading, kind == 'r' || kind == 'R' ? EVENT_READ : EVENT_WRITE,
                thread);
    event->step = step;
    event->atomic = kind < 'a';
    event->op = kind == 'r' || kind == 'R'   ? "read"
                : kind == 'w' || kind == 'W' ? "write"
                                             : "change";
    event->place = place_of(reading, pc);
    event->address = address;
    event->size = size;
    event->object = named.name;
    event->before = names_value(reading->timeline, &named, value, size);
    event->after = event->before;
    if (event->kind == EVENT_WRITE) {
        reading->unsettled = reading->timeline->count;
        reading->unsettled_name = named;
    }
}

static void read_value(struct reading *reading, const char *line)
{
    struct event *event;

    if (reading->unsettled == 0)
        return;
    event = &reading->timeline->events[reading->unsettled - 1];
    event->after = names_value(reading->timeline, &reading->unsettled_name,
                               strtoull(line, NULL, 16), event->size);
    reading->unsettled = 0;
}

static void read_switch(struct reading *reading, const char *line)
{
    int from, to, preempts;
    struct event *event;

    if (sscanf(line, "%d %d %d", &from, &to, &preempts) != 3)
        return;
    event = add(reading, EVENT_SWITCH, from);
    event->other = to;
    event->preempts = preempts;
}

static void read_note(struct reading *reading, const char *line)
{
    char *text;
    int thread = (int)strtol(line, &text, 10);

    add(reading, EVENT_NOTE, thread)->text =
        talloc_strdup(reading->timeline, text + strspn(text, " "));
}

static void read_created(struct reading *reading, const char *line)
{
    int thread, child;
    uint64_t start;
    struct event *event = NULL;

    if (sscanf(line, "%d %d %" SCNx64, &thread, &child, &start) != 3)
        return;
    for (size_t i = reading->timeline->count; i-- > 0 && event == NULL;)
        if (reading->timeline->events[i].op != NULL &&
            strcmp(reading->timeline->events[i].op, "create") == 0)
            event = &reading->timeline->events[i];
    if (event != NULL)
        event->other = child;
    if (child >= reading->timeline->threads)
        reading->timeline->threads = child + 1;
}

static void read_block(struct reading *reading, const char *line)
{
    struct block block = {{0}, {0}};
    int thread;
    size_t size;

    if (sscanf(line, "%d %" SCNx64 " %zu %" SCNx64, &thread,
               &block.named.address, &size, &block.named.pc) != 4)
        return;
    block.named.size = size;
    block.place = place_of(reading, block.named.pc);
    for (size_t i = 0; i < reading->block_count; i++) {
        struct names_block *one = &reading->blocks[i].named;

        if (one->pc != block.named.pc)
            continue;
        one->number = one->number == 0 ? 1 : one->number;
        block.named.number = one->number + 1;
    }
    reading->blocks =
        talloc_realloc(reading->timeline, reading->blocks, struct block,
                       (unsigned)reading->block_count + 1);
    reading->blocks[reading->block_count++] = block;
}

static void read_freed(struct reading *reading, const char *line)
{
    uint64_t address, pc;
    struct event *event;
    int thread;

    if (sscanf(line, "%d %" SCNx64 " %" SCNx64, &thread, &address, &pc) != 3)
        return;
    event = add(reading, EVENT_STEP, thread);
    event->op = "free";
    event->address = address;
    event->place = place_of(reading, pc);
    event->object = object_of(reading, "free", address);
}

static void read_frame(struct reading *reading, const char *line)
{
    struct names_frame frame;
    int thread;

    if (sscanf(line, "%d %" SCNx64 " %" SCNx64, &thread, &frame.function,
               &frame.base) != 3 ||
        thread < 0 || thread >= THREADS)
        return;
    if (reading->depth[thread] < FRAMES)
        reading->frames[thread][reading->depth[thread]] = frame;
    reading->depth[thread]++;
}

static void read_standing(struct reading *reading, const char *line)
{
    struct timeline *timeline = reading->timeline;
    struct standing standing = {0};
    uint64_t pc;
    char op[32];

    if (sscanf(line, "%d %31s %" SCNx64 " %" SCNx64 " %d", &standing.thread, op,
               &pc, &standing.address, &standing.owner) != 5)
        return;
    standing.op = talloc_strdup(timeline, op);
    standing.place = place_of(reading, pc);
    standing.object = object_of(reading, op, standing.address);
    timeline->standing =
        talloc_realloc(timeline, timeline->standing, struct standing,
                       (unsigned)timeline->standing_count + 1);
    timeline->standing[timeline->standing_count++] = standing;
}

/* A race names the other side in its text: "write 2 read 0x4028a4". */
static void read_other_side(struct reading *reading, const char *text)
{
    struct timeline *timeline = reading->timeline;
    uint64_t pc = 0;
    const char *at = strstr(text, " 0x");

    if (timeline->kind != FAULT_RACE &&
        timeline->kind != FAULT_USE_AFTER_FREE &&
        timeline->kind != FAULT_MISUSE)
        return;
    if (at != NULL)
        pc = strtoull(at, NULL, 16);
    timeline->other_place = place_of(reading, pc);
    at = text + strcspn(text, "0123456789");
    timeline->other_thread = (int)strtol(at, NULL, 10);
}

static void read_fault(struct reading *reading, const char *line)
{
    struct timeline *timeline = reading->timeline;
    uint64_t pc, address;
    char kind[32];
    int used = 0;

    if (sscanf(line, "%31s %d %" SCNx64 " %" SCNx64 " %n", kind,
               &timeline->fault_thread, &pc, &address, &used) != 4)
        return;
    timeline->kind = fault_by_name(kind);
    timeline->fault_place = place_of(reading, pc);
    timeline->fault_text = talloc_strdup(timeline, line + used);
    timeline->fault_object =
        address != 0 ? name_of(reading, address).name : NULL;
    read_other_side(reading, timeline->fault_text);
}

static void take_line(struct reading *reading, const char *line)
{
    int thread;

    switch (line[0]) {
    case 's':
        read_step(reading, line + 2);
        break;
    case 'a':
        read_access(reading, line + 2);
        break;
    case 'v':
        read_value(reading, line + 2);
        break;
    case 'p':
        read_switch(reading, line + 2);
        break;
    case 'n':
        read_note(reading, line + 2);
        break;
    case 'c':
        read_created(reading, line + 2);
        break;
    case 'm':
        read_block(reading, line + 2);
        break;
    case 'f':
        read_freed(reading, line + 2);
        break;
    case 'F':
        read_frame(reading, line + 2);
        break;
    case 'X':
        thread = atoi(line + 2);
        if (thread >= 0 && thread < THREADS && reading->depth[thread] > 0)
            reading->depth[thread]--;
        break;
    case 'b':
        read_standing(reading, line + 2);
        break;
    case 'e':
        read_fault(reading, line + 2);
        break;
    default:
        break;
    }
}

/* ---- what matters
 * ----------------------------------------------------------------- */

static bool is_op(const struct event *event, const char *op)
{
    return event->op != NULL && strcmp(event->op, op) == 0;
}

static bool overlap(const struct event *a, const struct event *b)
{
    return a->address < b->address + b->size &&
           b->address < a->address + a->size;
}

/* Is the memory written by one thread and used by another? */
static bool is_shared(const struct timeline *timeline,
                      const struct event *event)
{
    bool written = event->kind == EVENT_WRITE, others = false;

    for (size_t i = 0; i < timeline->count; i++) {
        const struct event *one = &timeline->events[i];

        if ((one->kind != EVENT_READ && one->kind != EVENT_WRITE) ||
            !overlap(event, one))
            continue;
        written |= one->kind == EVENT_WRITE;
        others |= one->thread != event->thread;
    }
    return written && others;
}

/* Is the lock, the semaphore, ... used by two threads? */
static bool is_common(const struct timeline *timeline,
                      const struct event *event)
{
    for (size_t i = 0; i < timeline->count; i++) {
        const struct event *one = &timeline->events[i];

        if (one->kind == EVENT_STEP && one->address == event->address &&
            one->thread != event->thread)
            return true;
    }
    for (size_t i = 0; i < timeline->standing_count; i++)
        if (timeline->standing[i].address == event->address)
            return true;
    return false;
}

static bool step_matters(const struct timeline *timeline,
                         const struct event *event)
{
    if (is_op(event, "begin") || is_op(event, "end") || is_op(event, "join") ||
        is_op(event, "init") || is_op(event, "clock") ||
        is_op(event, "allocate"))
        return false;
    if (is_op(event, "create") || is_op(event, "free") ||
        is_op(event, "sleep") || is_op(event, "exit") || is_op(event, "file"))
        return true;
    if (is_op(event, "yield"))
        return false;
    return event->address == 0 || is_common(timeline, event);
}

/* What main does before there are other threads made no difference. */
static bool is_prelude(const struct timeline *timeline, size_t index)
{
    for (size_t i = 0; i <= index; i++)
        if (is_op(&timeline->events[i], "create"))
            return false;
    return true;
}

static void find_what_matters(struct timeline *timeline)
{
    bool prelude = true;

    for (size_t i = 0; i < timeline->count; i++) {
        struct event *event = &timeline->events[i];

        prelude = prelude && is_prelude(timeline, i);
        if (event->kind == EVENT_READ || event->kind == EVENT_WRITE)
            event->matters = !prelude && is_shared(timeline, event);
        else if (event->kind == EVENT_STEP)
            event->matters = step_matters(timeline, event);
        else
            event->matters = event->kind == EVENT_NOTE || event->preempts;
    }
}

/* The last of an address that was taken and not given back. */
static void find_where_taken(struct timeline *timeline)
{
    for (size_t i = 0; i < timeline->standing_count; i++) {
        struct standing *standing = &timeline->standing[i];

        for (size_t k = timeline->count; k-- > 0 && standing->owner >= 0;) {
            const struct event *event = &timeline->events[k];

            if (event->kind == EVENT_STEP && event->thread == standing->owner &&
                event->address == standing->address) {
                standing->taken = event->place;
                break;
            }
        }
    }
}

struct timeline *
timeline_read(void *ctx, const char *trace, size_t size, const char *executable,
              const char *(*line)(void *state, const struct place *place),
              void *state, const char **why)
{
    struct timeline *timeline = talloc_zero(ctx, struct timeline);
    struct reading *reading = talloc_zero(timeline, struct reading);
    char *text = talloc_strndup(reading, trace, size), *rest = NULL;

    reading->timeline = timeline;
    reading->line = line;
    reading->state = state;
    reading->symbols = symbols_open(timeline, executable, "", why);
    reading->names = names_open(timeline, executable, why);
    if (reading->symbols == NULL || reading->names == NULL) {
        talloc_free(timeline);
        return NULL;
    }
    timeline->fault_thread = timeline->other_thread = -1;
    for (char *one = strtok_r(text, "\n", &rest); one != NULL;
         one = strtok_r(NULL, "\n", &rest))
        take_line(reading, one);
    find_what_matters(timeline);
    find_where_taken(timeline);
    timeline_tell(timeline);
    return timeline;
}
