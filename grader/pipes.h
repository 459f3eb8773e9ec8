/*
 * pipes.h - who has the other end of a pipe: for the story of a hang.
 */
#ifndef PIPES_H
#define PIPES_H

#include <stdbool.h>

#include "../harness/board.h"

/*
 * What descriptor `fd` of process `pid` is, and in which processes of the
 * board its other end is open: "a pipe; its writing end is open in child 2
 * (descriptor 7)". Never NULL; belongs to ctx. proc(5): fd, fdinfo.
 */
const char *pipes_describe(void *ctx, const struct board *board, int pid,
                           int fd, bool reads);

/* true when a timer of timerfd_create(2) runs in that process */
bool pipes_timer_runs(int pid);

#endif
