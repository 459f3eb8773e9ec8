/* expect: pass */
/*
 * right_no_queue.c - there is no queue. Each job that is ready holds a ticket,
 * with a number that counts upward, and a core takes the job with the lowest
 * one. A core that switches is a core with another kind of span. A file is
 * read field by field, with one character of look-ahead.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

struct ticketed {
    int64_t ticket; /* 0: is not ready */
    int64_t wakes;  /* when it arrives, or its I/O is over */
    int64_t done;   /* ticks of this burst */
    int burst;
};

struct core {
    int job, before, span; /* span: the one under way */
};

struct world {
    const struct workload *workload;
    const struct machine *machine;
    struct schedule *schedule;
    int64_t now, tickets;
    struct ticketed *jobs;
    struct core cores[CORES_MAX];
    size_t room;
};

static int lowest_ticket(const struct world *world)
{
    int best = NONE;

    for (int i = 0; i < world->workload->count; i++) {
        int64_t ticket = world->jobs[i].ticket;

        if (ticket > 0 && (best == NONE || ticket < world->jobs[best].ticket))
            best = i;
    }
    return best;
}

static void wake_up(struct world *world, bool from_io)
{
    for (int i = 0; i < world->workload->count; i++) {
        struct ticketed *job = &world->jobs[i];

        if (job->wakes == world->now && (job->burst > 0) == from_io)
            job->ticket = ++world->tickets;
    }
}

/* The burst is complete, or the slice. */
static bool is_over(const struct world *world, const struct core *core)
{
    const struct ticketed *job = &world->jobs[core->job];
    const struct span *span = &world->schedule->spans[core->span];
    int64_t length = world->workload->jobs[core->job].bursts[job->burst];

    return job->done == length ||
           (span->doing == RUNNING &&
            world->now - span->from == world->machine->slice);
}

static void part(struct world *world, struct core *core)
{
    const struct job *job = &world->workload->jobs[core->job];
    struct ticketed *own = &world->jobs[core->job];

    core->job = NONE;
    if (own->done < job->bursts[own->burst]) {
        own->ticket = ++world->tickets;
        return;
    }
    own->done = 0;
    own->burst += 2;
    own->wakes = INT64_MAX;
    if (own->burst < job->burst_count)
        own->wakes = world->now + job->bursts[own->burst - 1];
}

static bool new_span(struct world *world, int c, enum doing doing)
{
    struct schedule *schedule = world->schedule;
    struct core *core = &world->cores[c];

    if ((size_t)schedule->count == world->room) {
        size_t room = world->room + world->room / 2 + 10;
        struct span *spans = realloc(schedule->spans, room * sizeof *spans);

        if (spans == NULL)
            return false;
        schedule->spans = spans;
        world->room = room;
    }
    core->span = schedule->count++;
    schedule->spans[core->span] =
        (struct span){world->now, world->now, c, core->job, doing};
    return true;
}

/* Takes a job, if there is one. */
static bool take(struct world *world, int c)
{
    struct core *core = &world->cores[c];
    enum doing doing = RUNNING;

    core->job = lowest_ticket(world);
    if (core->job == NONE)
        return true;
    world->jobs[core->job].ticket = 0;
    if (world->machine->cost > 0 && core->before != NONE &&
        core->before != core->job)
        doing = SWITCHING;
    core->before = core->job;
    return new_span(world, c, doing);
}

/* One tick of core c. */
static bool tick(struct world *world, int c)
{
    struct core *core = &world->cores[c];
    struct span *span;

    if (core->job == NONE && !take(world, c))
        return false;
    if (core->job == NONE)
        return true;
    span = &world->schedule->spans[core->span];
    if (span->doing == SWITCHING &&
        world->now - span->from == world->machine->cost) {
        if (!new_span(world, c, RUNNING))
            return false;
        span = &world->schedule->spans[core->span];
    }
    span->to = world->now + 1;
    if (span->doing == RUNNING)
        world->jobs[core->job].done++;
    return true;
}

static bool over(const struct world *world)
{
    for (int i = 0; i < world->workload->count; i++)
        if (world->jobs[i].burst < world->workload->jobs[i].burst_count)
            return false;
    return true;
}

static bool live(struct world *world)
{
    for (;; world->now++) {
        wake_up(world, true);
        wake_up(world, false);
        for (int c = 0; c < world->machine->cores; c++)
            if (world->cores[c].job != NONE && is_over(world, &world->cores[c]))
                part(world, &world->cores[c]);
        if (over(world))
            return true;
        for (int c = 0; c < world->machine->cores; c++)
            if (!tick(world, c))
                return false;
    }
}

int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule)
{
    struct world world = {workload, machine, schedule, .now = 0};
    bool fine;

    *schedule = (struct schedule){0, NULL};
    world.jobs = calloc((size_t)workload->count + 1, sizeof *world.jobs);
    if (world.jobs == NULL)
        return ENOMEM;
    for (int i = 0; i < workload->count; i++)
        world.jobs[i].wakes = workload->jobs[i].arrival;
    for (int c = 0; c < CORES_MAX; c++)
        world.cores[c] = (struct core){NONE, NONE, NONE};
    fine = live(&world);
    free(world.jobs);
    if (!fine)
        scheduler_free(schedule);
    return fine ? 0 : ENOMEM;
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

/* Text in XML: three characters mean something else there. */
static void put_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else
            fputc(*text, out);
    }
}

