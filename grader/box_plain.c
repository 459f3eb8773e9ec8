/*
 * box_plain.c - the first box: a keeper, limits, watchers
 *
 * box_run() starts a keeper (keeper.c) and then does nothing but wait for
 * whatever comes first: output, a word from the keeper, an interrupt, the
 * next tick. On every tick it looks at what the program uses. The first
 * limit that is passed decides how the run ended; the keeper is then told to
 * kill everything. The end itself is always the keeper's last word, never the
 * end of a stream: a grandchild may hold a stream open for ever. When that
 * word has come all is dead, and what the pipes still hold is read without
 * blocking.
 *
 * If the socket ends without a last word, the program has killed its keeper.
 * That is the program's doing; leash_rescue() then cleans up.
 *
 * Not stopped here, for that takes a sandbox: kill(-1, SIGKILL) as the same
 * user, which ends the grader too; disk space in deleted files; the network.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "box_common.h"
#include "clock.h"
#include "gauge.h"
#include "keeper.h"
#include "leash.h"
#include "output.h"

#define TICK_SECONDS   0.02
#define SCAN_SECONDS   0.03 /* between two scans, beside the next */
#define FOLDER_SECONDS 0.2
#define CHUNK          65536
#define FLOOD          16   /* times output_bytes: too much */
#define SCAN_SHARE     20   /* scans take at most 1/20 of the time */
#define ANSWER_SECONDS 30   /* for the keeper to kill everything */
#define ZOMBIES        1000 /* looked at, beside `processes` */
#define DRAIN_CHUNKS   1024 /* more than any pipe can hold */

enum { OUT, ERR, RECORD, STREAMS };

struct job {
    void *ctx;
    const struct box_spec *spec;
    struct box_result *result;
    struct output streams[STREAMS];
    char *chunk;
    struct leash leash;
    struct gauge gauge;
    pid_t program; /* 0: not started yet */
    bool stopping; /* result->end is decided, the keeper was told */
    bool ended;    /* the keeper's last word has come: `last` holds */
    bool lost;     /* it never will */
    bool over;     /* one of both was dealt with: nothing to stop any more */
    struct keeper_word last;
    /* Times on the monotonic clock, in seconds. */
    double begin, now, next_tick, next_scan, next_folder, stopped_at;
};

__attribute__((format(printf, 2, 3))) static void fail(struct job *job,
                                                       const char *format, ...)
{
    va_list values;

    va_start(values, format);
    job->result->end = BOX_FAILED;
    job->result->why = talloc_vasprintf(job->ctx, format, values);
    va_end(values);
}

/* The first reason counts. */
static void stop(struct job *job, enum box_end end)
{
    if (job->stopping || job->over)
        return;
    job->stopping = true;
    job->stopped_at = job->now;
    job->result->end = end;
    leash_let_go(&job->leash);
}

static void look(struct job *job, const char *data, size_t size)
{
    const struct box_watch *watch = &job->spec->watch;
    const struct box_sight sight = {job->program, data, size,
                                    job->gauge.cpu_seconds, job};
    enum box_word word = BOX_GO_ON;

    if (watch->look != NULL && job->program != 0)
        word = watch->look(watch->state, &sight);
    if (word != BOX_GO_ON)
        stop(job, word == BOX_STOP ? BOX_STOPPED : BOX_CPU);
}

bool box_is_behind(const struct box_sight *sight)
{
    for (int i = 0; i < STREAMS; i++)
        if (output_is_crowded(&sight->job->streams[i]))
            return true;
    return false;
}

/* ---- streams ------------------------------------------------------------ */

static bool flooded(const struct job *job, const struct output *stream)
{
    return job->spec->limits.output_bytes != 0 &&
           stream->total / FLOOD > job->spec->limits.output_bytes;
}

/* Reads one chunk. Returns false when there is nothing to read now. */
static bool read_stream(struct job *job, struct output *stream)
{
    ssize_t got = output_read(job->ctx, stream, job->chunk, CHUNK,
                              job->spec->limits.output_bytes);

    if (got < 0) {
        stop(job, BOX_FAILED);
        fail(job, "out of memory for the program's output");
    }
    if (got > 0 && stream == &job->streams[RECORD])
        look(job, job->chunk, (size_t)got);
    if (flooded(job, stream))
        stop(job, BOX_OUTPUT);
    return got > 0;
}

static void drain(struct job *job)
{
    for (int i = 0; i < STREAMS; i++)
        for (int n = 0; n < DRAIN_CHUNKS; n++)
            if (!read_stream(job, &job->streams[i]))
                break;
}

