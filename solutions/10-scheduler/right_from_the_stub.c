/* expect: pass */
/*
 * right_from_the_stub.c - the stub, with every TODO done where it stands.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1 };

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

/* What has become of a job up to now. */
struct task {
    int burst;    /* bursts[burst] is under way, or the next */
    int64_t left; /* ticks of it that are left */
    int64_t back; /* it is blocked until then; or NONE */
};

struct core {
    int job;  /* on it, or NONE: it is idle */
    int span; /* where in the schedule its span is; NONE: not yet */
    int64_t used;
    int last;             /* the job that it took last, or NONE */
    int64_t switches_for; /* ticks of the switch that are left */
};

/* All that a run needs; nothing of it is left when it is over. */
struct run {
    const struct workload *workload;
    const struct machine *machine;
    struct schedule *schedule;
    int64_t now;
    int alive; /* jobs that have not ended */
    struct task *tasks;
    int *queue; /* those who are ready: a ring with a place for each job */
    int head, length;
    struct core cores[CORES_MAX];
};

/* Appends a span: 0, or ENOMEM. */
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

/* To the end of the queue. */
static void enqueue(struct run *run, int job)
{
    int place = (run->head + run->length++) % run->workload->count;

    run->queue[place] = job;
}

/* The job at its head. */
static int dequeue(struct run *run)
{
    int job = run->queue[run->head];

    run->head = (run->head + 1) % run->workload->count;
    run->length--;
    return job;
}

/* Jobs that arrive now. */
static void jobs_arrive(struct run *run)
{
    for (int i = 0; i < run->workload->count; i++) {
        if (run->workload->jobs[i].arrival != run->now)
            continue;
        run->tasks[i].left = run->workload->jobs[i].bursts[0];
        enqueue(run, i);
    }
}

/* Jobs whose I/O is over now. */
static void io_returns(struct run *run)
{
    for (int i = 0; i < run->workload->count; i++) {
        struct task *task = &run->tasks[i];

        if (task->back != run->now)
            continue;
        task->back = NONE;
        task->left = run->workload->jobs[i].bursts[task->burst];
        enqueue(run, i);
    }
}

/* Does the job leave its core now? */
static void core_looks(struct run *run, struct core *core)
{
    const struct job *job;
    struct task *task;

    if (core->job == NONE || core->switches_for > 0)
        return;
    job = &run->workload->jobs[core->job];
    task = &run->tasks[core->job];
    if (task->left > 0) {
        if (core->used < run->machine->slice)
            return;
        enqueue(run, core->job);
    } else {
        task->burst += 2;
        if (task->burst < job->burst_count)
            task->back = run->now + job->bursts[task->burst - 1];
        else
            run->alive--;
    }
    core->job = NONE;
}

static void core_takes(struct run *run, struct core *core)
{
    if (core->job != NONE || run->length == 0)
        return;
    core->job = dequeue(run);
    core->span = NONE;
    core->used = 0;
    core->switches_for = 0;
    if (core->last != NONE && core->last != core->job)
        core->switches_for = run->machine->cost;
    core->last = core->job;
}

/* The tick that follows. The first one of a span begins it: so the spans come
 * in their order by themselves. */
static int core_works(struct run *run, int c)
{
    struct core *core = &run->cores[c];
    enum doing doing = core->switches_for > 0 ? SWITCHING : RUNNING;
    struct span span = {run->now, run->now, c, core->job, doing};

    if (core->job == NONE)
        return 0;
    if (core->span == NONE) {
        core->span = run->schedule->count;
        if (add_span(run->schedule, span) != 0)
            return ENOMEM;
    }
    run->schedule->spans[core->span].to++;
    if (doing == SWITCHING) {
        if (--core->switches_for == 0)
            core->span = NONE;
        return 0;
    }
    run->tasks[core->job].left--;
    core->used++;
    return 0;
}

