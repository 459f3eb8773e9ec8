/* expect: pass */
/*
 * right_event_heap.c - discrete event simulation as in a textbook: a heap of
 * events, of which the first is what happens next. The order of the contract
 * within one time is the order of the events: time, kind, number. When all
 * events of a time are over, idle cores look into the queue.
 */
#include "scheduler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- steps 1 to 4: the scheduler ---------------------------------------- */

enum kind { IO_OVER, ARRIVAL, CORE_DONE };

struct event {
    int64_t time;
    enum kind kind;
    int number; /* of the job, or of the core */
};

struct job_state {
    int burst, next; /* next: behind it in the queue */
    int64_t left;
};

struct simulator {
    const struct workload *workload;
    const struct machine *machine;
    struct schedule *schedule;
    int room;
    struct event *heap; /* each job and each core has one event at most */
    int events;
    struct job_state *jobs;
    int head, tail;         /* of the queue, or -1 */
    int running[CORES_MAX]; /* the job, or -1 */
    int last[CORES_MAX];    /* the job that it took last */
};

static bool before(const struct event *a, const struct event *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->number < b->number;
}

static void swap(struct event *a, struct event *b)
{
    struct event event = *a;

    *a = *b;
    *b = event;
}

static void push(struct simulator *s, struct event event)
{
    int at = s->events++;

    s->heap[at] = event;
    for (; at > 0 && before(&s->heap[at], &s->heap[(at - 1) / 2]);
         at = (at - 1) / 2)
        swap(&s->heap[at], &s->heap[(at - 1) / 2]);
}

static struct event pop(struct simulator *s)
{
    struct event first = s->heap[0];
    int at = 0;

    s->heap[0] = s->heap[--s->events];
    for (;;) {
        int child = 2 * at + 1;

        if (child + 1 < s->events &&
            before(&s->heap[child + 1], &s->heap[child]))
            child++;
        if (child >= s->events || !before(&s->heap[child], &s->heap[at]))
            return first;
        swap(&s->heap[child], &s->heap[at]);
        at = child;
    }
}

static void get_ready(struct simulator *s, int job)
{
    s->jobs[job].next = -1;
    if (s->tail >= 0)
        s->jobs[s->tail].next = job;
    else
        s->head = job;
    s->tail = job;
}

static void handle(struct simulator *s, const struct event *event)
{
    int number = event->number;
    struct job_state *state;

    if (event->kind != CORE_DONE) {
        state = &s->jobs[number];
        state->left = s->workload->jobs[number].bursts[state->burst];
        get_ready(s, number);
        return;
    }
    number = s->running[event->number];
    state = &s->jobs[number];
    s->running[event->number] = -1;
    if (state->left > 0) {
        get_ready(s, number);
    } else if (state->burst + 1 < s->workload->jobs[number].burst_count) {
        int64_t io = s->workload->jobs[number].bursts[state->burst + 1];

        state->burst += 2;
        push(s, (struct event){event->time + io, IO_OVER, number});
    }
}

/* The place of a span that begins at `from`, among those that begin later
 * already: a core that switches has its second span noted in advance. */
static bool add(struct simulator *s, struct span span)
{
    struct schedule *schedule = s->schedule;
    int at = schedule->count;

    if (schedule->count == s->room) {
        struct span *spans = reallocarray(
            schedule->spans, 2 * (size_t)s->room + 8, sizeof *spans);

        if (spans == NULL)
            return false;
        schedule->spans = spans;
        s->room = 2 * s->room + 8;
    }
    while (at > 0 && (schedule->spans[at - 1].from > span.from ||
                      (schedule->spans[at - 1].from == span.from &&
                       schedule->spans[at - 1].core > span.core)))
        at--;
    memmove(&schedule->spans[at + 1], &schedule->spans[at],
            (size_t)(schedule->count++ - at) * sizeof span);
    schedule->spans[at] = span;
    return true;
}

static bool dispatch(struct simulator *s, int core, int64_t now)
{
    int job = s->head;
    int64_t slice = s->machine->slice, cost = s->machine->cost;

    s->head = s->jobs[job].next;
    if (s->head < 0)
        s->tail = -1;
    if (s->last[core] >= 0 && s->last[core] != job && cost > 0) {
        if (!add(s, (struct span){now, now + cost, core, job, SWITCHING}))
            return false;
        now += cost;
    }
    if (slice > s->jobs[job].left)
        slice = s->jobs[job].left;
    s->jobs[job].left -= slice;
    s->running[core] = s->last[core] = job;
    push(s, (struct event){now + slice, CORE_DONE, core});
    return add(s, (struct span){now, now + slice, core, job, RUNNING});
}

static bool simulate(struct simulator *s)
{
    for (int i = 0; i < s->workload->count; i++)
        push(s, (struct event){s->workload->jobs[i].arrival, ARRIVAL, i});
    while (s->events > 0) {
        int64_t now = s->heap[0].time;

        while (s->events > 0 && s->heap[0].time == now) {
            struct event event = pop(s);

            handle(s, &event);
        }
        for (int c = 0; c < s->machine->cores && s->head >= 0; c++)
            if (s->running[c] < 0 && !dispatch(s, c, now))
                return false;
    }
    return true;
}

int scheduler_run(const struct workload *workload,
                  const struct machine *machine, struct schedule *schedule)
{
    struct simulator s = {workload, machine, schedule, .head = -1, .tail = -1};
    size_t jobs = (size_t)workload->count;
    bool fine;

    memset(schedule, 0, sizeof *schedule);
    for (int c = 0; c < CORES_MAX; c++)
        s.running[c] = s.last[c] = -1;
    s.heap = malloc((jobs + CORES_MAX + 1) * sizeof *s.heap);
    s.jobs = calloc(jobs + 1, sizeof *s.jobs);
    fine = s.heap != NULL && s.jobs != NULL && simulate(&s);
    free(s.heap);
    free(s.jobs);
    if (!fine)
        scheduler_free(schedule);
    return fine ? 0 : ENOMEM;
}

void scheduler_free(struct schedule *schedule)
{
    free(schedule->spans);
    memset(schedule, 0, sizeof *schedule);
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
