/*
 * wire.c - see wire.h.
 *
 * Both sides of each connection are on this machine, so both are in the
 * table: what one side has sent and the other has not acknowledged is in the
 * sender's tx_queue. A busy machine delivers late (the kernel's own thread for
 * it waits for a turn), and then it is there for so long.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <stdio.h>

/* The states of include/net/tcp_states.h in which something is still due. */
enum { SYN_SENT = 2, SYN_RECV = 3, FIN_WAIT1 = 4, LAST_ACK = 9, CLOSING = 11 };

static bool is_under_way(unsigned state, unsigned long unacknowledged)
{
    return state == SYN_SENT || state == SYN_RECV || state == FIN_WAIT1 ||
           state == LAST_ACK || state == CLOSING || unacknowledged > 0;
}

bool wire_is_quiet(int pid, int port)
{
    char path[64], line[512];
    bool quiet = true;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/net/tcp", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (quiet && fgets(line, sizeof line, file) != NULL) {
        unsigned here, there, state;
        unsigned long sent;

        /* a listening socket's tx_queue is the length of its backlog */
        if (sscanf(line, " %*d: %*8x:%4x %*8x:%4x %2x %lx:", &here, &there,
                   &state, &sent) == 4 &&
            ((int)here == port || (int)there == port) && state != 10)
            quiet = !is_under_way(state, sent);
    }
    fclose(file);
    return quiet;
}
