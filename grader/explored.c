/*
 * explored.c - see explored.h. The explorer tells two lines behind the secret
 * of the run:
 *
 *   bug KIND PREEMPTIONS THREAD PC ADDRESS TURNS TEXT
 *   explored SCHEDULES SEARCHED PRUNED STEPS LEVEL BOUND-WHOLE WHOLE PLACES
 *            STOPPED
 *
 * When its process dies before that, the schedule under way is the bug: its
 * turns lie in a file.
 */
#define _GNU_SOURCE
#include "explored.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "run.h"
#include "work.h"

enum fault_kind fault_by_name(const char *name)
{
    for (int kind = FAULT_KINDS; --kind > 0;)
        if (strcmp(fault_name((enum fault_kind)kind), name) == 0)
            return (enum fault_kind)kind;
    return NO_FAULT;
}

/* ---- what it is told ---------------------------------------------------- */

static void add(void *ctx, char **list, size_t *count, const char *name,
                const char *value)
{
    if (value != NULL)
        list[(*count)++] = talloc_asprintf(ctx, "%s=%s", name, value);
}

static char **environment(void *ctx, const char *folder, const char *secret,
                          const struct explore_settings *settings)
{
    char **list = talloc_zero_array(ctx, char *, 24);
    size_t n = 0;

    add(ctx, list, &n, "PATH", "/usr/local/bin:/usr/bin:/bin");
    add(ctx, list, &n, "LC_ALL", "C");
    add(ctx, list, &n, "TMPDIR", folder);
    add(ctx, list, &n, "HOME", folder);
    add(ctx, list, &n, "INTERLEAVE_RECORD",
        talloc_asprintf(ctx, "%s/record", folder));
    add(ctx, list, &n, "INTERLEAVE_SECRET", secret);
    add(ctx, list, &n, "EXPLORE_TURNS",
        talloc_asprintf(ctx, "%s/turns", folder));
    add(ctx, list, &n, "EXPLORE_STRATEGY", settings->strategy);
    add(ctx, list, &n, "EXPLORE_SCHEDULES", settings->schedules);
    add(ctx, list, &n, "EXPLORE_SECONDS", settings->seconds);
    add(ctx, list, &n, "EXPLORE_STEPS", settings->steps);
    add(ctx, list, &n, "EXPLORE_SEED", settings->seed);
    add(ctx, list, &n, "EXPLORE_BOUND", settings->bound);
    add(ctx, list, &n, "EXPLORE_REDUCE", settings->reduce);
    add(ctx, list, &n, "EXPLORE_RACES", settings->races);
    add(ctx, list, &n, "EXPLORE_SCHEDULE", settings->schedule);
    add(ctx, list, &n, "EXPLORE_TRACE", settings->trace);
    add(ctx, list, &n, "CORES", settings->cores);
    add(ctx, list, &n, "VIRTUAL_SECONDS", settings->virtual_seconds);
    add(ctx, list, &n, "INTERLEAVE_SEED",
        talloc_asprintf(ctx, "%u", settings->input));
    if (settings->real_threads)
        add(ctx, list, &n, "EXPLORE_REAL_THREADS", "1");
    return list;
}

static char **command(void *ctx, const char *program,
                      const struct explore_settings *settings)
{
    size_t count = 0;
    char **argv;

    while (settings->arguments != NULL && settings->arguments[count] != NULL)
        count++;
    argv = talloc_zero_array(ctx, char *, (unsigned)count + 2);
    argv[0] = talloc_strdup(ctx, program);
    for (size_t i = 0; i < count; i++)
        argv[i + 1] = talloc_strdup(ctx, settings->arguments[i]);
    return argv;
}

/* ---- what it tells ------------------------------------------------------ */

static void read_bug(void *ctx, const char *line, struct explored *explored)
{
    char kind[32], turns[4096];
    int used = 0;

    if (sscanf(line, "%31s %u %d %" SCNx64 " %" SCNx64 " %4095[0-9x.] %n", kind,
               &explored->preemptions, &explored->thread, &explored->pc,
               &explored->address, turns, &used) != 6)
        return;
    explored->kind = fault_by_name(kind);
    explored->turns = talloc_strdup(ctx, turns);
    explored->text = talloc_strdup(ctx, line + used);
}

