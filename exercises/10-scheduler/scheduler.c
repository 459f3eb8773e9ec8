/*
 * scheduler.c - yours to write. The contract is in scheduler.h, the
 * explanation in the handout.
 *
 * It compiles, and there is no scheduler in it worth the name: core 0 takes
 * one job after the other and runs each to its end, without slices, I/O or
 * other cores. Go through the steps in their order; each can be checked
 * before the next is begun. All of it is yours: what is here you may change.
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
    /* TODO step 2: is it blocked, and until when? */
};

struct core {
    int job;  /* on it, or NONE: it is idle */
    int span; /* where in the schedule its span is; NONE: not yet */
    /* TODO step 1: how much of the slice is used? */
    /* TODO step 4: which job did it take last? does it switch? */
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

/*
 * Does the job leave its core now?
 * TODO step 1: even with ticks left, if its slice is over.
 * TODO step 2: for its I/O, which is passed over here.
 * TODO step 3: only core 0 is looked at.
 */
static void cores_look(struct run *run)
{
    struct core *core = &run->cores[0];
    const struct job *job;
    struct task *task;

    if (core->job == NONE)
        return;
    job = &run->workload->jobs[core->job];
    task = &run->tasks[core->job];
    if (task->left > 0)
        return;
    task->burst += 2;
    if (task->burst < job->burst_count) {
        task->left = job->bursts[task->burst];
        return;
    }
    run->alive--;
    core->job = NONE;
}

/* TODO step 3: and the other cores? TODO step 4: does it switch? */
static void cores_take(struct run *run)
{
    struct core *core = &run->cores[0];

    if (core->job != NONE || run->length == 0)
        return;
    core->job = dequeue(run);
    core->span = NONE;
}

/* The tick that follows. The first one of a span begins it: so the spans come
 * in their order by themselves. */
static int cores_work(struct run *run)
{
    struct core *core = &run->cores[0];
    struct span span = {run->now, run->now, 0, core->job, RUNNING};

    if (core->job == NONE)
        return 0;
    if (core->span == NONE) {
        core->span = run->schedule->count;
        if (add_span(run->schedule, span) != 0)
            return ENOMEM;
    }
    run->tasks[core->job].left--;
    run->schedule->spans[core->span].to++;
    return 0;
}

static int run_all(struct run *run)
{
    for (run->now = 0; run->alive > 0; run->now++) {
        /* TODO step 2: whose I/O is over? */
        jobs_arrive(run);
        cores_look(run);
        cores_take(run);
        if (cores_work(run) != 0)
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
        run.cores[c] = (struct core){.job = NONE};
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
    *figures = (struct figures){0};
    for (int i = 0; i < workload->count; i++)
        jobs[i] = (struct job_figures){0};
    /* TODO step 5: go through the spans, once. */
    (void)machine;
    (void)schedule;
    return 0;
}

/* ---- step 6: charts ----------------------------------------------------- */

int scheduler_draw_text(const struct workload *workload,
                        const struct schedule *schedule, FILE *out)
{
    /* TODO step 6: a line for each job. This one writes the names. */
    (void)schedule;
    for (int i = 0; i < workload->count; i++)
        fprintf(out, "%-*s \n", JOB_NAME_MAX, workload->jobs[i].name);
    return 0;
}

int scheduler_draw_svg(const struct workload *workload,
                       const struct machine *machine,
                       const struct schedule *schedule, FILE *out)
{
    /* TODO step 6: <svg ...>, a <rect> for each span, </svg>. */
    (void)workload;
    (void)machine;
    (void)schedule;
    (void)out;
    return 0;
}

/* ---- step 7: workload files --------------------------------------------- */

/* What is wrong in which line and column: EINVAL. This part is done. */
__attribute__((unused)) static int
mistake(struct workload_error *error, int line, int column, const char *text)
{
    error->line = line;
    error->column = column;
    snprintf(error->text, sizeof error->text, "%s", text);
    return EINVAL;
}

int workload_read(FILE *in, struct workload *workload,
                  struct workload_error *error)
{
    /* TODO step 7: line after line, field after field. */
    (void)in;
    (void)error;
    *workload = (struct workload){0, NULL};
    return ENOSYS;
}

void workload_free(struct workload *workload)
{
    for (int i = 0; i < workload->count; i++)
        free(workload->jobs[i].bursts);
    free(workload->jobs);
    *workload = (struct workload){0, NULL};
}
