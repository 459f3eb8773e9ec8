/*
 * keeper.h - what the grader and the keeper, a program of its own, say to
 * each other.
 *
 * The grader starts
 *
 *     keeper DIR FILE-BYTES CPU-SECONDS PROCESSES PROGRAM ARGUMENT...
 *
 * (0: not limited) with the program's whole environment, stdout and stderr,
 * and on descriptor KEEPER_SOCKET one end of a SOCK_SEQPACKET pair. This
 * socket is the lifeline as well: when the grader shuts its end down, or dies
 * in any way, the keeper kills everything. In the other direction come
 * messages of one kind, struct keeper_word.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define KEEPER_SOCKET 3

/*
 * In order: STARTED, and then FAILED or not, come from the program's process
 * itself just before it becomes the program; ENDED from the keeper when all
 * is dead and reaped. No ENDED before the end of the socket means that the
 * keeper was killed.
 */
enum keeper_kind {
    KEEPER_STARTED, /* program */
    KEEPER_FAILED,  /* step, error */
    KEEPER_ENDED    /* status, crowded, left, cpu_seconds, peak_memory */
};

enum keeper_step { KEEPER_FORK, KEEPER_LIMIT, KEEPER_CHDIR, KEEPER_EXEC };

struct keeper_word {
    enum keeper_kind kind;
    pid_t program;
    enum keeper_step step;
    int error; /* errno */
    int status;
    bool crowded; /* stopped, for there were more than PROCESSES */
    unsigned left;
    double cpu_seconds;
    size_t peak_memory; /* of the largest single process, bytes */
};

#endif