static int run_all(struct run *run)
{
    for (run->now = 0; run->alive > 0; run->now++) {
        io_returns(run);
        jobs_arrive(run);
        for (int c = 0; c < run->machine->cores; c++)
            core_looks(run, &run->cores[c]);
        for (int c = 0; c < run->machine->cores; c++)
            core_takes(run, &run->cores[c]);
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
    for (int i = 0; run.tasks != NULL && i < workload->count; i++)
        run.tasks[i].back = NONE;
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
    const struct span *last[CORES_MAX] = {NULL};
    int64_t run = 0, switching = 0, end = 0, switches = 0;

    for (int i = 0; i < workload->count; i++) {
        jobs[i].response = INT64_MAX;
        jobs[i].turnaround = 0;
        jobs[i].waiting = -workload->jobs[i].arrival;
        for (int k = 0; k < workload->jobs[i].burst_count; k++)
            jobs[i].waiting -= workload->jobs[i].bursts[k];
    }
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        struct job_figures *job = &jobs[span->job];
        int64_t since = span->from - workload->jobs[span->job].arrival;

        if (span->to > end)
            end = span->to;
        if (last[span->core] != NULL && last[span->core]->job != span->job)
            switches++;
        last[span->core] = span;
        if (span->doing == SWITCHING) {
            switching += span->to - span->from;
            continue;
        }
        run += span->to - span->from;
        job->response = job->response < since ? job->response : since;
        job->waiting -= job->turnaround;
        job->turnaround = since + span->to - span->from;
        job->waiting += job->turnaround;
    }
    for (int i = 0; i < workload->count; i++)
        jobs[i].waiting += workload->jobs[i].arrival;
    *figures = (struct figures){
        .end = end,
        .running = run,
        .switching = switching,
        .idle = end * machine->cores - run - switching,
        .switches = switches,
        .utilisation = end == 0 ? 0 : (int)(run * 1000 / end / machine->cores),
    };
    return 0;
}

/* ---- step 6: charts ----------------------------------------------------- */

static int flushed(FILE *out)
{
    fflush(out);
    return ferror(out) != 0 ? EIO : 0;
}

/* Blocked is what comes straight behind the tick that completes a burst. */
int scheduler_draw_text(const struct workload *workload,
                        const struct schedule *schedule, FILE *out)
{
    size_t size = 1;
    char *line;

    for (int i = 0; i < schedule->count; i++)
        if ((size_t)schedule->spans[i].to >= size)
            size = (size_t)schedule->spans[i].to + 1;
    line = malloc(size);
    if (line == NULL)
        return ENOMEM;
    for (int i = 0; i < workload->count; i++) {
        const struct job *job = &workload->jobs[i];
        int64_t ran = 0, end = 0;
        int burst = 0;

        memset(line, '.', size);
        memset(line, ' ', (size_t)job->arrival);
        for (int k = 0; k < schedule->count; k++) {
            const struct span *span = &schedule->spans[k];

            if (span->job != i)
                continue;
            for (int64_t t = span->from; t < span->to; t++)
                line[t] =
                    span->doing == RUNNING ? (char)('0' + span->core) : '+';
            end = span->to;
            if (span->doing == RUNNING)
                ran += span->to - span->from;
            if (ran == job->bursts[burst] && burst + 1 < job->burst_count) {
                memset(line + end, '~', (size_t)job->bursts[burst + 1]);
                ran = 0;
                burst += 2;
            }
        }
        fprintf(out, "%-8.8s %.*s\n", job->name, (int)end, line);
    }
    free(line);
    return flushed(out);
}

