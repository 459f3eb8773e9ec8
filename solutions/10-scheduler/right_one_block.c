/* expect: pass */
/*
 * A file is read character by character, and all its numbers lie in one block.
 * Spans are kept in pieces of a hundred and sorted at the end. The picture has
 * a prefix for its name space, a DOCTYPE, and much around the spans.
 */
#include "scheduler.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

enum state { ABSENT, READY, BLOCKED, ON_CORE, ENDED };

struct task {
    enum state state;
    int burst;    /* bursts[burst] is under way, or the next */
    int64_t left; /* READY, ON_CORE: of that burst */
    int64_t back; /* BLOCKED: when its I/O is over */
};

struct core {
    int job;           /* on it, or NONE: it is idle */
    int last;          /* the job that it took last, or NONE */
    int64_t switching; /* ticks of the switch that are left */
    int64_t used;      /* ticks of the slice that are gone */
};

struct run {
    const struct workload *workload;
    const struct machine *machine;
    struct schedule *schedule;
    int64_t now;
    int alive; /* jobs that have not ended */
    struct task *tasks;
    int *queue; /* a ring with a place for each job */
    int head, length;
    struct core cores[CORES_MAX];
};

/* In pieces of 100; at the end they are sorted. */
static int add_span(struct schedule *schedule, struct span span)
{
    if (schedule->count % 100 == 0) {
        struct span *spans =
            malloc((size_t)(schedule->count + 100) * sizeof *spans);

        if (spans == NULL)
            return ENOMEM;
        if (schedule->count > 0)
            memcpy(spans, schedule->spans,
                   (size_t)schedule->count * sizeof *spans);
        free(schedule->spans);
        schedule->spans = spans;
    }
    schedule->spans[schedule->count++] = span;
    return 0;
}

static int compare_spans(const void *left, const void *right)
{
    const struct span *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->core - b->core;
}

static void enqueue(struct run *run, int job)
{
    int place = (run->head + run->length++) % run->workload->count;

    run->queue[place] = job;
    run->tasks[job].state = READY;
}

static int dequeue(struct run *run)
{
    int job = run->queue[run->head];

    run->head = (run->head + 1) % run->workload->count;
    run->length--;
    return job;
}

static void io_returns(struct run *run)
{
    for (int i = 0; i < run->workload->count; i++) {
        struct task *task = &run->tasks[i];

        if (task->state != BLOCKED || task->back != run->now)
            continue;
        task->burst++;
        task->left = run->workload->jobs[i].bursts[task->burst];
        enqueue(run, i);
    }
}

static void jobs_arrive(struct run *run)
{
    for (int i = 0; i < run->workload->count; i++) {
        if (run->workload->jobs[i].arrival != run->now)
            continue;
        run->tasks[i].left = run->workload->jobs[i].bursts[0];
        enqueue(run, i);
    }
}

static void complete_burst(struct run *run, int i)
{
    const struct job *job = &run->workload->jobs[i];
    struct task *task = &run->tasks[i];

    if (++task->burst == job->burst_count) {
        task->state = ENDED;
        run->alive--;
    } else {
        task->state = BLOCKED;
        task->back = run->now + job->bursts[task->burst];
    }
}

static void cores_look(struct run *run)
{
    for (int c = 0; c < run->machine->cores; c++) {
        struct core *core = &run->cores[c];

        if (core->job == NONE || core->switching > 0)
            continue;
        if (run->tasks[core->job].left == 0)
            complete_burst(run, core->job);
        else if (core->used == run->machine->slice)
            enqueue(run, core->job);
        else
            continue;
        core->job = NONE;
    }
}

static void cores_take(struct run *run)
{
    for (int c = 0; c < run->machine->cores && run->length > 0; c++) {
        struct core *core = &run->cores[c];
        bool differs;

        if (core->job != NONE)
            continue;
        core->job = dequeue(run);
        run->tasks[core->job].state = ON_CORE;
        differs = core->last != NONE && core->last != core->job;
        core->switching = differs ? run->machine->cost : 0;
        core->last = core->job;
        core->used = 0;
    }
}

/* A tick of work on this core. A span begins with its first tick, and grows
 * with the others: it is the last one of this core. */
