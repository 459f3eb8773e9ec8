/*
 * bench.c - what a verdict costs. Medians of 10, and of 3 for the same steps
 * done the plain way (bench_plain.c) in between, so that the ratio does not
 * depend on the machine. Prints a table and writes build/bench.json. It judges
 * nothing.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "bench_plain.h"
#include "box.h"
#include "drive.h"
#include "leash.h"

/* The plain way takes most of a minute. */
enum { TIMES = 10, PLAIN_TIMES = 3, SUBMISSIONS = 100 };

static json_t *report;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof values[0], by_size);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void note(const char *key, double value, const char *unit)
{
    printf("  %-44s %8.3f %s\n", key, value, unit);
    fflush(stdout);
    json_object_set_new(report, key,
                        json_pack("{s:f, s:s}", "value", value, "unit", unit));
}

/* What one whole check took, and how much memory all its processes had. */
struct cost {
    double seconds, first, cpu;
    size_t memory;
    double began;
};

static enum box_word look(void *state, const struct box_sight *sight)
{
    (void)state;
    (void)sight;
    return BOX_GO_ON;
}

/* `build/interleave VERB` in a box of its own, which counts everything. */
static struct cost run_verb(const char *verb, char **environment)
{
    void *ctx = talloc_new(NULL);
    char *program = realpath("build/interleave", NULL);
    char *here = getcwd(NULL, 0);
    char *argv[] = {program, (char *)verb, NULL};
    struct box_spec spec = {
        .argv = argv,
        .envp = environment,
        .dir = here,
        .limits = {.wall_seconds = 3600, .output_bytes = 1 << 20},
        .watch = {.look = look}};
    struct box_result result;
    struct cost cost = {0};

    box_run(ctx, &spec, &result);
    cost.seconds = result.wall_seconds;
    cost.cpu = result.cpu_seconds;
    cost.memory = result.peak_memory;
    talloc_free(ctx);
    free(program);
    free(here);
    return cost;
}

static struct cost check(const char *exercise, const char *source)
{
    char ex[32], src[256];
    char *environment[] = {ex,
                           src,
                           "PATH=/usr/local/bin:/usr/bin:/bin",
                           "RESULT=build/test/bench.json",
                           "LC_ALL=C",
                           NULL};

    snprintf(ex, sizeof ex, "EX=%s", exercise);
    snprintf(src, sizeof src, "SRC=%s", source);
    return run_verb("check", environment);
}

/* Seconds until the first lens is named on standard output. */
static double first_word(const char *exercise, const char *source)
{
    double began = drive_seconds(), first = 0;
    char buffer[4096];
    size_t seen = 0;
    int ends[2];
    ssize_t n;
    pid_t child;

    if (pipe(ends) != 0)
        return 0;
    child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        setenv("EX", exercise, 1);
        setenv("SRC", source, 1);
        setenv("RESULT", "build/test/bench.json", 1);
        execl("build/interleave", "interleave", "check", (char *)NULL);
        _exit(2);
    }
    close(ends[1]);
    while ((n = read(ends[0], buffer + seen, sizeof buffer - 1 - seen)) > 0) {
        seen += (size_t)n;
        buffer[seen] = '\0';
        if (first == 0 && strstr(buffer, "looked at: ") != NULL)
            first = drive_seconds() - began;
        if (seen > sizeof buffer / 2)
            seen = 0;
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
    return first;
}

static void bench_reference(const struct answer *answer, bool in_full)
{
    double seconds[TIMES], cpu[TIMES], plain[PLAIN_TIMES], first[TIMES];
    size_t memory = 0;
    char key[128];
    int times = in_full ? TIMES : 3;

    check(answer->exercise, answer->path); /* warm */
    for (int i = 0; i < times; i++) {
        struct cost cost = check(answer->exercise, answer->path);

        seconds[i] = cost.seconds;
        cpu[i] = cost.cpu;
        memory = cost.memory > memory ? cost.memory : memory;
        first[i] = first_word(answer->exercise, answer->path);
        if (in_full && i < PLAIN_TIMES)
            plain[i] = plain_way(answer->folder, answer->path);
    }
    snprintf(key, sizeof key, "%s verdict", answer->folder);
    note(key, median(seconds, (size_t)times), "s");
    snprintf(key, sizeof key, "%s verdict, processor time", answer->folder);
    note(key, median(cpu, (size_t)times), "s");
    snprintf(key, sizeof key, "%s first lens shown", answer->folder);
    note(key, median(first, (size_t)times), "s");
    snprintf(key, sizeof key, "%s peak memory", answer->folder);
    note(key, (double)memory / 1e6, "MB");
    if (!in_full)
        return;
    snprintf(key, sizeof key, "%s the plain way", answer->folder);
    note(key, median(plain, PLAIN_TIMES), "s");
    snprintf(key, sizeof key, "%s plain way / verdict", answer->folder);
    note(key, median(plain, PLAIN_TIMES) / median(seconds, TIMES), "times");
}

