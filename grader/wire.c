/*
 * wire.c - see wire.h.
 *
 * Both sides of each connection are on this machine, so both are among the
 * kernel's sockets: what one side has sent and the other has not acknowledged
 * is in the sender's queue. A busy machine delivers late (the kernel's own
 * thread for it waits for a turn), and then it is there for so long.
 *
 * The kernel is asked by netlink, sock_diag(7), which answers in a twentieth
 * of the time that its table in /proc takes: five milliseconds on a large
 * machine, and many times as much on a busy one. Between two looks that are to
 * be alike (stillness.c) nobody may wake up, so they must lie close together.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The states of include/net/tcp_states.h in which something is still due, and
 * two in which nothing is. */
enum {
    SYN_SENT = 2,
    SYN_RECV = 3,
    FIN_WAIT1 = 4,
    TIME_WAIT = 6,
    LAST_ACK = 9,
    LISTEN = 10,
    CLOSING = 11
};

static bool is_under_way(unsigned state, unsigned long unacknowledged)
{
    /* a listening socket's queue is the length of its backlog */
    return state == SYN_SENT || state == SYN_RECV || state == FIN_WAIT1 ||
           state == LAST_ACK || state == CLOSING ||
           (unacknowledged > 0 && state != LISTEN);
}

bool wire_table_is_quiet(int pid, int port)
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

        if (sscanf(line, " %*d: %*8x:%4x %*8x:%4x %2x %lx:", &here, &there,
                   &state, &sent) == 4 &&
            ((int)here == port || (int)there == port))
            quiet = !is_under_way(state, sent);
    }
    fclose(file);
    return quiet;
}

/* ---- sock_diag(7) -------------------------------------------------------- */

enum answer { QUIET, BUSY, UNKNOWN };

/* Asks for all of them but those that only wait for their name to be free. */
static bool ask(int fd)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } message = {
        .header = {.nlmsg_len = sizeof message,
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = AF_INET,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_states = ~(1U << TIME_WAIT)},
    };

    return send(fd, &message, sizeof message, 0) == (ssize_t)sizeof message;
}

/* One socket. */
static bool is_quiet(const struct nlmsghdr *header, int port)
{
    const struct inet_diag_msg *socket = NLMSG_DATA(header);

    return (ntohs(socket->id.idiag_sport) != port &&
            ntohs(socket->id.idiag_dport) != port) ||
           !is_under_way(socket->idiag_state, socket->idiag_wqueue);
}

static enum answer read_answers(int fd, int port)
{
    _Alignas(struct nlmsghdr) char buffer[32768];
    enum answer answer = QUIET;

    for (;;) {
        ssize_t n = recv(fd, buffer, sizeof buffer, MSG_TRUNC);
        const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;

        if (n <= 0 || n > (ssize_t)sizeof buffer)
            return UNKNOWN;
        for (; NLMSG_OK(header, n); header = NLMSG_NEXT(header, n)) {
            if (header->nlmsg_type == NLMSG_DONE)
                return answer;
            if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
                return UNKNOWN;
            if (!is_quiet(header, port))
                answer = BUSY;
        }
    }
}

/* It answers for the network that the asker is in. */
static bool same_network(int pid)
{
    struct stat ours, theirs;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
    return stat(path, &theirs) == 0 && stat("/proc/self/ns/net", &ours) == 0 &&
           ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

bool wire_is_quiet(int pid, int port)
{
    enum answer answer = UNKNOWN;
    int fd = -1;

    if (same_network(pid))
        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd >= 0) {
        if (ask(fd))
            answer = read_answers(fd, port);
        close(fd);
    }
    return answer == UNKNOWN ? wire_table_is_quiet(pid, port) : answer == QUIET;
}
