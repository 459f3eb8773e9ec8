/*
 * run.c - see run.h.
 *
 * The watch is called by the box with each line on the record pipe and on
 * each tick. It asks whether all is still (stillness.c) and counts the
 * processor time of the test that runs:
 *
 *   all still, nobody to let go   a deadlock: told from the board, then the
 *                                 test's process is killed
 *   processor time used up        the thread that used most of it is asked
 *                                 where it is (SIGXCPU), then killed
 *   wall time used up             it sleeps: told from the board, killed
 *
 * With Criterion each test has a process, so the others go on. With the
 * stand-in runner the program ends, and another run does the rest.
 */
#define _GNU_SOURCE
#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "hang.h"
#include "stillness.h"

#define TEST_WALL_SECONDS 20.0
#define SPIN_SECONDS      0.1 /* of processor time, see stillness_let_go() */

struct watch {
    void *ctx;
    const struct run_spec *spec;
    const struct lab *lab;
    struct stillness *stillness;
    struct symbols *symbols; /* opened when first needed */
    struct reports *reports;

    uint32_t serial;   /* the test that is being timed */
    double cpu_before; /* its process' processor time when it began */
    double began;      /* monotonic seconds */
    double cpu_let_go; /* and when somebody was let go last */
    bool asked_where;  /* SIGXCPU was sent */
    bool condemned;    /* the process was killed */
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct symbols *symbols_of(struct watch *watch)
{
    const char *why;

    if (watch->symbols == NULL)
        watch->symbols = symbols_open(watch->ctx, watch->spec->program,
                                      watch->lab->exercise->source, &why);
    return watch->symbols;
}

/* utime + stime of a process or thread, seconds; proc(5) */
static double cpu_of(const char *path)
{
    unsigned long user, system;
    char text[1024];
    const char *at;
    FILE *file = fopen(path, "re");
    size_t n;

    if (file == NULL)
        return 0;
    n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    at = strrchr(text, ')');
    if (at == NULL ||
        sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &user, &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_of_process(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    return cpu_of(path);
}

static pid_t busiest_thread(pid_t pid)
{
    char path[96];
    struct dirent *entry;
    double most = -1;
    pid_t busiest = pid;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        double cpu;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)pid,
                 entry->d_name);
        cpu = cpu_of(path);
        if (cpu > most) {
            most = cpu;
            busiest = (pid_t)atol(entry->d_name);
        }
    }
    if (folder != NULL)
        closedir(folder);
    return busiest;
}

static void condemn(struct watch *watch, pid_t pid)
{
    watch->condemned = true;
    kill(pid, SIGKILL);
}

static void tell_hang(struct watch *watch, pid_t pid, enum bug kind)
{
    struct symbols *symbols = symbols_of(watch);
    struct report report;

    if (symbols != NULL) {
        report = hang_report(watch->ctx, stillness_board(watch->stillness),
                             symbols, watch->spec->lens);
        report.kind = kind;
        if (kind == BUG_ASLEEP)
            report.title = "still asleep when the time was up";
        run_add_report(watch->ctx, watch->reports, &report);
    }
    condemn(watch, pid);
}

/* A new test began: its time starts now. */
static void follow_test(struct watch *watch, pid_t pid)
{
    uint32_t serial = stillness_board(watch->stillness)->serial;

    if (serial == watch->serial)
        return;
    watch->serial = serial;
    watch->cpu_before = cpu_of_process(pid);
    watch->cpu_let_go = watch->cpu_before;
    watch->began = now();
    watch->asked_where = watch->condemned = false;
}

static void check_time(struct watch *watch, pid_t pid)
{
    double limit =
        watch->lab->exercise->test_cpu_seconds * watch->spec->slowness;
    double cpu = cpu_of_process(pid), used = cpu - watch->cpu_before;
    struct report report = {.kind = BUG_LOOP, .lens = watch->spec->lens};

    if (cpu - watch->cpu_let_go > SPIN_SECONDS * watch->spec->slowness) {
        watch->cpu_let_go = cpu;
        stillness_let_go(watch->stillness);
    }
    if (watch->asked_where && used > limit + 0.2) {
        /* it did not answer */
        report.test =
            talloc_strdup(watch->ctx, stillness_board(watch->stillness)->test);
        report.title = "used up its processor time";
        run_add_report(watch->ctx, watch->reports, &report);
        condemn(watch, pid);
    } else if (!watch->asked_where && used > limit) {
        watch->asked_where = true;
        syscall(SYS_tgkill, pid, busiest_thread(pid), SIGXCPU);
    } else if (now() - watch->began > TEST_WALL_SECONDS + limit * 2) {
        tell_hang(watch, pid, BUG_ASLEEP);
    }
}