/* ---- the keeper's words ------------------------------------------------- */

static void program_failed(struct job *job, const struct keeper_word *word)
{
    static const char *const what[] = {
        [KEEPER_FORK] = "make a process for",
        [KEEPER_LIMIT] = "set the limits of",
        [KEEPER_CHDIR] = "enter the folder",
        [KEEPER_EXEC] = "start",
    };
    const char *name =
        word->step == KEEPER_CHDIR ? job->spec->dir : job->spec->argv[0];

    if (job->stopping)
        return;
    stop(job, BOX_FAILED);
    fail(job, "cannot %s \"%s\": %s", what[word->step], name,
         strerrordesc_np(word->error));
}

/* Reads all words that are there. */
static void hear(struct job *job)
{
    struct keeper_word word;
    ssize_t got;

    while (!job->ended && !job->lost) {
        got = recv(job->leash.socket, &word, sizeof word, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got != (ssize_t)sizeof word) {
            job->lost = true;
        } else if (word.kind == KEEPER_STARTED) {
            job->program = word.program;
        } else if (word.kind == KEEPER_FAILED) {
            program_failed(job, &word);
        } else {
            job->last = word;
            job->ended = true;
        }
    }
}

static void check_use(struct job *job)
{
    const struct box_limits *limits = &job->spec->limits;
    struct gauge *gauge = &job->gauge;
    /* `processes` itself is the keeper's business: it is nearer. */
    const size_t most =
        limits->processes != 0 ? limits->processes + ZOMBIES : 0;
    double took;

    if (job->now < job->next_scan ||
        gauge_read(gauge, job->leash.keeper, most) < 0)
        return;
    /* The more there is to look at, the seldomer. */
    took = clock_now() - job->now;
    job->next_scan = job->now + SCAN_SECONDS + took * SCAN_SHARE;
    if (gauge->keeper_stopped)
        leash_wake(&job->leash);
    if (limits->memory_bytes != 0 && gauge->memory > limits->memory_bytes)
        stop(job, BOX_MEMORY);
    if (limits->cpu_seconds > 0 && gauge->cpu_seconds > limits->cpu_seconds)
        stop(job, BOX_CPU);
}

static void check_folder(struct job *job)
{
    if (job->spec->limits.file_bytes == 0 || job->now < job->next_folder)
        return;
    if (gauge_folder(job->spec->dir) > job->spec->limits.file_bytes)
        stop(job, BOX_FILES);
    job->next_folder = clock_now() + FOLDER_SECONDS;
}

static void tick(struct job *job)
{
    const double wall = job->spec->limits.wall_seconds;

    while (job->next_tick <= job->now)
        job->next_tick += TICK_SECONDS;
    if (job->stopping) {
        leash_wake(&job->leash);
        if (job->now - job->stopped_at > ANSWER_SECONDS)
            job->lost = true;
        return;
    }
    check_use(job);
    check_folder(job);
    if (wall > 0 && job->now - job->begin >= wall)
        stop(job, BOX_WALL);
    if (!job->stopping)
        look(job, NULL, 0);
}

/* ---- the run ------------------------------------------------------------ */

/* Waits for the next thing and deals with it. */
static void turn(struct job *job)
{
    enum { WORDS = STREAMS, INTERRUPT, COUNT };
    struct pollfd wait[COUNT];
    double pause = job->next_tick - job->now;
    struct timespec limit = {0, pause > 0 ? (long)(pause * 1e9) : 0};

    /* A negative descriptor is passed over by poll(). */
    for (int i = 0; i < STREAMS; i++)
        wait[i] = (struct pollfd){job->streams[i].fd, POLLIN, 0};
    wait[WORDS] = (struct pollfd){job->leash.socket, POLLIN, 0};
    wait[INTERRUPT] =
        (struct pollfd){job->stopping ? -1 : box_interrupt_fd(), POLLIN, 0};
    if (ppoll(wait, COUNT, &limit, NULL) < 0)
        memset(wait, 0, sizeof wait); /* interrupted: only the clock */
    job->now = clock_now();
    if (wait[WORDS].revents)
        hear(job);
    for (int i = 0; i < STREAMS; i++)
        if (wait[i].revents)
            read_stream(job, &job->streams[i]);
    if (wait[INTERRUPT].revents && box_interrupted())
        stop(job, BOX_INTERRUPTED);
    if (job->now >= job->next_tick && !job->ended && !job->lost)
        tick(job);
}

