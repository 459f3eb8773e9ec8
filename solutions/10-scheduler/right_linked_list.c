/* expect: pass */
/*
 * right_linked_list.c - the queue is a list of <sys/queue.h> in which the jobs
 * themselves hang. A tick ends with counting it: for the core that runs, and
 * for the jobs that wait. Spans are closed when a core lets go of its job. A
 * file is read character by character, by an automaton.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

struct entry {
    TAILQ_ENTRY(entry) next; /* in the queue of those who are ready */
    const struct job *job;
    int number, burst;
    int64_t togo; /* of the burst, computing or I/O */
};

TAILQ_HEAD(queue, entry);

struct cpu {
    struct entry *current, *previous;
    int64_t since;   /* it runs since then, or will */
    int64_t quantum; /* what is left of the slice */
};

struct system {
    const struct machine *machine;
    struct queue queue;
    struct entry *entries;
    int count, living;
    struct cpu cpus[CORES_MAX];
    struct schedule *out;
    int room;
};

/* Keeps the spans in order while it inserts: a switch is noted late. */
static bool insert(struct system *system, struct span span)
{
    struct schedule *out = system->out;
    int at;

    if (out->count == system->room) {
        int room = system->room + 64;
        struct span *spans =
            realloc(out->spans, (size_t)room * sizeof *out->spans);

        if (spans == NULL)
            return false;
        out->spans = spans;
        system->room = room;
    }
    for (at = out->count; at > 0; at--) {
        const struct span *before = &out->spans[at - 1];

        if (before->from < span.from ||
            (before->from == span.from && before->core < span.core))
            break;
        out->spans[at] = *before;
    }
    out->spans[at] = span;
    out->count++;
    return true;
}

static void append(struct system *system, struct entry *entry)
{
    TAILQ_INSERT_TAIL(&system->queue, entry, next);
}

/* One tick of I/O for all who are blocked; then those who are through. */
static void do_io(struct system *system)
{
    for (int i = 0; i < system->count; i++) {
        struct entry *entry = &system->entries[i];

        if (entry->burst % 2 == 0 || --entry->togo > 0)
            continue;
        entry->togo = entry->job->bursts[++entry->burst];
        append(system, entry);
    }
}

static void let_in(struct system *system, int64_t now)
{
    for (int i = 0; i < system->count; i++)
        if (system->entries[i].job->arrival == now)
            append(system, &system->entries[i]);
}

/* The burst is over, or the slice: lets go of the job and notes its span. */
static bool put_away(struct system *system, int c, int64_t now)
{
    struct cpu *cpu = &system->cpus[c];
    struct entry *entry = cpu->current;

    if (entry->togo > 0) {
        append(system, entry);
    } else if (++entry->burst == entry->job->burst_count) {
        entry->burst = 0;
        entry->togo = -1;
        system->living--;
    } else {
        entry->togo = entry->job->bursts[entry->burst];
    }
    cpu->current = NULL;
    return insert(system,
                  (struct span){cpu->since, now, c, entry->number, RUNNING});
}

static bool assign(struct system *system, int c, int64_t now)
{
    struct cpu *cpu = &system->cpus[c];
    struct entry *entry = TAILQ_FIRST(&system->queue);
    bool changes = cpu->previous != NULL && cpu->previous != entry;

    TAILQ_REMOVE(&system->queue, entry, next);
    cpu->current = cpu->previous = entry;
    cpu->since = now;
    cpu->quantum = system->machine->slice;
    if (!changes || system->machine->cost == 0)
        return true;
    cpu->since += system->machine->cost;
    return insert(system,
                  (struct span){now, cpu->since, c, entry->number, SWITCHING});
}

static bool step(struct system *system, int64_t now)
{
    const struct machine *machine = system->machine;

    let_in(system, now);
    for (int c = 0; c < machine->cores; c++) {
        struct cpu *cpu = &system->cpus[c];

        if (cpu->current != NULL && cpu->since < now &&
            (cpu->current->togo == 0 || cpu->quantum == 0) &&
            !put_away(system, c, now))
            return false;
    }
    for (int c = 0; c < machine->cores && !TAILQ_EMPTY(&system->queue); c++)
        if (system->cpus[c].current == NULL && !assign(system, c, now))
            return false;
    /* The tick that follows. I/O that ends with it is the first thing of the
     * next time. */
    for (int c = 0; c < machine->cores; c++) {
        struct cpu *cpu = &system->cpus[c];

        if (cpu->current != NULL && cpu->since <= now) {
            cpu->current->togo--;
            cpu->quantum--;
        }
    }
    do_io(system);
    return true;
}

