/*
 * wire.h - is anything on its way to or from the origin server?
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>

/*
 * true when all that was sent over connections of this port on the loopback
 * interface has come, and nobody is about to connect or to close. What has
 * come and is not yet acknowledged counts as on its way, so this may say
 * "no" for some milliseconds too long, and never "yes" too early. `pid`: a
 * process in that network.
 */
bool wire_is_quiet(int pid, int port);

/* The same by the table of proc(5), net/tcp: for a kernel without
 * sock_diag(7), and for another network than ours. */
bool wire_table_is_quiet(int pid, int port);

#endif
