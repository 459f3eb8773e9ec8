/*
 * program.c - a whole program is explored: its main() (which objcopy has
 * named explored_main) runs once in each schedule.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "calls.h"
#include "explore.h"
#include "places.h"
#include "tell.h"

int explored_main(int argc, char **argv, char **environment);

static int argument_count;
static char **arguments;

static void *body(void *unused)
{
    extern char **environ;

    (void)unused;
    main_returned(explored_main(argument_count, arguments, environ));
}

static void tell_bug(void)
{
    char token[2048];

    tell_token(token, sizeof token);
    tell("bug %s %u %d 0x%llx 0x%llx %s %s", fault_name(world->fault),
         world->cost, world->fault_thread, (unsigned long long)world->fault_pc,
         (unsigned long long)world->fault_address, token, world->fault_text);
}

static bool found;

static bool ended(void *state)
{
    static bool told;

    (void)state;
    if (world->exited && world->alive > 1 && !told) {
        told = true;
        tell("early %u", world->cost);
    }
    found = world->fault != NO_FAULT;
    return found;
}

int main(int argc, char **argv)
{
    const struct exploration program = {.body = body, .ended = ended};
    const struct progress *progress = explore_progress();
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    explorer_init(argv);
    argument_count = argc;
    arguments = argv;
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    explore(&program);
    if (found)
        tell_bug();
    tell("explored %llu %llu %llu %llu %u %d %d %u %s",
         (unsigned long long)progress->schedules,
         (unsigned long long)progress->searched,
         (unsigned long long)progress->pruned,
         (unsigned long long)progress->steps, progress->level,
         progress->bound_whole, progress->whole, places_count(),
         progress->stopped ? progress->stopped : "-");
    _exit(0);
}