int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule)
{
    struct system system = {.machine = machine, .out = schedule};
    bool fine = true;

    memset(schedule, 0, sizeof *schedule);
    TAILQ_INIT(&system.queue);
    system.count = system.living = workload->count;
    if (system.count == 0)
        return 0;
    system.entries = calloc((size_t)system.count, sizeof *system.entries);
    if (system.entries == NULL)
        return ENOMEM;
    for (int i = 0; i < system.count; i++) {
        system.entries[i].job = &workload->jobs[i];
        system.entries[i].number = i;
        system.entries[i].togo = workload->jobs[i].bursts[0];
    }
    for (int64_t now = 0; fine && system.living > 0; now++)
        fine = step(&system, now);
    free(system.entries);
    if (fine)
        return 0;
    scheduler_free(schedule);
    return ENOMEM;
}

void scheduler_free(struct schedule *schedule)
{
    free(schedule->spans);
    memset(schedule, 0, sizeof *schedule);
}

/* ---- step 5: the figures; each job remembers where it was --------------- */

int scheduler_measure(const struct workload *workload,
                      const struct machine *machine,
                      const struct schedule *schedule, struct job_figures *jobs,
                      struct figures *figures)
{
    int64_t *until = calloc((size_t)workload->count + 1, sizeof *until);
    int before[CORES_MAX] = {0}; /* number and 1 */

    if (until == NULL)
        return ENOMEM;
    memset(figures, 0, sizeof *figures);
    for (int i = schedule->count - 1; i >= 0; i--) {
        const struct span *span = &schedule->spans[i];

        if (span->doing == SWITCHING)
            continue;
        if (until[span->job] == 0)
            until[span->job] = span->to;
        jobs[span->job].response = span->from;
    }
    for (int i = 0; i < workload->count; i++) {
        const struct job *job = &workload->jobs[i];

        jobs[i].response -= job->arrival;
        jobs[i].turnaround = jobs[i].waiting = until[i] - job->arrival;
        for (int k = 0; k < job->burst_count; k++)
            jobs[i].waiting -= job->bursts[k];
        if (until[i] > figures->end)
            figures->end = until[i];
    }
    figures->idle = figures->end * machine->cores;
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        int64_t length = span->to - span->from;

        *(span->doing == RUNNING ? &figures->running : &figures->switching) +=
            length;
        figures->idle -= length;
        if (before[span->core] != 0 && before[span->core] != span->job + 1)
            figures->switches++;
        before[span->core] = span->job + 1;
    }
    if (figures->end > 0)
        figures->utilisation =
            (int)(figures->running * 1000 / machine->cores / figures->end);
    free(until);
    return 0;
}

/* ---- step 6: charts: what is it doing in this tick? --------------------- */

/* The span of the job at this time, or the next one; NULL behind its end. */
static const struct span *span_at(const struct schedule *schedule, int job,
                                  int64_t time)
{
    for (int i = 0; i < schedule->count; i++)
        if (schedule->spans[i].job == job && time < schedule->spans[i].to)
            return &schedule->spans[i];
    return NULL;
}

static void draw_line(const struct job *job, int number,
                      const struct schedule *schedule, FILE *out)
{
    int64_t togo = job->bursts[0], back = 0;
    int burst = 0;

    for (int64_t t = 0;; t++) {
        const struct span *span = span_at(schedule, number, t);
        char c = '.';

        if (span == NULL)
            return;
        if (t < job->arrival)
            c = ' ';
        else if (t < back)
            c = '~';
        else if (t >= span->from)
            c = span->doing == SWITCHING ? '+' : "01234567"[span->core];
        putc(c, out);
        if (c >= '0' && c <= '7' && --togo == 0 &&
            burst + 1 < job->burst_count) {
            back = t + 1 + job->bursts[burst + 1];
            burst += 2;
            togo = job->bursts[burst];
        }
    }
}

int scheduler_draw_text(const struct workload *workload,
                        const struct schedule *schedule, FILE *out)
{
    for (int i = 0; i < workload->count; i++) {
        fprintf(out, "%s%*s", workload->jobs[i].name,
                9 - (int)strlen(workload->jobs[i].name), "");
        draw_line(&workload->jobs[i], i, schedule, out);
        putc('\n', out);
    }
    fflush(out);
    return ferror(out) ? EIO : 0;
}

/* Everything is put together in memory, and written once. */
int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    int error = 0;

    if (memory == NULL)
        return ENOMEM;
    fprintf(memory,
            "<svg:svg xmlns:svg=\"http://www.w3.org/2000/svg\" "
            "width=\"10000\" height=\"%d\" viewBox=\"0 0 10000 %d\">\n",
            CORES_MAX * 20, 20 * CORES_MAX);
    (void)machine;
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        const char *name = workload->jobs[span->job].name;

        if (span->doing == SWITCHING)
            name = "switch";
        fprintf(memory,
                "<svg:rect fill=\"%s\" height=\"20\" width=\"%lld\" "
                "y=\"%d\" x=\"%lld\"><svg:title>",
                span->doing == SWITCHING ? "red" : "silver",
                10 * (long long)(span->to - span->from), 20 * span->core,
                10 * (long long)span->from);
        for (; *name != '\0'; name++)
            fprintf(memory, "&#x%x;", (unsigned char)*name);
        fprintf(memory, "</svg:title></svg:rect>\n");
    }
    fprintf(memory, "</svg:svg>\n");
    if (fclose(memory) != 0)
        error = ENOMEM;
    else if (fwrite(text, 1, size, out) != size || fflush(out) != 0)
        error = EIO;
    free(text);
    return error;
}