/* 100 answers, right and wrong, of one exercise, as a folder of students. */
static void bench_grade(const struct answers *answers, const char *exercise)
{
    char line[1024], *environment[8];
    struct cost cost;
    int n = 0;

    if (system("rm -rf build/test/bench-class build/test/bench-marks && "
               "mkdir -p build/test/bench-class") != 0)
        return;
    for (size_t i = 0; n < SUBMISSIONS; i = (i + 1) % answers->count) {
        if (strcmp(answers->items[i].exercise, exercise) != 0)
            continue;
        snprintf(line, sizeof line,
                 "cp '%s' build/test/bench-class/student-%03d.c",
                 answers->items[i].path, n++);
        if (system(line) != 0)
            return;
    }
    environment[0] = "DIR=build/test/bench-class";
    environment[1] = "OUT=build/test/bench-marks";
    environment[2] = "PATH=/usr/local/bin:/usr/bin:/bin";
    environment[3] = line;
    environment[4] = NULL;
    snprintf(line, sizeof line, "EX=%s", exercise);
    cost = run_verb("grade", environment);
    note("grade 100 answers of 01", cost.seconds, "s");
    note("grade 100 answers of 01, core seconds each", cost.cpu / SUBMISSIONS,
         "s");
    if (system("rm -rf build/test/bench-class build/test/bench-marks") != 0)
        return;
}

/* ---- the explorer -------------------------------------------------------- */

/* Lines "KEY VALUE UNIT" of harness/explorer/rate.c. */
static void bench_rate(void)
{
    FILE *from = popen("build/test/rate 2", "r");
    char line[256];

    while (from != NULL && fgets(line, sizeof line, from) != NULL) {
        char *unit = strrchr(line, ' '), *value;

        if (unit == NULL)
            continue;
        *unit++ = '\0';
        unit[strcspn(unit, "\n")] = '\0';
        value = strrchr(line, ' ');
        if (value == NULL)
            continue;
        *value++ = '\0';
        note(line, atof(value), unit);
    }
    if (from != NULL)
        pclose(from);
}

/* "" is the default: of the strategy, and of the limit. */
static json_t *explore(const char *program, const char *strategy, bool reduce,
                       const char *limit)
{
    char source[256], way[64], schedules[64];
    char *environment[] = {source,
                           way,
                           reduce ? "REDUCE=yes" : "REDUCE=no",
                           schedules,
                           "CFLAGS=-UNDEBUG",
                           "RESULT=build/test/bench.json",
                           "PATH=/usr/local/bin:/usr/bin:/bin",
                           NULL};

    snprintf(source, sizeof source, "SRC=harness/test/%s.c", program);
    snprintf(way, sizeof way, "STRATEGY=%s", strategy);
    snprintf(schedules, sizeof schedules, "SCHEDULES=%s", limit);
    run_verb("explore", environment);
    return json_load_file("build/test/bench.json", 0, NULL);
}

static double figure(json_t *json, const char *key)
{
    return json_number_value(json_object_get(json, key));
}

/*
 * The ten of harness/test that take the most schedules, within the limit that
 * everyone has: half of it is the whole search's, and what that does not reach
 * is PCT's.
 */
static void bench_first_bug(void)
{
    static const char *const hardest[] = {"reorder_ten",
                                          "reorder_five",
                                          "filter_lock_one_level",
                                          "condition_two_mutexes",
                                          "lightswitch_unguarded",
                                          "reorder_three",
                                          "hyman_mutual_exclusion",
                                          "deque_last_element",
                                          "bakery_no_choosing",
                                          "peterson_turn_first"};
    char key[128];

    for (size_t i = 0; i < sizeof hardest / sizeof hardest[0]; i++) {
        json_t *json = explore(hardest[i], "", true, "");

        snprintf(key, sizeof key, "%s, first bug", hardest[i]);
        note(key, figure(json, "schedules"), "schedules");
        note(key, 1000 * figure(json, "search_seconds"), "ms");
        json_decref(json);
    }
}

/* Whole spaces of programs without a bug that is found: with reduction and
 * without. */
static void bench_spaces(void)
{
    static const char *const spaces[] = {"trylock_back_off", "flags_back_off"};
    char key[128];

    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        json_t *with = explore(spaces[i], "search", true, "2000000");
        json_t *without = explore(spaces[i], "search", false, "2000000");

        snprintf(key, sizeof key, "%s, two preemptions, reduced", spaces[i]);
        note(key, figure(with, "schedules"), "schedules");
        snprintf(key, sizeof key, "%s, two preemptions, all", spaces[i]);
        note(key, figure(without, "schedules"), "schedules");
        json_decref(with);
        json_decref(without);
    }
}

int main(int argc, char **argv)
{
    struct answers answers;

    if (argc == 2 && strcmp(argv[1], "builds") == 0)
        return plain_builds("04-thread-pool",
                            "solutions/04-thread-pool/reference.c");
    answers = answers_load(drive_exercise());
    mkdir("build/test", 0777);
    leash_keeper(realpath("build/keeper", NULL));
    report = json_object();
    printf("medians; %ld cores\n", sysconf(_SC_NPROCESSORS_ONLN));
    for (size_t i = 0; i < answers.count; i++)
        if (strcmp(answers.items[i].name, "reference.c") == 0)
            bench_reference(&answers.items[i],
                            strcmp(answers.items[i].exercise, "04") == 0);
    bench_grade(&answers, "01");
    bench_rate();
    bench_first_bug();
    bench_spaces();
    if (json_dump_file(report, "build/bench.json", JSON_INDENT(2)) != 0)
        fprintf(stderr, "bench: cannot write build/bench.json\n");
    json_decref(report);
    answers_free(&answers);
    return 0;
}