int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out)
{
    int64_t end = 0;

    for (int i = 0; i < schedule->count; i++)
        if (schedule->spans[i].to > end)
            end = schedule->spans[i].to;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%lld\" "
            "height=\"%d\">\n",
            (long long)(10 * end), 20 * machine->cores);
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        bool runs = span->doing == RUNNING;

        fprintf(out,
                "<rect x=\"%lld\" y=\"%d\" width=\"%lld\" height=\"20\" "
                "stroke=\"white\" fill=\"hsl(%d,60%%,%d%%)\"><title>",
                (long long)(10 * span->from), 20 * span->core,
                (long long)(10 * (span->to - span->from)), 67 * span->job % 360,
                runs ? 55 : 20);
        put_escaped(runs ? workload->jobs[span->job].name : "switch", out);
        fputs("</title></rect>\n", out);
    }
    fputs("</svg>\n", out);
    return end_of_chart(out);
}

/* ---- step 7: workload files, field by field ----------------------------- */

struct source {
    FILE *in;
    int c; /* the next character, or EOF */
    int line, column;
    char *field; /* the last one, and where it begins */
    size_t length, room;
    int begin;
};

static void next(struct source *source)
{
    source->column++;
    if (source->c == '\n') {
        source->line++;
        source->column = 1;
    }
    source->c = getc(source->in);
}

/* Here the line ends, or what ends it begins: '\r', a comment. */
static bool at_end(const struct source *source)
{
    int after;

    if (source->c != '\r')
        return source->c == '\n' || source->c == EOF || source->c == '#';
    after = getc(source->in);
    if (after != EOF)
        ungetc(after, source->in);
    return after == '\n' || after == EOF;
}

static bool at_blank(const struct source *source)
{
    return source->c == ' ' || source->c == '\t';
}

static bool put(struct source *source, int c)
{
    if (source->length == source->room) {
        size_t room = source->room + 40;
        char *field = realloc(source->field, room);

        if (field == NULL)
            return false;
        source->field = field;
        source->room = room;
    }
    source->field[source->length++] = (char)c;
    return true;
}

/* Reads the next field of the line: 0, ENOENT if there is none, or ENOMEM. */
static int next_field(struct source *source)
{
    while (at_blank(source))
        next(source);
    if (at_end(source))
        return ENOENT;
    source->length = 0;
    source->begin = source->column;
    while (!at_blank(source) && !at_end(source)) {
        if (!put(source, source->c))
            return ENOMEM;
        next(source);
    }
    return put(source, '\0') ? 0 : ENOMEM;
}

static int refuse(const struct source *source, struct workload_error *error,
                  const char *why)
{
    error->line = source->line;
    error->column = source->begin;
    snprintf(error->text, sizeof error->text, "%s: %.40s", source->field, why);
    return EINVAL;
}

/* A field that is a number: 0, or an error as of next_field(), or EINVAL. */
static int next_number(struct source *source, int64_t *number,
                       struct workload_error *error)
{
    int status = next_field(source);

    if (status != 0)
        return status;
    *number = 0;
    for (const char *c = source->field; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return refuse(source, error, "not a number");
        *number = 10 * *number + *c - '0';
        if (*number > TICKS_MAX)
            return refuse(source, error, "too large");
    }
    return 0;
}

/* ENOENT: the line has no job. */
static int read_job(struct source *source, struct job *job,
                    struct workload_error *error)
{
    int64_t ticks;
    int status = next_field(source);

    if (status != 0)
        return status;
    if (source->length - 1 > JOB_NAME_MAX)
        return refuse(source, error, "too long");
    strcpy(job->name, source->field);
    status = next_number(source, &job->arrival, error);
    if (status == ENOENT)
        return refuse(source, error, "no arrival");
    if (status != 0)
        return status;
    while ((status = next_number(source, &ticks, error)) == 0) {
        int64_t *bursts = realloc(job->bursts, ((size_t)job->burst_count + 1) *
                                                   sizeof *job->bursts);

        if (bursts == NULL)
            return ENOMEM;
        job->bursts = bursts;
        if (ticks == 0)
            return refuse(source, error, "at least 1, please");
        job->bursts[job->burst_count++] = ticks;
    }
    if (status != ENOENT)
        return status;
    return job->burst_count % 2 == 1 ? 0 : refuse(source, error, "no burst");
}

static int read_line(struct source *source, struct workload *workload,
                     struct workload_error *error)
{
    struct job job = {.bursts = NULL};
    int status = read_job(source, &job, error);

    if (status == 0) {
        struct job *jobs =
            realloc(workload->jobs,
                    ((size_t)workload->count + 1) * sizeof *workload->jobs);

        if (jobs != NULL) {
            workload->jobs = jobs;
            jobs[workload->count++] = job;
        } else {
            status = ENOMEM;
        }
    }
    if (status != 0)
        free(job.bursts);
    while (source->c != '\n' && source->c != EOF)
        next(source);
    if (source->c == '\n')
        next(source);
    return status == ENOENT ? 0 : status;
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    struct source source = {.in = in, .line = 1, .column = 1};
    int status = 0;

    *workload = (struct workload){0, NULL};
    source.c = getc(in);
    while (status == 0 && source.c != EOF)
        status = read_line(&source, workload, error);
    if (ferror(in))
        status = EIO;
    free(source.field);
    if (status != 0)
        workload_free(workload);
    return status;
}

void workload_free(struct workload *workload)
{
    for (int i = 0; i < workload->count; i++)
        free(workload->jobs[i].bursts);
    free(workload->jobs);
    *workload = (struct workload){0, NULL};
}
