/*
 * speedup.c - a whole program in virtual time: its main() (which objcopy has
 * named explored_main) runs once for each number of cores in CORES, "1 2 4",
 * and each time for VIRTUAL_SECONDS at the most, of all threads together. The
 * first run that does not come to its end is the last.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "calls.h"
#include "clock.h"
#include "curve.h"
#include "explore.h"
#include "tell.h"

int explored_main(int argc, char **argv, char **environment);

static int argument_count;
static char **arguments;

static uint64_t run_main(void)
{
    extern char **environ;

    curve_begin();
    return (uint64_t)explored_main(argument_count, arguments, environ);
}

static void read_limit(void)
{
    const char *seconds = getenv("VIRTUAL_SECONDS");

    if (seconds != NULL && atof(seconds) > 0)
        clock_most = (uint64_t)(atof(seconds) * 1e12);
}

int main(int argc, char **argv)
{
    const char *cores = getenv("CORES");
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    char *end;

    explorer_init(argv);
    read_limit();
    argument_count = argc;
    arguments = argv;
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    for (const char *at = cores != NULL ? cores : "1 2"; *at != '\0';
         at = end) {
        int count = (int)strtol(at, &end, 10);

        if (end == at || count < 1 || count > 64)
            break;
        cores_told = count;
        if (!curve_run("main", count, run_main))
            break;
    }
    tell("value speed/virtual done 1");
    _exit(0);
}
