/*
 * explore_job.h - one program on its way through the verb `explore`: explore.c
 * fills it in, explore_report.c tells what came of it.
 */
#ifndef EXPLORE_JOB_H
#define EXPLORE_JOB_H

#include <jansson.h>

#include "explore_build.h"
#include "explored.h"
#include "options.h"
#include "timeline.h"

struct explore_job {
    void *ctx;
    const struct options *options;
    struct explore_program program;
    struct explore_settings settings;
    const char *path; /* of what was built */
    const char *token;
    bool replays;
    struct explored found;     /* by the search */
    struct timeline *timeline; /* of the run that confirmed it */
    const char *verdict;       /* "bug", "exhausted", "none-found", ... */
    const char *message;       /* for "uncontrolled" and "error" */
    double began, search_began, search_seconds;
};

/* ---- explore.c ---------------------------------------------------------- */

/* A source_line of the program; `state` is the job. */
const char *explore_line(void *state, const struct place *place);

/* ---- explore_report.c --------------------------------------------------- */

/* On stdout: whether there is a bug, how it came to it, how to see it again. */
void explore_tell(struct explore_job *job);

/* The result as data, a new reference. The job must have its verdict. */
json_t *explore_result(const struct explore_job *job);

#endif
