/*
 * calls_io.c - the wrapped calls that wait for another process or for data.
 * See calls.c.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "inside.h"

/* A call that may block on descriptor `Fd`. The detectors see the real one. */
#define WAITING(Type, Name, Parameters, Arguments, Kind, Object, Timed)        \
    Type il_##Name Parameters;                                                 \
    QUIET Type il_##Name Parameters                                            \
    {                                                                          \
        Type result;                                                           \
        ENTER;                                                                 \
                                                                               \
        wait_begin(row, Kind, (uint64_t)(int64_t)(Object), Timed, &at);        \
        result = Name Arguments;                                               \
        wait_end(row);                                                         \
        return result;                                                         \
    }

#define READING(Name, Parameters, Arguments)                                   \
    WAITING(ssize_t, Name, Parameters, Arguments, WAIT_READ, fd, false)
#define WRITING(Name, Parameters, Arguments)                                   \
    WAITING(ssize_t, Name, Parameters, Arguments, WAIT_WRITE, fd, false)
#define POLLING(Name, Parameters, Arguments, Timed)                            \
    WAITING(int, Name, Parameters, Arguments, WAIT_POLL, -1, Timed)

READING(read, (int fd, void *data, size_t size), (fd, data, size))
READING(recv, (int fd, void *data, size_t size, int flags),
        (fd, data, size, flags))
READING(recvmsg, (int fd, struct msghdr *message, int flags),
        (fd, message, flags))
WRITING(write, (int fd, const void *data, size_t size), (fd, data, size))
WRITING(send, (int fd, const void *data, size_t size, int flags),
        (fd, data, size, flags))
WRITING(sendmsg, (int fd, const struct msghdr *message, int flags),
        (fd, message, flags))
WAITING(int, accept, (int fd, struct sockaddr *address, socklen_t *size),
        (fd, address, size), WAIT_READ, fd, false)
WAITING(int, accept4,
        (int fd, struct sockaddr *address, socklen_t *size, int flags),
        (fd, address, size, flags), WAIT_READ, fd, false)

POLLING(poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout),
        poll_ends_soon(timeout))
POLLING(ppoll,
        (struct pollfd * fds, nfds_t n, const struct timespec *timeout,
         const sigset_t *mask),
        (fds, n, timeout, mask),
        timeout != NULL && time_ends_soon(timeout->tv_sec))
POLLING(select,
        (int n, fd_set *in, fd_set *out, fd_set *odd, struct timeval *timeout),
        (n, in, out, odd, timeout),
        timeout != NULL && time_ends_soon(timeout->tv_sec))
POLLING(epoll_wait,
        (int epoll, struct epoll_event *events, int most, int timeout),
        (epoll, events, most, timeout), poll_ends_soon(timeout))
POLLING(epoll_pwait,
        (int epoll, struct epoll_event *events, int most, int timeout,
         const sigset_t *mask),
        (epoll, events, most, timeout, mask), poll_ends_soon(timeout))

WAITING(pid_t, waitpid, (pid_t child, int *status, int options),
        (child, status, options), WAIT_CHILD, child > 0 ? child : 0, false)
WAITING(pid_t, wait, (int *status), (status), WAIT_CHILD, 0, false)

pid_t il_fork(void);
QUIET pid_t il_fork(void)
{
    pid_t child;

    row_for_child();
    child = fork();
    if (child != 0)
        row_of_child(child);
    return child;
}