static int core_works(struct run *run, int c)
{
    struct core *core = &run->cores[c];
    struct schedule *schedule = run->schedule;
    bool begins = false;
    struct span span = {run->now, run->now + 1, c, core->job, RUNNING};
    int last = schedule->count - 1;

    if (core->job == NONE)
        return 0;
    if (core->switching > 0) {
        span.doing = SWITCHING;
        begins = core->switching-- == run->machine->cost;
    } else {
        begins = core->used++ == 0;
        run->tasks[core->job].left--;
    }
    if (begins)
        return add_span(schedule, span);
    while (schedule->spans[last].core != c)
        last--;
    schedule->spans[last].to++;
    return 0;
}

static int run_all(struct run *run)
{
    for (run->now = 0; run->alive > 0; run->now++) {
        io_returns(run);
        jobs_arrive(run);
        cores_look(run);
        cores_take(run);
        for (int c = 0; c < run->machine->cores; c++)
            if (core_works(run, c) != 0)
                return ENOMEM;
    }
    return 0;
}

int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule)
{
    size_t count = (size_t)workload->count;
    struct run run = {workload, machine, schedule, .alive = workload->count};
    int error = ENOMEM;

    *schedule = (struct schedule){0, NULL};
    for (int c = 0; c < CORES_MAX; c++)
        run.cores[c] = (struct core){.job = NONE, .last = NONE};
    run.tasks = calloc(count + 1, sizeof *run.tasks);
    run.queue = calloc(count + 1, sizeof *run.queue);
    if (run.tasks != NULL && run.queue != NULL)
        error = run_all(&run);
    if (error != 0)
        scheduler_free(schedule);
    else if (schedule->count > 0)
        qsort(schedule->spans, (size_t)schedule->count, sizeof *schedule->spans,
              compare_spans);
    free(run.queue);
    free(run.tasks);
    return error;
}

void scheduler_free(struct schedule *schedule)
{
    free(schedule->spans);
    *schedule = (struct schedule){0, NULL};
}

/* ---- step 5: the figures ------------------------------------------------ */

int scheduler_measure(const struct workload *workload,
                      const struct machine *machine,
                      const struct schedule *schedule, struct job_figures *jobs,
                      struct figures *figures)
{
    int last[CORES_MAX];
    int64_t all;

    *figures = (struct figures){0};
    for (int c = 0; c < CORES_MAX; c++)
        last[c] = NONE;
    for (int i = 0; i < workload->count; i++)
        jobs[i] = (struct job_figures){.response = NONE};

    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        struct job_figures *job = &jobs[span->job];
        int64_t arrival = workload->jobs[span->job].arrival;

        if (span->to > figures->end)
            figures->end = span->to;
        if (span->doing == SWITCHING) {
            figures->switching += span->to - span->from;
            continue;
        }
        figures->running += span->to - span->from;
        figures->switches +=
            last[span->core] != NONE && last[span->core] != span->job;
        last[span->core] = span->job;
        if (job->response == NONE)
            job->response = span->from - arrival;
        job->turnaround = span->to - arrival;
    }
    for (int i = 0; i < workload->count; i++) {
        jobs[i].waiting = jobs[i].turnaround;
        for (int k = 0; k < workload->jobs[i].burst_count; k++)
            jobs[i].waiting -= workload->jobs[i].bursts[k];
    }
    all = machine->cores * figures->end;
    figures->idle = all - figures->running - figures->switching;
    figures->utilisation = all > 0 ? (int)(figures->running * 1000 / all) : 0;
    return 0;
}

/* ---- step 6: charts ----------------------------------------------------- */

/* Draws one character, `count` times. */
static void draw(FILE *out, int character, int64_t count)
{
    while (count-- > 0)
        fputc(character, out);
}

/* What becomes of a job is in its spans. Between two of them it is blocked if
 * a burst is complete, for as long as its I/O takes; the rest it is ready. */