int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out)
{
    int64_t end = 1;

    for (int i = 0; i < schedule->count; i++)
        end = schedule->spans[i].to > end ? schedule->spans[i].to : end;
    fprintf(out, "<?xml version=\"1.0\"?>\n");
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\"\n");
    fprintf(out, "     width=\"%lld\" height=\"%d\">\n", 10 * (long long)end,
            20 * machine->cores);
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];
        const char *title = workload->jobs[span->job].name;

        fprintf(out, "  <rect x=\"%lld\" y=\"%d\" width=\"%lld\" height=\"20\"",
                10 * (long long)span->from, 20 * span->core,
                10 * (long long)(span->to - span->from));
        if (span->doing == SWITCHING)
            fprintf(out, " fill=\"black\"><title>switch</title></rect>\n");
        if (span->doing == SWITCHING)
            continue;
        fprintf(out, " fill=\"#%06x\"><title><![CDATA[",
                0x808080 + 0x1f2f3f * (span->job + 1) % 0x7f7f7f);
        for (; *title != '\0'; title++) /* "]]>" would end it */
            fprintf(out, *title == '>' ? "]]>&gt;<![CDATA[" : "%c", *title);
        fprintf(out, "]]></title></rect>\n");
    }
    fprintf(out, "</svg>\n");
    return flushed(out);
}

/* ---- step 7: workload files: strtok_r() --------------------------------- */

static int complain(struct workload_error *error, int line, int column,
                    const char *about, const char *field)
{
    *error = (struct workload_error){.line = line, .column = column};
    snprintf(error->text, sizeof error->text, "%s: %.20s", about, field);
    return EINVAL;
}

/* -1: not a number; -2: too large */
static int64_t to_number(const char *field)
{
    char *end;
    unsigned long long value;

    if (field[strspn(field, "0123456789")] != '\0')
        return -1;
    errno = 0;
    value = strtoull(field, &end, 10);
    return errno == ERANGE || value > TICKS_MAX ? -2 : (int64_t)value;
}

static int read_fields(char *text, int line, struct job *job,
                       struct workload_error *error)
{
    char *rest, *last = text, *field = strtok_r(text, " \t", &rest);
    int fields = 0;

    for (; field != NULL; field = strtok_r(NULL, " \t", &rest)) {
        int column = (int)(field - text) + 1;
        int64_t number = fields == 0 ? 0 : to_number(field);
        int64_t *bursts;

        last = field;
        if (number < 0)
            return complain(error, line, column,
                            number == -1 ? "no number" : "too large", field);
        if (fields == 0 && strlen(field) > JOB_NAME_MAX)
            return complain(error, line, column, "too long", field);
        if (fields == 0)
            memcpy(job->name, field, strlen(field));
        if (fields == 1)
            job->arrival = number;
        fields++;
        if (fields <= 2)
            continue;
        if (number == 0)
            return complain(error, line, column, "a burst of", field);
        bursts = reallocarray(job->bursts, (size_t)fields, sizeof *bursts);
        if (bursts == NULL)
            return ENOMEM;
        job->bursts = bursts;
        bursts[job->burst_count++] = number;
    }
    if (fields < 3 || fields % 2 == 0)
        return complain(error, line, (int)(last - text) + 1,
                        "something is missing behind", last);
    return 0;
}

static int read_line(char *text, int line, struct workload *workload,
                     struct workload_error *error)
{
    struct job job = {.arrival = 0}, *jobs;
    int status;

    text[strcspn(text, "#")] = '\0';
    if (text[strspn(text, " \t")] == '\0')
        return 0;
    status = read_fields(text, line, &job, error);
    if (status == 0) {
        jobs = realloc(workload->jobs,
                       ((size_t)workload->count + 1) * sizeof *jobs);
        if (jobs != NULL) {
            workload->jobs = jobs;
            jobs[workload->count++] = job;
            return 0;
        }
        status = ENOMEM;
    }
    free(job.bursts);
    return status;
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t length;
    int status = 0;

    memset(workload, 0, sizeof *workload);
    for (int line = 1; status == 0; line++) {
        length = getline(&text, &size, in);
        if (ferror(in)) {
            status = EIO;
            break;
        }
        if (length < 0)
            break;
        if (length > 0 && text[length - 1] == '\n')
            text[--length] = '\0';
        if (length > 0 && text[length - 1] == '\r')
            text[--length] = '\0';
        status = read_line(text, line, workload, error);
    }
    if (status == 0 && !feof(in))
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
    memset(workload, 0, sizeof *workload);
}
