/*
 * settings.c - what the grader asks for, in variables EXPLORE_* of the
 * environment. The same settings give the same run, in any process: chance
 * has its seed here, and addresses are not random.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include "explorer.h"
#include "init.h"
#include "strategy.h"
#include "trace.h"

struct settings settings = {.schedules = 10000,
                            .seed = 1,
                            .bound = 2,
                            .reduce = true,
                            .races = true,
                            .detect = true};

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *word = getenv(name);

    return word != NULL && *word != '\0' ? strtoull(word, NULL, 10) : otherwise;
}

static const struct strategy *strategy_named(const char *name)
{
    static const struct strategy *const all[] = {
        &strategy_search, &strategy_pct, &strategy_random, &strategy_replay};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (name != NULL && strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

void settings_read(void)
{
    const char *name = getenv("EXPLORE_STRATEGY");
    const char *token = getenv("EXPLORE_SCHEDULE");
    const char *path = getenv("EXPLORE_TRACE");

    settings.schedules = number_of("EXPLORE_SCHEDULES", settings.schedules);
    settings.steps = number_of("EXPLORE_STEPS", 0);
    settings.seconds = (double)number_of("EXPLORE_SECONDS", 0);
    settings.seed = number_of("EXPLORE_SEED", settings.seed);
    settings.bound = (int)number_of("EXPLORE_BOUND", (uint64_t)settings.bound);
    settings.stop_at = number_of("EXPLORE_STOP_AT", 0);
    settings.reduce = number_of("EXPLORE_REDUCE", 1) != 0;
    settings.races = number_of("EXPLORE_RACES", 1) != 0;
    strategy = &strategy_search;
    settings.chance = name == NULL || *name == '\0';
    if (name != NULL && strcmp(name, "dfs") == 0)
        settings.bound = -1;
    else if (strategy_named(name) != NULL)
        strategy = strategy_named(name);
    if (token != NULL && *token != '\0') {
        strategy = &strategy_replay;
        if (replay_read(token) != 0) {
            fprintf(stderr, "explorer: this is no schedule: %s\n", token);
            _exit(2);
        }
    }
    settings.trace = path != NULL && *path != '\0';
    if (settings.trace)
        trace_open(path);
}

/* The same addresses in every run: no randomisation. And real threads on one
 * processor: a hand-over between two is dear. */
void addresses_settle(char **argv)
{
    int now = personality(0xffffffff);
    int cpu = sched_getcpu();
    cpu_set_t first;

    if (now != -1 && !(now & ADDR_NO_RANDOMIZE) &&
        personality((unsigned long)now | ADDR_NO_RANDOMIZE) != -1)
        execv("/proc/self/exe", argv);
    if (cpu < 0 || getenv("EXPLORE_REAL_THREADS") == NULL)
        return;
    CPU_ZERO(&first);
    CPU_SET((size_t)cpu, &first);
    sched_setaffinity(0, sizeof first, &first);
}

/* The turns lie in a file, so that they outlive the process. */
void turns_init(void)
{
    const char *path = getenv("EXPLORE_TURNS");
    int fd;

    turns = own_memory(sizeof *turns);
    if (path == NULL || *path == '\0')
        return;
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, sizeof *turns) != 0)
        return;
    mmap(turns, sizeof *turns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
         fd, 0);
    close(fd);
}