static void draw_job(const struct job *job, int number,
                     const struct schedule *schedule, FILE *out)
{
    int64_t now = job->arrival, ran = 0;
    int burst = 0;

    fprintf(out, "%-*s ", JOB_NAME_MAX, job->name);
    draw(out, ' ', now);
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];

        if (span->job != number)
            continue;
        if (burst < job->burst_count && ran == job->bursts[burst]) {
            draw(out, '~', job->bursts[burst + 1]);
            now += job->bursts[burst + 1];
            burst += 2;
            ran = 0;
        }
        draw(out, '.', span->from - now);
        draw(out, span->doing == RUNNING ? '0' + span->core : '+',
             span->to - span->from);
        if (span->doing == RUNNING)
            ran += span->to - span->from;
        now = span->to;
    }
    fputc('\n', out);
}

/* 0, or EIO if not all of it has come out. */
static int end_of_chart(FILE *out)
{
    return fflush(out) != 0 || ferror(out) ? EIO : 0;
}

int scheduler_draw_text(const struct workload *workload,
                        const struct schedule *schedule, FILE *out)
{
    for (int i = 0; i < workload->count; i++)
        draw_job(&workload->jobs[i], i, schedule, out);
    return end_of_chart(out);
}

static void put_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        if (strchr("&<>\"'", *text) != NULL)
            fprintf(out, "&#x%x;", (unsigned char)*text);
        else
            putc(*text, out);
}

int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out)
{
    int64_t end = 0;

    for (int i = 0; i < schedule->count; i++)
        if (schedule->spans[i].to > end)
            end = schedule->spans[i].to;
    fputs("<?xml version='1.0' encoding='UTF-8' standalone='no'?>\n"
          "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN'\n"
          " 'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>\n"
          "<!-- made by scheduler_draw_svg() -->\n",
          out);
    fprintf(out,
            "<s:svg version='1.1' viewBox='0 0 %lld %d' width='%lld' "
            "height='%d' xmlns:s='http://www.w3.org/2000/svg'>\n"
            "<s:title>A schedule</s:title><s:desc>of &lt;jobs&gt;</s:desc>"
            "<s:style><![CDATA[ s|rect:hover { fill: red; } ]]></s:style>\n"
            "<s:rect width='100%%' height='100%%' fill='#eee'/>\n",
            (long long)(10 * end + 100), 20 * machine->cores + 20,
            (long long)(10 * end + 100), 20 * machine->cores + 20);
    for (int c = 0; c < machine->cores; c++) {
        fprintf(out, "<s:g id='core%d'><s:title>core %d</s:title>\n", c, c);
        for (int i = 0; i < schedule->count; i++) {
            const struct span *span = &schedule->spans[i];
            bool runs = span->doing == RUNNING;

            if (span->core != c)
                continue;
            fprintf(out,
                    "<s:rect fill='hsl(%d,60%%,%d%%)' height='20' "
                    "width='%lld' y='%d' x='%lld' rx='2'\n>"
                    "<s:title>",
                    67 * span->job % 360, runs ? 55 : 20,
                    (long long)(10 * (span->to - span->from)), 20 * c,
                    (long long)(10 * span->from));
            put_escaped(runs ? workload->jobs[span->job].name : "switch", out);
            fputs("</s:title><s:desc>a span</s:desc></s:rect>\n", out);
            fprintf(out, "<s:text x='%lld' y='%d' font-size='8'>",
                    (long long)(10 * span->from + 1), 20 * c + 14);
            put_escaped(workload->jobs[span->job].name, out);
            fputs("</s:text>\n", out);
        }
        fputs("</s:g>\n", out);
    }
    fputs("</s:svg>\n", out);
    return end_of_chart(out);
}

/* ---- step 7: workload files --------------------------------------------- */

/*
 * Character by character. All that is read goes into one block: the numbers of
 * all jobs behind each other; only at the end it is known where they lie.
 */
enum { NOTHING = -1000 };

struct reader {
    FILE *in;
    int line, column; /* of the byte that was read last */
    int ahead;        /* a byte that is given back, or NONE */
};

static int get(struct reader *reader)
{
    int c = reader->ahead;

    reader->ahead = NOTHING;
    if (c == NOTHING)
        c = getc(reader->in);
    else
        return c;
    reader->column++;
    if (c == '#') {
        while (c != '\n' && c != EOF)
            c = getc(reader->in);
    } else if (c == '\r') {
        int next = getc(reader->in);

        if (next == '\n')
            return '\n';
        if (next != EOF)
            ungetc(next, reader->in);
    }
    return c;
}

