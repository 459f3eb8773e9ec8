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

static bool in_heap(uint64_t address)
{
    return address >= HEAP && address < HEAP_END;
}

static bool in_stacks(uint64_t address)
{
    return address >= STACKS && address < STACKS_END;
}

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

struct reading {
    struct timeline *timeline;
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
    if (reading->whole)
        place.kit = false;
    return place;
}

/* ---- names -------------------------------------------------------------- */

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
    struct known *known = &reading->known[address / 4 % KNOWN];

    if (in_stacks(address))
        return stack_name(reading, address);
    if (known->address != address) {
        known->named = in_heap(address) ? heap_name(reading, address)
                                        : names_static(reading->names, address);
        known->address = address;
    }
    return known->named;
}

/* What a step is about: a lock, a thread, a descriptor. */
static const char *object_of(struct reading *reading, const char *op,
                             uint64_t address)
{
    if (address == 0)
        return NULL;
    if (strcmp(op, "join") == 0 || strcmp(op, "end") == 0)
        return timeline_thread(reading->timeline, (int)address - 1);
    if (strncmp(op, "file", 4) == 0)
        return address < 4096 ? talloc_asprintf(reading->timeline,
                                                "descriptor %" PRIu64, address)
                              : NULL;
    return name_of(reading, address).name;
}

/* ---- the lines of the trace --------------------------------------------- */

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
    reading->entered[thread] = frame.function;
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
    if (timeline->fault_place.line == 0 && timeline->fault_thread >= 0 &&
        timeline->fault_thread < THREADS)
        timeline->fault_place =
            place_of(reading, reading->entered[timeline->fault_thread]);
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

/* ---- what matters ------------------------------------------------------- */

/* Who has used a byte, and who has written it: bit sets. */
struct use {
    uint64_t address, used, written;
};

enum { USES = 1 << 16 };

static struct use *use_of(struct use *uses, uint64_t address)
{
    size_t i = (size_t)(address * 0x9e3779b97f4a7c15 >> 48) % USES;

    for (size_t tries = 0; tries < USES; tries++, i = (i + 1) % USES)
        if (uses[i].address == address || uses[i].address == 0)
            return &uses[i];
    return &uses[i]; /* full: some steps more are shown */
}

/* What main writes before there are other threads does not count. */
static void note_uses(const struct timeline *timeline, struct use *uses)
{
    bool prelude = true;

    for (size_t i = 0; i < timeline->count; i++) {
        const struct event *event = &timeline->events[i];

        prelude = prelude && !is_op(event, "create");
        if (prelude)
            continue;
        for (size_t k = 0; is_access(event) && k < event->size && k < 64; k++) {
            struct use *use = use_of(uses, event->address + k);

            use->address = event->address + k;
            use->used |= 1ull << (event->thread & 63);
            if (event->kind == EVENT_WRITE)
                use->written |= 1ull << (event->thread & 63);
        }
    }
}

/* Is the memory written by one thread and used by another? */
static bool is_shared(struct use *uses, const struct event *event)
{
    for (size_t k = 0; k < event->size && k < 64; k++) {
        const struct use *use = use_of(uses, event->address + k);

        if (use->written != 0 && (use->used & (use->used - 1)) != 0)
            return true;
    }
    return false;
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

static bool is_one_of(const struct event *event, const char *const *ops)
{
    for (; *ops != NULL; ops++)
        if (is_op(event, *ops))
            return true;
    return false;
}

static bool step_matters(const struct timeline *timeline,
                         const struct event *event)
{
    static const char *const never[] = {"end", "join", "clock", "yield", NULL};
    static const char *const always[] = {"create", "free", "sleep", "exit",
                                         NULL};

    if (is_one_of(event, never))
        return false;
    return is_one_of(event, always) || event->address == 0 ||
           strncmp(event->op, "file", 4) == 0 || is_common(timeline, event);
}

/* What main does before there are other threads made no difference. */
static void find_what_matters(struct timeline *timeline)
{
    struct use *uses = talloc_zero_array(timeline, struct use, USES);
    bool prelude = true;
    int others = 0; /* threads beside main */

    note_uses(timeline, uses);
    for (size_t i = 0; i < timeline->count; i++) {
        struct event *event = &timeline->events[i];

        prelude = prelude && !is_op(event, "create");
        others += is_op(event, "create") - is_op(event, "end");
        if (is_access(event))
            event->matters =
                !prelude && !event->place.kit && is_shared(uses, event);
        else if (event->kind == EVENT_STEP)
            event->matters = others > 0 && step_matters(timeline, event);
        else
            event->matters = event->kind == EVENT_NOTE || event->preempts;
    }
    talloc_free(uses);
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

/* Of a long schedule the beginning and the end are read; of what lies between
 * only what is needed to name things. */
enum { LINES_FIRST = 1000, LINES_LAST = 4000 };

static void take_lines(struct reading *reading, char *text)
{
    size_t count = 0, number = 0;
    char *rest = NULL;

    /* All blocks first: how many came from a line is a part of their names. */
    for (const char *c = text; *c != '\0'; c++) {
        count += *c == '\n';
        if ((c == text || c[-1] == '\n') && c[0] == 'm')
            read_block(reading, c + 2);
    }
    for (char *one = strtok_r(text, "\n", &rest); one != NULL;
         one = strtok_r(NULL, "\n", &rest)) {
        number++;
        if (number < LINES_FIRST || number + LINES_LAST > count ||
            strchr("cfFX", one[0]) != NULL)
            take_line(reading, one);
    }
}

struct timeline *timeline_read(void *ctx, const char *trace, size_t size,
                               const char *executable, const char *student,
                               source_line *line, void *state, const char **why)
{
    struct timeline *timeline = talloc_zero(ctx, struct timeline);
    struct reading *reading = talloc_zero(timeline, struct reading);

    reading->timeline = timeline;
    reading->whole = student == NULL;
    reading->line = line;
    reading->state = state;
    reading->symbols =
        symbols_open(timeline, executable, student ? student : "", why);
    reading->names = names_open(timeline, executable, why);
    if (reading->symbols == NULL || reading->names == NULL) {
        talloc_free(timeline);
        return NULL;
    }
    timeline->fault_thread = timeline->other_thread = -1;
    take_lines(reading, talloc_strndup(reading, trace, size));
    find_what_matters(timeline);
    find_where_taken(timeline);
    timeline_tell(timeline);
    return timeline;
}

uint64_t timeline_last_step(const struct timeline *timeline)
{
    uint64_t last = 0;

    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->events[i].step > last)
            last = timeline->events[i].step;
    return last;
}