static void read_end(void *ctx, const char *line, struct explored *explored)
{
    int bound_whole, whole;
    char stopped[16];

    if (sscanf(line,
               "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %u %d %d %u %15s",
               &explored->schedules, &explored->searched, &explored->pruned,
               &explored->steps, &explored->level, &bound_whole, &whole,
               &explored->places, stopped) != 9)
        return;
    explored->told = true;
    explored->bound_whole = bound_whole;
    explored->whole = whole;
    if (strcmp(stopped, "-") != 0)
        explored->stopped = talloc_strdup(ctx, stopped);
}

static void read_lines(void *ctx, const char *secret, struct explored *explored)
{
    char *text = talloc_strdup(ctx, explored->box.record.data);
    char *rest = NULL;
    size_t length = strlen(secret);

    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, secret, length) != 0 || line[length] != ' ')
            continue;
        line += length + 1;
        if (strncmp(line, "bug ", 4) == 0)
            read_bug(ctx, line + 4, explored);
        else if (strncmp(line, "explored ", 9) == 0)
            read_end(ctx, line + 9, explored);
        else if (strncmp(line, "early ", 6) == 0)
            explored->early = true;
        else if (strncmp(line, "missing ", 8) == 0)
            explored->missing = talloc_strdup(ctx, line + 8);
    }
}

/* The turns of the schedule in which the process died. */
static const char *last_turns(void *ctx, const char *folder)
{
    struct turns *turns = talloc_zero(ctx, struct turns);
    FILE *file = fopen(talloc_asprintf(ctx, "%s/turns", folder), "re");
    char *text = NULL;
    uint64_t before = 0;

    if (file == NULL || fread(turns, sizeof *turns, 1, file) != 1)
        turns->count = 0;
    for (unsigned i = 0; i < turns->count && i < TURNS; i++) {
        text = talloc_asprintf_append(text ? text : talloc_strdup(ctx, ""),
                                      "%s%" PRIu64 "x%u", i > 0 ? "." : "",
                                      turns->list[i].step - before,
                                      turns->list[i].choice);
        before = turns->list[i].step;
    }
    if (file != NULL)
        fclose(file);
    return text != NULL ? text : "0x0";
}

static void read_death(void *ctx, const char *folder, struct explored *explored)
{
    switch (explored->box.end) {
    case BOX_SIGNALLED:
        explored->kind = FAULT_CRASH;
        explored->text = talloc_strdup(ctx, strsignal(explored->box.code));
        break;
    case BOX_CPU:
    case BOX_WALL:
        explored->kind = FAULT_LOOP;
        explored->text = "it used up its time";
        break;
    case BOX_MEMORY:
        explored->kind = FAULT_UNCONTROLLED;
        explored->text = "it used up its memory";
        break;
    case BOX_EXITED:
        explored->kind = FAULT_UNCONTROLLED;
        explored->text = "the process ended in a way that the explorer does "
                         "not know";
        break;
    default:
        explored->kind = FAULT_UNCONTROLLED;
        explored->text = "the process was stopped";
        break;
    }
    explored->turns = last_turns(ctx, folder);
}

/* Before main() the explorer cannot end a loop. Constructors run later
 * (harness/explorer/constructors.c), but .preinit_array is the program's. */
#define BEFORE_MAIN_SECONDS 5

/* The last number that the explorer has told, for who waits. */
static void show_progress(const struct box_sight *sight)
{
    const char *at = NULL;
    char text[256];
    unsigned long long schedules;

    snprintf(text, sizeof text, "%.*s", (int)sight->size,
             sight->data ? sight->data : "");
    at = strstr(text, " at ");
    if (at != NULL && sscanf(at, " at %llu", &schedules) == 1)
        fprintf(stderr, "\r%llu schedules ", schedules);
}

struct hearing {
    bool begun, shows;
};

