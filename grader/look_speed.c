/*
 * look_speed.c - CPU-bound speed by the clock: the program says when a section
 * begins and ends (harness/speed.c), and the clock is read here, outside.
 *
 * A figure, not a proof: under load a wall clock is wrong in either
 * direction, so judge_speed.c uses it only when the rounds themselves show
 * that the machine was quiet.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "lenses.h"
#include "run.h"
#include "silence.h"

#define ROUNDS         5 /* in one run of the program */
#define RUNS_MOST      3 /* as long as too few rounds were quiet */
#define QUIET_WANTED   3
#define QUIET_RATIO    1.15 /* crowd over sequential, see judge_speed.c */
#define COARSE_SECONDS 0.03

/* The lines of the record pipe, with the time at which each came. */
struct stamped {
    void *ctx;
    char *text;
    size_t size;
    struct {
        size_t end; /* offset behind the line */
        double when;
    } * stamps;
    size_t count;
    int answers; /* descriptor: the program waits until its time is taken */
};

/* One byte for each line that says that a section begins or ends. */
static void answer(const struct stamped *stamped, const char *data, size_t size)
{
    const char *end = data + size;

    while (data < end) {
        const char *stop = memchr(data, '\n', (size_t)(end - data));
        size_t length = (size_t)((stop ? stop : end) - data);

        if ((memmem(data, length, " begin ", 7) != NULL ||
             memmem(data, length, " end ", 5) != NULL) &&
            write(stamped->answers, "", 1) != 1)
            return; /* it is gone, or reads no answers: it gets no figure */
        data += length + 1;
    }
}

static enum box_word stamp(void *state, const struct box_sight *sight)
{
    struct stamped *stamped = state;
    double when = clock_now();
    size_t size = sight->size;

    if (size == 0)
        return BOX_GO_ON;
    stamped->text = talloc_realloc(stamped->ctx, stamped->text, char,
                                   (unsigned)(stamped->size + size));
    memcpy(stamped->text + stamped->size, sight->data, size);
    stamped->size += size;
    stamped->stamps =
        talloc_realloc_size(stamped->ctx, stamped->stamps,
                            (stamped->count + 1) * sizeof stamped->stamps[0]);
    stamped->stamps[stamped->count].end = stamped->size;
    stamped->stamps[stamped->count++].when = when;
    answer(stamped, sight->data, size);
    return BOX_GO_ON;
}

/* When the line that begins at this offset was complete. */
static double when_of(const struct stamped *stamped, size_t offset)
{
    for (size_t i = 0; i < stamped->count; i++)
        if (stamped->stamps[i].end > offset)
            return stamped->stamps[i].when;
    return 0;
}

/* Offset of the line "SECRET value speed/N KEY ...", or -1. */
static long find(const struct stamped *stamped, const char *secret, int round,
                 const char *rest)
{
    char *line = talloc_asprintf(stamped->ctx, "%s value speed/%d %s", secret,
                                 round, rest);
    char *at = memmem(stamped->text, stamped->size, line, strlen(line));

    return at == NULL ? -1 : (long)(at - stamped->text);
}

static bool section(const struct stamped *stamped, const char *secret,
                    int round, const char *name, double *seconds,
                    unsigned long long *sum)
{
    void *ctx = stamped->ctx;
    char *sum_key = talloc_asprintf(ctx, "sum-%s ", name);
    long begin =
        find(stamped, secret, round, talloc_asprintf(ctx, "begin %s\n", name));
    long end =
        find(stamped, secret, round, talloc_asprintf(ctx, "end %s\n", name));
    long value = find(stamped, secret, round, sum_key);
    char number[32];
    size_t n = 0;

    if (begin < 0 || end < begin || value < end)
        return false;
    *seconds = when_of(stamped, (size_t)end) - when_of(stamped, (size_t)begin);
    while ((size_t)value < stamped->size && stamped->text[value] != '\n')
        value++;
    while (value > 0 && stamped->text[value - 1] != ' ')
        value--;
    while ((size_t)value < stamped->size && stamped->text[value] != '\n' &&
           n < sizeof number - 1)
        number[n++] = stamped->text[value++];
    number[n] = '\0';
    *sum = strtoull(number, NULL, 10);
    return true;
}

static bool read_round(const struct stamped *stamped, const char *secret,
                       int number, struct round *round)
{
    unsigned long long sums[4];

    if (!section(stamped, secret, number, "sequential", &round->sequential,
                 &sums[0]) ||
        !section(stamped, secret, number, "crowd", &round->crowd, &sums[1]) ||
        !section(stamped, secret, number, "one", &round->one, &sums[2]) ||
        !section(stamped, secret, number, "many", &round->many, &sums[3]))
        return false;
    round->agree = sums[0] == sums[2] && sums[0] == sums[3];
    return true;
}

/* Two lines that arrived together: the grader itself was kept from its work,
 * so there is no figure. */
static bool timed(const struct round *round)
{
    return round->sequential > 0 && round->crowd > 0 && round->one > 0 &&
           round->many > 0;
}

static size_t quiet_rounds(const struct measurement *speed)
{
    size_t n = 0;

    for (size_t i = 0; i < speed->count; i++)
        n +=
            speed->rounds[i].crowd <= QUIET_RATIO * speed->rounds[i].sequential;
    return n;
}

