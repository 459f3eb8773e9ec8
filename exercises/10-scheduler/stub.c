/*
 * scheduler.c - yours to write. The contract is in scheduler.h, the
 * explanation in the handout.
 *
 * It compiles, and there is no scheduler in it: scheduler_run() lets core 0
 * run each job to its end, without slices, I/O or other cores. Go through the
 * steps in their order; each can be checked before the next is begun.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

/* Appends a span: 0, or ENOMEM. This part is done. */
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

void scheduler_free(struct schedule *schedule)
{
    free(schedule->spans);
    *schedule = (struct schedule){0, NULL};
}

int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule)
{
    int64_t now = 0;

    *schedule = (struct schedule){0, NULL};
    /*
     * TODO step 1: a queue, and one core that takes turns. Go from tick to
     *              tick: who arrives, whose slice is over, who is next?
     * TODO step 2: who waits for I/O is in no queue, and on no core.
     * TODO step 3: machine->cores of them.
     * TODO step 4: machine->cost.
     */
    (void)machine;
    for (int i = 0; i < workload->count; i++) {
        const struct job *job = &workload->jobs[i];
        struct span span = {now, now, 0, i, RUNNING};

        for (int k = 0; k < job->burst_count; k++)
            span.to += job->bursts[k];
        now = span.to;
        if (add_span(schedule, span) != 0) {
            scheduler_free(schedule);
            return ENOMEM;
        }
    }
    return 0;
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