static enum box_word hear(void *state, const struct box_sight *sight)
{
    struct hearing *hearing = state;

    hearing->begun |= sight->size > 0;
    if (hearing->shows)
        show_progress(sight);
    return !hearing->begun && sight->cpu_seconds > BEFORE_MAIN_SECONDS
               ? BOX_LOOPS
               : BOX_GO_ON;
}

static bool is_progress(const struct explore_settings *settings)
{
    return settings->shows_progress && isatty(STDERR_FILENO);
}

int explore_run(void *ctx, const char *work, const char *program,
                const struct explore_settings *settings,
                struct explored *explored)
{
    char *folder = talloc_asprintf(ctx, "%s/explore-XXXXXX", work);
    const char *secret = run_secret(ctx);
    struct hearing hearing = {.shows = is_progress(settings)};
    struct box_spec spec = {
        .argv = command(ctx, program, settings),
        .limits = {.cpu_seconds = 3600,
                   .wall_seconds = 7200,
                   .memory_bytes = 2048u * 1024 * 1024,
                   .output_bytes = 256 * 1024,
                   .file_bytes = 256u * 1024 * 1024,
                   .processes = 400},
    };

    memset(explored, 0, sizeof *explored);
    if (mkdtemp(folder) == NULL ||
        mkfifo(talloc_asprintf(ctx, "%s/record", folder), 0600) != 0) {
        explored->box.why = talloc_asprintf(ctx, "cannot prepare %s: %s",
                                            folder, strerror(errno));
        return -1;
    }
    spec.dir = folder;
    spec.envp = environment(ctx, folder, secret, settings);
    spec.record = talloc_asprintf(ctx, "%s/record", folder);
    explored->secret = secret;
    spec.watch = (struct box_watch){hear, &hearing};
    if (box_run(ctx, &spec, &explored->box) != 0)
        return -1;
    if (is_progress(settings))
        fputs("\r                         \r", stderr);
    read_lines(ctx, secret, explored);
    if (!explored->told && explored->box.end != BOX_INTERRUPTED)
        read_death(ctx, folder, explored);
    return 0;
}

/* ---- under a debugger --------------------------------------------------- */

/* Selects the innermost frame that is not the explorer's. */
#define TO_THE_PROGRAM                                                         \
    "python exec('f = gdb.newest_frame()\\n"                                   \
    "while f and (f.find_sal().symtab is None or "                             \
    "\"harness/explorer/\" in f.find_sal().symtab.filename): f = f.older()\\n" \
    "if f: f.select()')"

int explore_debug(void *ctx, const char *work, const char *program,
                  const struct explore_settings *settings, uint64_t stop,
                  const char **why)
{
    char **environment_of_it = environment(ctx, work, "-", settings);
    char **arguments = command(ctx, program, settings);
    const char *argv[64] = {"gdb",   "-q",
                            "-ex",   "set confirm off",
                            "-ex",   "set breakpoint pending on",
                            "-ex",   "break explorer_stop",
                            "-ex",   "run",
                            "-ex",   "echo \\nThe next step goes wrong:\\n",
                            "-ex",   TO_THE_PROGRAM,
                            "-ex",   "frame",
                            "--args"};
    size_t n = 0;
    int status = 0;
    pid_t child;

    while (argv[n] != NULL)
        n++;
    for (size_t i = 0; arguments[i] != NULL && n < 63; i++)
        argv[n++] = arguments[i];
    child = fork();
    if (child == 0) {
        for (size_t i = 0; environment_of_it[i] != NULL; i++)
            if (strncmp(environment_of_it[i], "EXPLORE_", 8) == 0)
                putenv(environment_of_it[i]);
        setenv("EXPLORE_REAL_THREADS", "1", 1);
        setenv("EXPLORE_STOP_AT", talloc_asprintf(ctx, "%" PRIu64, stop), 1);
        execvp("gdb", (char **)(uintptr_t)argv);
        _exit(127);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127))
        return 0;
    *why = "GDB=1 needs gdb: apt-get install gdb";
    return -1;
}
