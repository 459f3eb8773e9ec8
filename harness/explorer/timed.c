/*
 * timed.c - the workload of an exercise in virtual time: `timed 2` runs the
 * kit's sequential version on one core, the student's on one core with one
 * thread, and the student's on two with two; with more numbers the last again
 * for each; then the cases of the workload, if it has any, with as many as the
 * first number says. Every run begins with the program's memory as it was at
 * first, so nothing that an earlier one has left there helps a later one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "cost.h"
#include "curve.h"
#include "explore.h"
#include "interleave.h"
#include "tell.h"

static int threads;
static uint64_t (*of_case)(int threads);

static uint64_t sequential(void)
{
    workload_prepare(seed());
    curve_begin();
    return workload_sequential();
}

static uint64_t student(void)
{
    workload_prepare(seed());
    curve_begin();
    return workload_student(threads);
}

static uint64_t one_case(void)
{
    workload_prepare(seed());
    curve_begin();
    return of_case(threads);
}

static void run_cases(void)
{
    for (int i = 0; workload_cases && workload_cases[i].name != NULL; i++) {
        of_case = workload_cases[i].run;
        curve_case(workload_cases[i].name, threads, one_case);
    }
}

int main(int argc, char **argv)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool goes_on;

    explorer_init(argv);
    clock_most = COST_MOST_WORKLOAD;
    cores_told = 1; /* how many threads there are to be is the test's word */
    dup2(nowhere, 0);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    threads = 1;
    goes_on =
        curve_run("sequential", 1, sequential) && curve_run("one", 1, student);
    for (int i = 1; i < argc && goes_on; i++) {
        threads = atoi(argv[i]);
        if (threads < 1 || threads > 64)
            return 2;
        goes_on = curve_run("many", threads, student);
    }
    if (goes_on && argc > 1) {
        threads = atoi(argv[1]);
        run_cases();
    }
    tell("value speed/virtual done 1");
    _exit(0);
}
