/*
 * show.c - looks at schedules: a program around your scheduler.c.
 *
 *     gcc -o build/show exercises/10-scheduler/show.c \
 *         exercises/10-scheduler/scheduler.c
 *     build/show CORES SLICE COST [FILE [PICTURE.svg]]
 *
 * Without FILE, or with -, it takes a workload that stands below. What you
 * have not written yet stays empty.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scheduler.h"

/* The same as office.txt. */
static int64_t editor[] = {2, 6, 2, 6, 1}, cc[] = {9},
               backup[] = {1, 3, 1, 3, 1}, mail[] = {1, 4, 2};
static struct job office_jobs[] = {
    {"editor", 0, 5, editor},
    {"cc", 1, 1, cc},
    {"backup", 1, 5, backup},
    {"mail", 6, 3, mail},
};
static const struct workload office = {4, office_jobs};

static int fail(const char *what, int error)
{
    fprintf(stderr, "show: %s: %s\n", what, strerror(error));
    return 1;
}

static int read_file(const char *path, struct workload *workload)
{
    struct workload_error error = {0, 0, ""};
    FILE *in = fopen(path, "r");
    int status;

    if (in == NULL)
        return fail(path, errno);
    status = workload_read(in, workload, &error);
    fclose(in);
    if (status == EINVAL)
        fprintf(stderr, "%s:%d:%d: %s\n", path, error.line, error.column,
                error.text);
    else if (status != 0)
        fail(path, status);
    return status;
}

static int write_picture(const char *path, const struct workload *workload,
                         const struct machine *machine,
                         const struct schedule *schedule)
{
    FILE *out = fopen(path, "w");
    int status;

    if (out == NULL)
        return fail(path, errno);
    status = scheduler_draw_svg(workload, machine, schedule, out);
    if (fclose(out) != 0 && status == 0)
        status = errno;
    return status != 0 ? fail(path, status) : 0;
}

static void print_spans(const struct workload *workload, int core,
                        const struct schedule *schedule)
{
    const char *between = "";

    printf("core %d: ", core);
    for (int i = 0; i < schedule->count; i++) {
        const struct span *span = &schedule->spans[i];

        if (span->core != core)
            continue;
        printf("%s%s%s %lld-%lld", between, span->doing == SWITCHING ? "+" : "",
               workload->jobs[span->job].name, (long long)span->from,
               (long long)span->to);
        between = ", ";
    }
    putchar('\n');
}

static void print_ruler(int64_t end)
{
    printf("%*s", JOB_NAME_MAX + 1, "");
    for (int64_t t = 0; t <= end; t += 10)
        printf("%-10lld", (long long)t);
    putchar('\n');
}

static void print_figures(const struct workload *workload,
                          const struct job_figures *jobs,
                          const struct figures *all)
{
    double count = workload->count, response = 0, turnaround = 0;

    printf("\n%-*s %10s %10s %10s\n", JOB_NAME_MAX, "", "response",
           "turnaround", "waiting");
    for (int i = 0; i < workload->count; i++) {
        response += (double)jobs[i].response;
        turnaround += (double)jobs[i].turnaround;
        printf("%-*s %10lld %10lld %10lld\n", JOB_NAME_MAX,
               workload->jobs[i].name, (long long)jobs[i].response,
               (long long)jobs[i].turnaround, (long long)jobs[i].waiting);
    }
    if (workload->count > 0)
        printf("%-*s %10.1f %10.1f\n", JOB_NAME_MAX, "mean", response / count,
               turnaround / count);
    printf("\nend %lld; running %lld, switching %lld, idle %lld\n",
           (long long)all->end, (long long)all->running,
           (long long)all->switching, (long long)all->idle);
    printf("switches %lld; utilisation %d.%d %%\n", (long long)all->switches,
           all->utilisation / 10, all->utilisation % 10);
}

static int show(const struct workload *workload, const struct machine *machine,
                const char *picture)
{
    struct schedule schedule = {0, NULL};
    struct job_figures *jobs =
        calloc((size_t)workload->count + 1, sizeof *jobs);
    struct figures all = {0};
    int64_t end = 0;
    int status = jobs == NULL ? ENOMEM : 0;

    if (status == 0)
        status = scheduler_run(workload, machine, &schedule);
    if (status == 0)
        status = scheduler_measure(workload, machine, &schedule, jobs, &all);
    for (int i = 0; i < schedule.count; i++)
        if (schedule.spans[i].to > end)
            end = schedule.spans[i].to;
    if (status == 0 && end <= 200) {
        for (int c = 0; c < machine->cores; c++)
            print_spans(workload, c, &schedule);
        putchar('\n');
        print_ruler(end);
        status = scheduler_draw_text(workload, &schedule, stdout);
    }
    if (status == 0)
        print_figures(workload, jobs, &all);
    if (status == 0 && picture != NULL)
        status = write_picture(picture, workload, machine, &schedule);
    else if (status != 0)
        fail("the schedule", status);
    scheduler_free(&schedule);
    free(jobs);
    return status != 0;
}

int main(int argc, char **argv)
{
    struct workload workload = {0, NULL};
    struct machine machine = {0, 0, -1};
    int status = 1;

    if (argc >= 4) {
        machine.cores = atoi(argv[1]);
        machine.slice = atoll(argv[2]);
        machine.cost = atoll(argv[3]);
    }
    if (machine.cores < 1 || machine.cores > CORES_MAX || machine.slice < 1 ||
        machine.slice > TICKS_MAX || machine.cost < 0 ||
        machine.cost > TICKS_MAX) {
        fprintf(stderr,
                "usage: show CORES SLICE COST [FILE [PICTURE.svg]]\n"
                "1 to %d cores; slice 1 or more, cost 0 or more\n",
                CORES_MAX);
        return 2;
    }
    if (argc < 5 || strcmp(argv[4], "-") == 0)
        return show(&office, &machine, argc > 5 ? argv[5] : NULL);
    if (read_file(argv[4], &workload) == 0) {
        status = show(&workload, &machine, argc > 5 ? argv[5] : NULL);
        workload_free(&workload);
    }
    return status;
}