static enum box_word look(void *state, pid_t program, const char *data,
                          size_t size)
{
    struct watch *watch = state;
    pid_t pid = stillness_process(watch->stillness, program);

    if (pid == 0)
        return BOX_GO_ON;
    follow_test(watch, pid);
    if (watch->condemned)
        return BOX_GO_ON;
    if (size > 0 && memmem(data, size, "hint\n", 5) == NULL)
        return BOX_GO_ON;
    if (stillness_look(watch->stillness, program) == MOTION_DEADLOCK)
        tell_hang(watch, pid, BUG_DEADLOCK);
    else if (size == 0)
        check_time(watch, pid);
    return BOX_GO_ON;
}

void run_add_report(void *ctx, struct reports *reports,
                    const struct report *report)
{
    reports->items = talloc_realloc(ctx, reports->items, struct report,
                                    (unsigned)reports->count + 1);
    reports->items[reports->count++] = *report;
}

void run_add_reports(void *ctx, struct reports *reports,
                     const struct reports *more)
{
    for (size_t i = 0; i < more->count; i++)
        run_add_report(ctx, reports, &more->items[i]);
}

/* "SIGSEGV@pc,pc,...": offsets from the load address, hexadecimal. */
static void add_crash(struct watch *watch, const struct record *record,
                      bool loop)
{
    struct symbols *symbols = symbols_of(watch);
    const char *at = strchr(record->value, '@');
    struct report report = {.kind = loop ? BUG_LOOP : BUG_CRASH,
                            .lens = watch->spec->lens,
                            .test = record->test,
                            .count = 1};
    uint64_t pcs[17] = {0};
    size_t n = 0;

    if (at == NULL || symbols == NULL)
        return;
    report.title =
        talloc_strndup(watch->ctx, record->value, (size_t)(at - record->value));
    while (n < 16 && (*at == '@' || *at == ','))
        pcs[n++] = strtoull(at + 1, (char **)&at, 16);
    if (n > 0)
        pcs[0] += 1; /* the first is no return address */
    report.sides = talloc_zero(watch->ctx, struct side);
    report.sides[0].what =
        loop ? "still running here when the time was up" : "crashes here";
    report.sides[0].depth =
        hang_stack(watch->ctx, symbols, 0, pcs, n, &report.sides[0].stack);
    run_add_report(watch->ctx, watch->reports, &report);
}

static void add_crashes(struct watch *watch, const struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->items[i];

        if (record->kind != RECORD_VALUE)
            continue;
        if (strcmp(record->key, "crash") == 0)
            add_crash(watch, record, false);
        else if (strcmp(record->key, "loop") == 0)
            add_crash(watch, record, true);
    }
}