/* Processor seconds of the whole machine, stolen ones with them; proc(5). */
static double machine_seconds(void)
{
    unsigned long long user, nice, system, idle, wait, irq, soft, steal;
    FILE *file = fopen("/proc/stat", "re");
    int n = 0;

    if (file != NULL) {
        n = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user,
                   &nice, &system, &idle, &wait, &irq, &soft, &steal);
        fclose(file);
    }
    if (n != 8)
        return 0;
    return (double)(user + nice + system + irq + soft + steal) /
           (double)sysconf(_SC_CLK_TCK);
}

static double own_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* What was used by the machine and by us since the clock was first read. */
struct usage {
    double machine, own, wall;
};

static struct usage usage_now(void)
{
    return (struct usage){machine_seconds(), own_seconds(), clock_now()};
}

/* The kernel counts whole ticks, so a few of them prove nothing. */
static double used_by_others(const struct usage *before, double boxes)
{
    struct usage after = usage_now();
    double others = after.machine - before->machine -
                    (after.own - before->own) - boxes - COARSE_SECONDS;
    double wall = after.wall - before->wall;

    return others > 0 && wall > 0 ? others / wall : 0;
}

static bool run_rounds(struct look *look, const char *program, unsigned turn,
                       double *boxes)
{
    const struct exercise *exercise = look->lab->exercise;
    struct measurement *speed = &look->speed;
    struct stamped stamped = {.ctx = look->ctx};
    const char *secret = run_secret(look->ctx);
    const char *record =
        talloc_asprintf(look->ctx, "%s/speed-%u.record", look->lab->work, turn);
    const char *answers = talloc_asprintf(look->ctx, "%s/speed-%u.answers",
                                          look->lab->work, turn);
    const char *argv[] = {
        program, talloc_asprintf(look->ctx, "%d", ROUNDS),
        talloc_asprintf(look->ctx, "%d", exercise->speed_threads), answers,
        NULL};
    const char *more[] = {
        talloc_asprintf(look->ctx, "INTERLEAVE_RECORD=%s", record),
        talloc_asprintf(look->ctx, "INTERLEAVE_SECRET=%s", secret),
        talloc_asprintf(look->ctx, "INTERLEAVE_SEED=%llu",
                        (unsigned long long)look->lab->seed + turn)};
    struct box_spec spec = {.argv = (char *const *)argv,
                            .envp =
                                lab_environment(look->ctx, look->lab, more, 3),
                            .dir = look->lab->work,
                            .record = record,
                            .limits = {.cpu_seconds = 60,
                                       .wall_seconds = 60,
                                       .memory_bytes = exercise->memory_bytes,
                                       .output_bytes = 64 * 1024,
                                       .file_bytes = 16u * 1024 * 1024,
                                       .processes = 200},
                            .watch = {.look = stamp, .state = &stamped}};
    struct box_result result;
    int status;

    if (mkfifo(record, 0600) != 0 || mkfifo(answers, 0600) != 0 ||
        (stamped.answers = open(answers, O_RDWR | O_NONBLOCK | O_CLOEXEC)) <
            0) {
        look->fault = "cannot prepare the program that is timed";
        return false;
    }
    status = box_run(look->ctx, &spec, &result);
    close(stamped.answers);
    if (status != 0) {
        look->fault = "cannot run the program that is timed";
        return false;
    }
    *boxes += result.cpu_seconds;
    speed->complete = find(&stamped, secret, ROUNDS, "done 1") >= 0;
    for (int i = 0; i < ROUNDS && speed->complete; i++) {
        speed->rounds = talloc_realloc(look->ctx, speed->rounds, struct round,
                                       (unsigned)speed->count + 1);
        speed->complete =
            read_round(&stamped, secret, i, &speed->rounds[speed->count]);
        if (speed->complete && timed(&speed->rounds[speed->count]))
            speed->count++;
    }
    return speed->complete;
}

static int cores(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

void look_speed(struct look *look)
{
    const char *why = NULL, *program;
    struct place place;
    struct usage before;
    double boxes = 0, others;
    size_t wanted = QUIET_WANTED;
    int room;

    look->speed.wanted = true;
    if (cores() < look->lab->exercise->speed_threads) {
        look->speed.cannot = talloc_asprintf(
            look->ctx, "this machine has %d core%s, and %d are needed", cores(),
            cores() == 1 ? "" : "s", look->lab->exercise->speed_threads);
        return;
    }
    program = build_program(look->ctx, look->lab, PROGRAM_SPEED, &why, &place);
    if (program == NULL) {
        look->fault = why;
        return;
    }
    room = silence_alone(look->lab->root);
    before = usage_now();
    wanted += quiet_rounds(&look->speed);
    for (unsigned turn = 0; turn < RUNS_MOST && !box_interrupted(); turn++)
        if (!run_rounds(look, program, look->speed.turns++, &boxes) ||
            quiet_rounds(&look->speed) >= wanted ||
            quiet_rounds(&look->speed) == 0)
            break; /* enough is known, or there is no hope just now */
    others = used_by_others(&before, boxes);
    if (others > look->speed.others)
        look->speed.others = others;
    silence_leave(room);
}