/* ---- step 7: workload files, by an automaton ---------------------------- */

struct reader {
    struct workload *workload;
    struct workload_error *error;
    int line, column; /* of the next character */
    bool comment, cr; /* cr: '\r' came, and nothing since */
    char field[24];   /* its first characters; longer ones are wrong */
    int length, begin, fields, begin_before;
};

static int stop(struct reader *reader, int column, const char *text)
{
    reader->error->line = reader->line;
    reader->error->column = column;
    strcpy(reader->error->text, text);
    return EINVAL;
}

static int end_name(struct reader *reader)
{
    struct workload *workload = reader->workload;
    struct job *more;

    if (reader->length > JOB_NAME_MAX)
        return stop(reader, reader->begin, "name");
    more =
        realloc(workload->jobs, ((size_t)workload->count + 1) * sizeof *more);
    if (more == NULL)
        return ENOMEM;
    workload->jobs = more;
    more += workload->count++;
    memset(more, 0, sizeof *more);
    memcpy(more->name, reader->field, (size_t)reader->length);
    return 0;
}

static int end_number(struct reader *reader)
{
    struct job *job = &reader->workload->jobs[reader->workload->count - 1];
    size_t count = (size_t)job->burst_count;
    int64_t value = 0, *more;

    /* The characters are digits: see end_field(). */
    for (int i = 0; i < reader->length; i++) {
        value = value * 10 + (reader->field[i] - '0');
        if (value > TICKS_MAX)
            return stop(reader, reader->begin, "large");
    }
    if (reader->fields == 1) {
        job->arrival = value;
        return 0;
    }
    if (value == 0)
        return stop(reader, reader->begin, "zero");
    more = realloc(job->bursts, (count + 1) * sizeof *more);
    if (more == NULL)
        return ENOMEM;
    job->bursts = more;
    job->bursts[job->burst_count++] = value;
    return 0;
}

static int end_field(struct reader *reader)
{
    int status;

    if (reader->length == 0)
        return 0;
    if (reader->fields > 0 && reader->field[0] == '!')
        return stop(reader, reader->begin, "digits");
    status = reader->fields == 0 ? end_name(reader) : end_number(reader);
    reader->fields++;
    reader->length = 0;
    reader->begin_before = reader->begin;
    return status;
}

static int end_line(struct reader *reader)
{
    int status = end_field(reader);
    int fields = reader->fields;

    reader->fields = 0;
    if (status != 0)
        return status;
    if (fields > 0 && (fields == 1 || fields % 2 == 0))
        return stop(reader, reader->begin_before, "missing");
    reader->line++;
    reader->column = 1;
    reader->comment = false;
    return 0;
}

/* One more character of a field. Zeros at the front of a number are dropped,
 * but for one; '!' stands for a number that is none. */
static void add_character(struct reader *reader, char c)
{
    bool number = reader->fields > 0;

    if (reader->length == 0)
        reader->begin = reader->column;
    if (number && reader->length == 1 && reader->field[0] == '0')
        reader->length = 0;
    if (number && (c < '0' || c > '9')) {
        reader->field[0] = '!';
        reader->length = reader->length > 0 ? reader->length : 1;
    } else if (number && reader->length > 0 && reader->field[0] == '!') {
        return;
    } else if (reader->length < 20) {
        reader->field[reader->length++] = c;
    }
}

static int character(struct reader *reader, int c)
{
    int status = 0;

    if (reader->cr && c != '\n') { /* it was no end of a line */
        reader->cr = false;
        add_character(reader, '\r');
        reader->column++;
    }
    if (c == '\n') {
        reader->cr = false;
        return end_line(reader);
    }
    if (!reader->comment && c == '\r') {
        reader->cr = true;
        return 0;
    }
    if (c == '#' || c == ' ' || c == '\t') {
        status = reader->comment ? 0 : end_field(reader);
        reader->comment = reader->comment || c == '#';
    } else if (!reader->comment) {
        add_character(reader, (char)c);
    }
    reader->column++;
    return status;
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    struct reader reader = {workload, error, .line = 1, .column = 1};
    int status = 0, c;

    memset(workload, 0, sizeof *workload);
    while (status == 0 && (c = getc(in)) != EOF)
        status = character(&reader, c);
    if (status == 0 && ferror(in))
        status = EIO;
    if (status == 0)
        status = end_line(&reader);
    if (status != 0)
        workload_free(workload);
    return status;
}

void workload_free(struct workload *workload)
{
    for (struct job *job = workload->jobs; workload->count > 0; job++) {
        free(job->bursts);
        workload->count--;
    }
    free(workload->jobs);
    workload->jobs = NULL;
}