const char *run_secret(void *ctx)
{
    unsigned char bytes[12];
    char *text = talloc_zero_array(ctx, char, 2 * sizeof bytes + 1);

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        memset(bytes, 7, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static size_t words(const char *const *list)
{
    size_t n = 0;

    while (list != NULL && list[n] != NULL)
        n++;
    return n;
}

static char **command(void *ctx, const struct run_spec *spec)
{
    size_t before = words(spec->before), after = words(spec->after);
    size_t n = 0;
    const char **argv = talloc_zero_array(
        ctx, const char *, (unsigned)(before + after + spec->test_count + 2));

    for (size_t i = 0; i < before; i++)
        argv[n++] = spec->before[i];
    argv[n++] = spec->program;
    for (size_t i = 0; i < after; i++)
        argv[n++] = spec->after[i];
    for (size_t i = 0; spec->after == NULL && i < spec->test_count; i++)
        argv[n++] = spec->tests[i];
    return (char **)argv;
}

static char **environment(void *ctx, const struct lab *lab,
                          const struct run_spec *spec, const char *dir,
                          const char *secret)
{
    const char *more[16];
    size_t n = 0;

    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_RECORD=%s/record", dir);
    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_BOARD=%s/board", dir);
    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_SECRET=%s", secret);
    more[n++] = talloc_asprintf(ctx, "INTERLEAVE_SEED=%llu",
                                (unsigned long long)spec->seed);
    for (size_t i = 0; i < words(spec->extra) && n < 16; i++)
        more[n++] = spec->extra[i];
    return lab_environment(ctx, lab, more, n);
}

int run_once(void *ctx, struct lab *lab, const struct run_spec *spec,
             struct run *run, const char **dir)
{
    char *folder = talloc_asprintf(ctx, "%s/run-XXXXXX", lab->work);
    const char *secret = run_secret(ctx);
    double limit = lab->exercise->test_cpu_seconds * spec->slowness;
    struct watch watch = {
        .ctx = ctx, .spec = spec, .lab = lab, .reports = &run->reports};
    struct box_spec box = {
        .argv = command(ctx, spec),
        .limits = {.cpu_seconds = (limit + 1) * (double)spec->test_count + 5,
                   .wall_seconds = (TEST_WALL_SECONDS + 3 * limit) *
                                       (double)spec->test_count +
                                   60,
                   .memory_bytes = lab->exercise->memory_bytes,
                   .output_bytes = 512 * 1024,
                   .file_bytes = 64u * 1024 * 1024,
                   .processes = 200},
        .watch = {.look = look, .state = &watch},
    };

    memset(run, 0, sizeof *run);
    if (mkdtemp(folder) == NULL ||
        mkfifo(talloc_asprintf(ctx, "%s/record", folder), 0600) != 0 ||
        (watch.stillness =
             stillness_open(ctx, talloc_asprintf(ctx, "%s/board", folder),
                            spec->patient ? POLICY_PATIENT : POLICY_FREE,
                            spec->strangers)) == NULL) {
        run->box.end = BOX_FAILED;
        run->box.why = talloc_asprintf(ctx, "cannot prepare %s: %s", folder,
                                       strerror(errno));
        return -1;
    }
    *dir = folder;
    run->lens = spec->lens;
    run->way = spec->way;
    run->seed = spec->seed;
    run->expected = (struct expectations *)spec->expected;
    run->asked = (const char **)talloc_memdup(
        ctx, spec->tests, spec->test_count * sizeof spec->tests[0]);
    run->asked_count = spec->test_count;
    box.dir = folder;
    box.envp = environment(ctx, lab, spec, folder, secret);
    box.record = talloc_asprintf(ctx, "%s/record", folder);
    if (lab_box(ctx, lab, (unsigned)spec->lens, &box, &run->box) != 0)
        return -1;
    run->records =
        read_records(ctx, run->box.record.data, run->box.record.size, secret);
    add_crashes(&watch, &run->records);
    return 0;
}

static bool started(const struct run *run, const char *test)
{
    for (size_t i = 0; i < run->records.count; i++)
        if (run->records.items[i].kind == RECORD_START &&
            strcmp(run->records.items[i].test, test) == 0)
            return true;
    return false;
}

size_t run_rest(void *ctx, const struct run_spec *spec, const struct run *run,
                const char ***rest)
{
    size_t n = 0;

    *rest =
        talloc_zero_array(ctx, const char *, (unsigned)spec->test_count + 1);
    for (size_t i = 0; i < spec->test_count; i++)
        if (!started(run, spec->tests[i]))
            (*rest)[n++] = spec->tests[i];
    return n;
}

struct expectations *run_oracle(void *ctx, struct lab *lab, uint64_t seed,
                                const char **why)
{
    struct expectations *expected = talloc_zero(ctx, struct expectations);
    const char *argv[] = {lab_kit(ctx, lab, "oracle"), NULL};
    const char *more[] = {
        talloc_asprintf(ctx, "INTERLEAVE_SEED=%llu", (unsigned long long)seed)};
    struct box_spec spec = {
        .argv = (char *const *)argv,
        .envp = lab_environment(ctx, lab, more, 1),
        .dir = lab->work,
        .limits = {.cpu_seconds = 10,
                   .wall_seconds = 60,
                   .output_bytes = 256 * 1024},
    };
    struct box_result result;

    if (lab_box(ctx, lab, 0, &spec, &result) != 0 || result.end != BOX_EXITED ||
        result.code != 0) {
        *why = talloc_asprintf(ctx, "the oracle of %s failed: %s",
                               lab->exercise->folder,
                               result.why ? result.why : "see its tests.c");
        return NULL;
    }
    if (read_expectations(ctx, result.out.data, result.out.size, expected,
                          why) != 0)
        return NULL;
    return expected;
}
