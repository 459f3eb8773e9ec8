/* expect: fail one-core */
/*
 * wrong_bursts_used_up.c - a burst that is complete is set to 0, in the
 * workload, which belongs to the caller. `const` forbids it only for the struct
 * itself.
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

static int add_span(struct schedule *schedule, struct span span)
{
    if ((schedule->count & (schedule->count - 1)) == 0) { /* 0, 1, 2, 4, ... */
        size_t room = schedule->count > 0 ? 2 * (size_t)schedule->count : 1;
        struct span *spans =
            realloc(schedule->spans, room * sizeof *schedule->spans);

        if (spans == NULL)
            return ENOMEM;
        schedule->spans = spans;
    }
    schedule->spans[schedule->count++] = span;
    return 0;
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

    job->bursts[task->burst] = 0; /* BUG */
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

/* ---- step 7: workload files --------------------------------------------- */

struct line {
    char *text; /* what of it is not yet read, without the comment */
    const char *begin;
    int number;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next field of the line, as a string; or NULL. */
static char *next_field(struct line *line)
{
    char *field, *end;

    while (is_blank(*line->text))
        line->text++;
    field = end = line->text;
    while (*end != '\0' && !is_blank(*end))
        end++;
    line->text = end;
    if (*end != '\0') {
        *end = '\0';
        line->text++;
    }
    return end > field ? field : NULL;
}

static int mistake(struct workload_error *error, const struct line *line,
                   const char *field, const char *text)
{
    error->line = line->number;
    error->column = (int)(field - line->begin) + 1;
    snprintf(error->text, sizeof error->text, "%s", text);
    return EINVAL;
}

/* NULL, or what is wrong with it. */
static const char *read_number(const char *field, int64_t *number)
{
    *number = 0;
    for (; *field != '\0'; field++) {
        if (!isdigit((unsigned char)*field))
            return "this is not a whole number";
        *number = *number * 10 + (*field - '0');
        if (*number > TICKS_MAX)
            return "this number is too large";
    }
    return NULL;
}

static int add_burst(struct job *job, int64_t ticks)
{
    size_t count = (size_t)job->burst_count;
    int64_t *bursts = realloc(job->bursts, (count + 1) * sizeof *bursts);

    if (bursts == NULL)
        return ENOMEM;
    bursts[job->burst_count++] = ticks;
    job->bursts = bursts;
    return 0;
}

/* Reads the fields behind the name into a job that is empty. */
static int read_job(struct line *line, char *name, struct job *job,
                    struct workload_error *error)
{
    char *last = name, *field = next_field(line);
    const char *wrong;
    int64_t ticks;

    if (strlen(name) > JOB_NAME_MAX)
        return mistake(error, line, name, "this name is too long");
    strcpy(job->name, name);
    if (field == NULL)
        return mistake(error, line, last, "this job has no arrival");
    wrong = read_number(field, &job->arrival);
    if (wrong != NULL)
        return mistake(error, line, field, wrong);
    last = field;
    while ((field = next_field(line)) != NULL) {
        wrong = read_number(field, &ticks);
        if (wrong == NULL && ticks == 0)
            wrong = "a burst lasts at least one tick";
        if (wrong != NULL)
            return mistake(error, line, field, wrong);
        if (add_burst(job, ticks) != 0)
            return ENOMEM;
        last = field;
    }
    if (job->burst_count % 2 == 0)
        return mistake(error, line, last, "a burst must follow this");
    return 0;
}

static int read_line(struct line *line, struct workload *workload,
                     struct workload_error *error)
{
    char *name;
    struct job *jobs;
    size_t count = (size_t)workload->count;

    line->text[strcspn(line->text, "#\n")] = '\0';
    if (line->text[0] != '\0' && line->text[strlen(line->text) - 1] == '\r')
        line->text[strlen(line->text) - 1] = '\0';
    name = next_field(line);
    if (name == NULL)
        return 0;
    jobs = realloc(workload->jobs, (count + 1) * sizeof *jobs);
    if (jobs == NULL)
        return ENOMEM;
    workload->jobs = jobs;
    jobs[count] = (struct job){.burst_count = 0};
    workload->count++;
    return read_job(line, name, &jobs[count], error);
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    struct line line = {.number = 0};
    char *text = NULL;
    size_t room = 0;
    int status = 0;

    *workload = (struct workload){0, NULL};
    while (status == 0 && getline(&text, &room, in) >= 0) {
        line.text = text;
        line.begin = text;
        line.number++;
        status = read_line(&line, workload, error);
    }
    if (status == 0 && ferror(in))
        status = EIO;
    if (status == 0 && !feof(in)) /* neither: getline() has no memory */
        status = ENOMEM;
    free(text);
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