static int wrong(struct workload_error *error, int line, int column,
                 const char *why)
{
    *error = (struct workload_error){.line = line, .column = column};
    strncpy(error->text, why, sizeof error->text - 1);
    return EINVAL;
}

struct heap {
    int64_t *numbers;
    size_t count, room;
};

static int add_number(struct heap *heap, int64_t number)
{
    if (heap->count == heap->room) {
        size_t room = heap->room * 3 / 2 + 8;
        int64_t *more = reallocarray(heap->numbers, room, sizeof *more);

        if (more == NULL)
            return ENOMEM;
        heap->numbers = more;
        heap->room = room;
    }
    heap->numbers[heap->count++] = number;
    return 0;
}

static int read_fields(struct reader *reader, struct workload *workload,
                       struct heap *heap, struct workload_error *error)
{
    struct job job = {.burst_count = -1};
    int fields = 0, last = 0, c;

    for (;;) {
        int begin, digits = 0, length = 0;
        int64_t number = 0;
        const char *why = NULL;

        do
            c = get(reader);
        while (c == ' ' || c == '\t');
        if (c == '\n' || c == EOF)
            break;
        begin = last = reader->column;
        for (; c != ' ' && c != '\t' && c != '\n' && c != EOF; length++) {
            if (fields == 0 && length < JOB_NAME_MAX)
                job.name[length] = (char)c;
            if (c >= '0' && c <= '9') {
                digits++;
                if (number <= TICKS_MAX)
                    number = number * 10 + (c - '0');
            }
            c = get(reader);
        }
        if (c == '\n' || c == EOF)
            reader->ahead = c == EOF ? EOF - 1 : c;
        if (fields == 0 && length > JOB_NAME_MAX)
            why = "the name is too long";
        else if (fields > 0 && digits != length)
            why = "not a number";
        else if (fields > 0 && number > TICKS_MAX)
            why = "too large";
        else if (fields > 1 && number == 0)
            why = "a burst of 0";
        if (why != NULL && ferror(reader->in))
            return EIO;
        if (why != NULL)
            return wrong(error, reader->line, begin, why);
        if (fields == 1)
            job.arrival = number;
        if (fields > 1 && add_number(heap, number) != 0)
            return ENOMEM;
        fields++;
        if (reader->ahead != NOTHING) {
            c = reader->ahead == EOF - 1 ? EOF : '\n';
            reader->ahead = NOTHING;
            break;
        }
    }
    if (c == EOF && ferror(reader->in))
        return EIO;
    job.burst_count = fields - 2;
    if (fields > 0 && (fields < 3 || fields % 2 == 0))
        return wrong(error, reader->line, last, "something is missing");
    if (fields > 0) {
        if (workload->count % 64 == 0) {
            struct job *jobs = reallocarray(
                workload->jobs, (size_t)workload->count + 64, sizeof *jobs);

            if (jobs == NULL)
                return ENOMEM;
            workload->jobs = jobs;
        }
        workload->jobs[workload->count++] = job;
    }
    return c == EOF ? EOF : 0;
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    struct heap heap = {NULL, 0, 0};
    struct reader reader = {in, 0, 0, NOTHING};
    size_t at = 0;
    int status;

    reader.ahead = NOTHING;
    *workload = (struct workload){0, NULL};
    do {
        reader.line++;
        reader.column = 0;
        status = read_fields(&reader, workload, &heap, error);
    } while (status == 0);
    if (status != EOF) {
        free(heap.numbers);
        free(workload->jobs);
        *workload = (struct workload){0, NULL};
        return status;
    }
    for (int i = 0; i < workload->count; i++) {
        workload->jobs[i].bursts = heap.numbers + at;
        at += (size_t)workload->jobs[i].burst_count;
    }
    return 0;
}

void workload_free(struct workload *workload)
{
    if (workload->count > 0)
        free(workload->jobs[0].bursts); /* it holds all of them */
    free(workload->jobs);
    *workload = (struct workload){0, NULL};
}
