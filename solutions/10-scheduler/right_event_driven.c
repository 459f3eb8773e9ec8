/* expect: pass */
/*
 * right_event_driven.c - goes from event to event, and not from tick to tick:
 * when a core takes a job it is known when that will leave, and nothing
 * happens before the next such time. Spans are noted as a whole when a core
 * takes a job, and sorted at the end. A file is read whole before it is
 * looked at.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NEVER INT64_MAX

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

struct process {
    const struct job *job;
    int burst;
    int64_t left;  /* of the burst under way */
    int64_t ready; /* when it arrives or its I/O is over, or NEVER */
};

struct core {
    int job, last;   /* or -1 */
    int64_t expires; /* the end of its slice or of the burst; NEVER: idle */
};

struct simulation {
    const struct machine *machine;
    int count, alive;
    struct process *processes;
    struct core cores[CORES_MAX];
    int *queue; /* [0, queued) */
    int queued;
    struct span *spans;
    size_t used, room;
};

static bool note(struct simulation *s, struct span span)
{
    if (s->used == s->room) {
        size_t room = s->room * 2 + 16;
        struct span *spans = realloc(s->spans, room * sizeof *spans);

        if (spans == NULL)
            return false;
        s->spans = spans;
        s->room = room;
    }
    s->spans[s->used++] = span;
    return true;
}

static int64_t earliest(const struct simulation *s)
{
    int64_t time = NEVER;

    for (int i = 0; i < s->count; i++)
        if (s->processes[i].ready < time)
            time = s->processes[i].ready;
    for (int c = 0; c < s->machine->cores; c++)
        if (s->cores[c].expires < time)
            time = s->cores[c].expires;
    return time;
}

/* First those who come back (burst > 0), then those who are new. */
static void wake(struct simulation *s, int64_t now, bool back)
{
    for (int i = 0; i < s->count; i++) {
        struct process *process = &s->processes[i];

        if (process->ready != now || (process->burst > 0) != back)
            continue;
        process->ready = NEVER;
        process->left = process->job->bursts[process->burst];
        s->queue[s->queued++] = i;
    }
}

static void release(struct simulation *s, struct core *core, int64_t now)
{
    struct process *process = &s->processes[core->job];

    core->expires = NEVER;
    if (process->left > 0) {
        s->queue[s->queued++] = core->job;
        return;
    }
    process->burst += 2;
    if (process->burst > process->job->burst_count)
        s->alive--;
    else
        process->ready = now + process->job->bursts[process->burst - 1];
}

static bool take(struct simulation *s, int c, int64_t now)
{
    struct core *core = &s->cores[c];
    struct process *process = &s->processes[s->queue[0]];
    int64_t part = process->left;

    core->job = s->queue[0];
    memmove(s->queue, s->queue + 1, (size_t)--s->queued * sizeof *s->queue);
    if (part > s->machine->slice)
        part = s->machine->slice;
    if (core->last != -1 && core->last != core->job && s->machine->cost > 0) {
        if (!note(s, (struct span){now, now + s->machine->cost, c, core->job,
                                   SWITCHING}))
            return false;
        now += s->machine->cost;
    }
    core->last = core->job;
    core->expires = now + part;
    process->left -= part;
    return note(s, (struct span){now, now + part, c, core->job, RUNNING});
}

static bool simulate(struct simulation *s)
{
    while (s->alive > 0) {
        int64_t now = earliest(s);

        wake(s, now, true);
        wake(s, now, false);
        for (int c = 0; c < s->machine->cores; c++)
            if (s->cores[c].expires == now)
                release(s, &s->cores[c], now);
        for (int c = 0; c < s->machine->cores && s->queued > 0; c++)
            if (s->cores[c].expires == NEVER && !take(s, c, now))
                return false;
    }
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct span *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->core - b->core;
}

int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule)
{
    struct simulation s = {.machine = machine};
    int error = ENOMEM;

    *schedule = (struct schedule){0, NULL};
    if (workload->count == 0)
        return 0;
    s.count = s.alive = workload->count;
    s.processes = calloc((size_t)s.count, sizeof *s.processes);
    s.queue = malloc((size_t)s.count * sizeof *s.queue);
    if (s.processes == NULL || s.queue == NULL)
        goto out;
    for (int i = 0; i < s.count; i++)
        s.processes[i] = (struct process){.job = &workload->jobs[i],
                                          .ready = workload->jobs[i].arrival};
    for (int c = 0; c < CORES_MAX; c++)
        s.cores[c] = (struct core){-1, -1, NEVER};
    if (!simulate(&s))
        goto out;
    qsort(s.spans, s.used, sizeof *s.spans, compare);
    *schedule = (struct schedule){(int)s.used, s.spans};
    s.spans = NULL;
    error = 0;
out:
    free(s.spans);
    free(s.queue);
    free(s.processes);
    return error;
}

