/*
 * timeline.c - see timeline.h: from the lines of a trace to events.
 *
 * The lines (harness/explorer/trace.c) are read in their order, as a local
 * variable can be named only while its function is under way. What lies at an
 * address is the business of timeline_memory.c.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "timeline_parts.h"

struct reading {
    struct timeline *timeline;
    struct memory *memory;
    size_t unsettled; /* a write whose value comes with the next line, plus 1 */
    struct named unsettled_name;
};

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
    event->place = memory_place(reading->memory, pc);
    event->object = memory_object(reading->memory, op, address);
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
    named = memory_name(reading->memory, address);
    event = add(reading, kind == 'r' || kind == 'R' ? EVENT_READ : EVENT_WRITE,
                thread);
    event->step = step;
    event->atomic = kind < 'a';
    event->op = kind == 'r' || kind == 'R'   ? "read"
                : kind == 'w' || kind == 'W' ? "write"
                                             : "change";
    event->place = memory_place(reading->memory, pc);
    event->address = address;
    event->size = size;
    event->object = named.name;
    event->before = memory_value(reading->memory, &named, value, size);
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
    event->after = memory_value(reading->memory, &reading->unsettled_name,
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
    event->place = memory_place(reading->memory, pc);
    event->object = memory_object(reading->memory, "free", address);
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
    standing.place = memory_place(reading->memory, pc);
    standing.object = memory_object(reading->memory, op, standing.address);
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
    timeline->other_place = memory_place(reading->memory, pc);
    at = text + strcspn(text, "0123456789");
    timeline->other_thread = (int)strtol(at, NULL, 10);
}

static void read_fault(struct reading *reading, const char *line)
{
    struct timeline *timeline = reading->timeline;
    uint64_t pc, address, function;
    char kind[32];
    int used = 0;

    if (sscanf(line, "%31s %d %" SCNx64 " %" SCNx64 " %n", kind,
               &timeline->fault_thread, &pc, &address, &used) != 4)
        return;
    timeline->kind = fault_by_name(kind);
    timeline->fault_place = memory_place(reading->memory, pc);
    if (timeline->fault_place.line == 0 &&
        memory_function(reading->memory, timeline->fault_thread, &function))
        timeline->fault_place = memory_place(reading->memory, function);
    timeline->fault_text = talloc_strdup(timeline, line + used);
    timeline->fault_object =
        address != 0 ? memory_name(reading->memory, address).name : NULL;
    read_other_side(reading, timeline->fault_text);
}

static void take_line(struct reading *reading, const char *line)
{
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
        memory_entered(reading->memory, line + 2);
        break;
    case 'X':
        memory_left(reading->memory, line + 2);
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
            memory_allocated(reading->memory, c + 2);
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
    reading->memory =
        memory_open(timeline, executable, student, line, state, why);
    if (reading->memory == NULL) {
        *why = talloc_strdup(ctx, *why);
        talloc_free(timeline);
        return NULL;
    }
    timeline->fault_thread = timeline->other_thread = -1;
    take_lines(reading, talloc_strndup(reading, trace, size));
    timeline_find_what_matters(timeline);
    timeline_find_where_taken(timeline);
    timeline_tell(timeline);
    return timeline;
}

uint64_t timeline_wrong_step(const struct timeline *timeline)
{
    uint64_t last = 0;

    if (timeline->wrong_step > 0)
        return timeline->wrong_step;
    for (size_t i = 0; i < timeline->count; i++)
        if (timeline->events[i].step > last)
            last = timeline->events[i].step;
    return last;
}
