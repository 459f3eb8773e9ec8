/*
 * explore.h - any program, for the verbs `explore` and `replay`.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include "options.h"

/* Explores SRC, or replays the schedule SCHEDULE of it; tells what came of
 * it. Returns the exit status. */
int explore_program(const struct options *options, bool replays);

#endif