void scheduler_free(struct schedule *schedule)
{
    free(schedule->spans);
    schedule->spans = NULL;
    schedule->count = 0;
}

/* ---- step 5: the figures: job by job, then core by core ----------------- */

static struct job_figures figures_of(const struct job *job, int number,
                                     const struct schedule *schedule)
{
    struct job_figures figures = {-1, 0, 0};
    int64_t bursts = 0;

    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];

        if (span->job != number || span->doing != RUNNING)
            continue;
        if (figures.response < 0)
            figures.response = span->from - job->arrival;
        figures.turnaround = span->to - job->arrival;
    }
    for (int k = 0; k < job->burst_count; k++)
        bursts += job->bursts[k];
    figures.waiting = figures.turnaround - bursts;
    return figures;
}

int scheduler_measure(const struct workload *workload,
                      const struct machine *machine,
                      const struct schedule *schedule, struct job_figures *jobs,
                      struct figures *figures)
{
    struct figures sum = {0};

    for (int i = 0; i < workload->count; i++) {
        const struct job *job = &workload->jobs[i];

        jobs[i] = figures_of(job, i, schedule);
        if (job->arrival + jobs[i].turnaround > sum.end)
            sum.end = job->arrival + jobs[i].turnaround;
        for (int k = 0; k < job->burst_count; k += 2)
            sum.running += job->bursts[k];
    }
    for (int c = 0; c < machine->cores; c++) {
        int last = -1;

        for (int i = 0; i < schedule->count; i++) {
            const struct span *span = &schedule->spans[i];

            if (span->core != c)
                continue;
            if (span->doing == SWITCHING)
                sum.switching += span->to - span->from;
            if (last != -1 && last != span->job)
                sum.switches++;
            last = span->job;
        }
    }
    sum.idle = machine->cores * sum.end - sum.running - sum.switching;
    if (sum.end > 0)
        sum.utilisation =
            (int)(1000 * sum.running / (machine->cores * sum.end));
    *figures = sum;
    return 0;
}

/* ---- step 6: charts: a line is painted, and then written ---------------- */

static void paint(char *line, int64_t from, int64_t to, char with)
{
    memset(line + from, with, (size_t)(to - from));
}

static int draw_line(const struct job *job, int number,
                     const struct schedule *schedule, FILE *out)
{
    int64_t end = 0, at, left;
    char *line;

    for (int i = 0; i < schedule->count; i++)
        if (schedule->spans[i].job == number)
            end = schedule->spans[i].to;
    line = malloc((size_t)end + 1);
    if (line == NULL)
        return ENOMEM;
    paint(line, 0, job->arrival, ' ');
    paint(line, job->arrival, end, '.');
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];

        if (span->job == number)
            paint(line, span->from, span->to,
                  span->doing == SWITCHING ? '+' : (char)('0' + span->core));
    }
    at = job->arrival; /* each burst is over when it has been painted */
    for (int k = 0; k + 1 < job->burst_count; k += 2) {
        for (left = job->bursts[k]; left > 0; at++)
            left -= line[at] >= '0' && line[at] <= '7';
        paint(line, at, at + job->bursts[k + 1], '~');
        at += job->bursts[k + 1];
    }
    line[end] = '\0';
    fprintf(out, "%-8s %s\n", job->name, line);
    free(line);
    return 0;
}

int scheduler_draw_text(const struct workload *workload,
                        const struct schedule *schedule, FILE *out)
{
    for (int i = 0; i < workload->count; i++) {
        int error = draw_line(&workload->jobs[i], i, schedule, out);

        if (error != 0)
            return error;
    }
    if (fflush(out) == EOF || ferror(out))
        return EIO;
    return 0;
}

static void write_title(FILE *out, const char *text)
{
    fprintf(out, "<title>");
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("<>&'\"", *c) != NULL)
            fprintf(out, "&#%d;", *c);
        else
            putc(*c, out);
    }
    fprintf(out, "</title>");
}

/* Two colours, by style sheet; black lines between the cores. */
int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out)
{
    long end = 0;

    for (int i = 0; i < schedule->count; i++)
        if (schedule->spans[i].to > end)
            end = (long)schedule->spans[i].to;
    fputs("<?xml version='1.0' encoding='UTF-8'?>\n<!-- a schedule -->\n", out);
    fprintf(out,
            "<svg version='1.1' width='%ld' height='%d' "
            "xmlns='http://www.w3.org/2000/svg'>\n"
            "<style>.run { fill: teal } .switch { fill: red }</style>\n"
            "<rect width='100%%' height='100%%' fill='#eee'/>\n<g>\n",
            10 * end + 20, 20 * machine->cores + 20);
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        bool switches = span->doing == SWITCHING;

        fprintf(out,
                "<rect class='%s' x='%ld' y='%d' width='%ld' height='20'>\n",
                switches ? "switch" : "run", 10 * (long)span->from,
                20 * span->core, 10 * (long)(span->to - span->from));
        write_title(out, switches ? "switch" : workload->jobs[span->job].name);
        fputs("\n</rect>\n", out);
    }
    for (int c = 0; c <= machine->cores; c++)
        fprintf(out, "<line x1='0' x2='%ld' y1='%d' y2='%d' stroke='#000'/>\n",
                10 * end, 20 * c, 20 * c);
    fputs("</g>\n</svg>\n", out);
    return fflush(out) == EOF || ferror(out) ? EIO : 0;
}