/* Opens everything and starts the keeper. */
static int start(struct job *job)
{
    const struct box_spec *spec = job->spec;
    int out = -1, err = -1, error;

    error = output_pipe(&job->streams[OUT], &out);
    if (error == 0)
        error = output_pipe(&job->streams[ERR], &err);
    if (error != 0)
        fail(job, "cannot make a pipe: %s", strerrordesc_np(error));
    else if (spec->record != NULL &&
             (error = output_fifo(&job->streams[RECORD], spec->record)) != 0)
        fail(job, "cannot open the record pipe \"%s\": %s", spec->record,
             strerrordesc_np(error));
    if (error != 0)
        goto out;
    error = leash_start(&job->leash, spec, out, err);
    if (error != 0)
        fail(job, "cannot start the keeper \"%s\": %s", leash_keeper_path(),
             strerrordesc_np(error));
out:
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    return error == 0 ? 0 : -1;
}

static void classify(struct job *job)
{
    struct box_ending ending = {.status = job->last.status,
                                .peak_memory = job->last.peak_memory};

    for (int i = 0; i < STREAMS; i++)
        ending.flooded |= flooded(job, &job->streams[i]);
    box_classify(&job->spec->limits, &ending, job->result);
    if (job->last.crowded)
        job->result->end = BOX_PROCESSES;
}

/* The keeper is gone without its last word. */
static void rescue(struct job *job)
{
    struct box_result *result = job->result;
    struct remains remains = leash_rescue(&job->leash);

    result->cpu_seconds = job->gauge.cpu_seconds;
    if (remains.cpu_seconds > result->cpu_seconds)
        result->cpu_seconds = remains.cpu_seconds;
    if (!remains.clean) {
        fail(job, "processes of \"%s\" could not be killed",
             job->spec->argv[0]);
    } else if (!job->stopping && job->program != 0) {
        result->end = BOX_SIGNALLED;
        result->code = SIGKILL;
        result->why = talloc_strdup(
            job->ctx, "the program killed the process that watched over it");
    } else if (!job->stopping) {
        fail(job, "the keeper \"%s\" does not work", leash_keeper_path());
    }
}

static void finish(struct job *job)
{
    struct box_result *result = job->result;

    job->over = true;
    if (job->lost)
        rescue(job);
    drain(job);
    if (job->ended) {
        result->cpu_seconds = job->last.cpu_seconds;
        result->left = job->last.left;
        /* `why`: out of memory while draining. */
        if (!job->stopping && result->why == NULL)
            classify(job);
    }
    result->peak_memory = job->gauge.peak_memory;
    if (job->last.peak_memory > result->peak_memory)
        result->peak_memory = job->last.peak_memory;
    leash_end(&job->leash);
    result->wall_seconds = clock_now() - job->begin;
}

static struct job *prepare(void *ctx, const struct box_spec *spec,
                           struct box_result *result)
{
    struct box_stream *streams[STREAMS] = {&result->out, &result->err,
                                           &result->record};
    struct job *job = talloc_zero(ctx, struct job);

    memset(result, 0, sizeof *result);
    result->end = BOX_FAILED;
    result->why = "out of memory";
    if (job == NULL)
        return NULL;
    job->ctx = ctx;
    job->spec = spec;
    job->result = result;
    job->chunk = talloc_array(job, char, CHUNK);
    for (int i = 0; i < STREAMS; i++) {
        streams[i]->data = talloc_zero_array(ctx, char, 1);
        job->streams[i] = (struct output){.fd = -1, .kept = streams[i]};
        if (streams[i]->data == NULL || job->chunk == NULL) {
            TALLOC_FREE(job);
            return NULL;
        }
    }
    result->why = NULL;
    job->begin = job->now = clock_now();
    job->next_tick = job->begin + TICK_SECONDS;
    job->next_folder = job->begin + FOLDER_SECONDS;
    return job;
}

int box_run(void *ctx, const struct box_spec *spec, struct box_result *result)
{
    struct job *job = prepare(ctx, spec, result);

    if (job == NULL)
        return -1;
    if (box_interrupt_fd() < 0) {
        fail(job, "cannot make an eventfd");
    } else if (box_interrupted()) {
        result->end = BOX_INTERRUPTED;
    } else if (start(job) == 0) {
        while (!job->ended && !job->lost)
            turn(job);
        finish(job);
    }
    for (int i = 0; i < STREAMS; i++)
        output_close(&job->streams[i]);
    gauge_free(&job->gauge);
    talloc_free(job);
    return result->end == BOX_FAILED ? -1 : 0;
}