/* ---- step 7: workload files, read whole --------------------------------- */

static int slurp(FILE *in, char **whole)
{
    size_t used = 0, room = 0, n;

    *whole = NULL;
    do {
        if (room - used < 2) {
            char *more = realloc(*whole, room + 4096);

            if (more == NULL)
                return ENOMEM;
            *whole = more;
            room += 4096;
        }
        n = fread(*whole + used, 1, room - used - 1, in);
        used += n;
    } while (n > 0);
    (*whole)[used] = '\0';
    return ferror(in) ? EIO : 0;
}

struct reader {
    const char *at, *line_begin;
    int line;
    struct workload_error *error;
};

static int wrong(struct reader *reader, const char *at, const char *text)
{
    reader->error->line = reader->line;
    reader->error->column = (int)(at - reader->line_begin + 1);
    strncpy(reader->error->text, text, sizeof reader->error->text - 1);
    reader->error->text[sizeof reader->error->text - 1] = '\0';
    return EINVAL;
}

/* The length of the field at which the reader stands; 0 at the line's end. */
static size_t field(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t");
    if (strcmp(reader->at, "\r") == 0 || strncmp(reader->at, "\r\n", 2) == 0)
        return 0;
    return strcspn(reader->at, " \t\r\n#");
}

static int number(struct reader *reader, size_t size, int64_t *value)
{
    const char *begin = reader->at;

    if (strspn(begin, "0123456789") < size)
        return wrong(reader, begin, "digits, please");
    while (size > 1 && *reader->at == '0') {
        reader->at++;
        size--;
    }
    if (size > 13)
        return wrong(reader, begin, "too large");
    *value = strtoll(reader->at, NULL, 10);
    if (*value > TICKS_MAX)
        return wrong(reader, begin, "too large");
    reader->at += size;
    return 0;
}

static int read_bursts(struct reader *reader, struct job *job,
                       const char *before)
{
    size_t size, room = 0;
    int error;

    while ((size = field(reader)) > 0) {
        if ((size_t)job->burst_count == room) {
            int64_t *more = realloc(job->bursts, (2 * room + 4) * sizeof *more);

            if (more == NULL)
                return ENOMEM;
            job->bursts = more;
            room = 2 * room + 4;
        }
        before = reader->at;
        error = number(reader, size, &job->bursts[job->burst_count]);
        if (error != 0)
            return error;
        if (job->bursts[job->burst_count++] == 0)
            return wrong(reader, before, "no burst is empty");
    }
    if (job->burst_count % 2 == 0)
        return wrong(reader, before, "what comes then?");
    return 0;
}

static int read_job(struct reader *reader, size_t size, struct job *job)
{
    const char *name = reader->at, *arrival;
    int error;

    *job = (struct job){.bursts = NULL};
    if (size > JOB_NAME_MAX)
        return wrong(reader, name, "8 characters, please");
    memcpy(job->name, name, size);
    reader->at += size;
    size = field(reader);
    arrival = reader->at;
    if (size == 0)
        return wrong(reader, name, "and when does it arrive?");
    error = number(reader, size, &job->arrival);
    return error != 0 ? error : read_bursts(reader, job, arrival);
}

static int read_lines(struct reader *reader, struct workload *workload)
{
    for (;;) {
        size_t size = field(reader);

        if (size > 0) {
            struct job *more = realloc(
                workload->jobs, (size_t)(workload->count + 1) * sizeof *more);
            int error;

            if (more == NULL)
                return ENOMEM;
            workload->jobs = more;
            error = read_job(reader, size, &more[workload->count++]);
            if (error != 0)
                return error;
        }
        reader->at += strcspn(reader->at, "\n");
        if (*reader->at == '\0')
            return 0;
        reader->line_begin = ++reader->at;
        reader->line++;
    }
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    char *whole;
    int status = slurp(in, &whole);
    struct reader reader = {whole, whole, 1, error};

    *workload = (struct workload){0, NULL};
    if (status == 0)
        status = read_lines(&reader, workload);
    if (status != 0)
        workload_free(workload);
    free(whole);
    return status;
}

void workload_free(struct workload *workload)
{
    while (workload->count > 0)
        free(workload->jobs[--workload->count].bursts);
    free(workload->jobs);
    workload->jobs = NULL;
}
