/*
 * faults_calls.c - the calls of the student's code that can fail, and how.
 * objcopy renames them in her object only (faults.syms). What has to do with
 * memory is in faults_memory.c.
 *
 * A call fails only as it really can. pthread_mutex_init() and its like never
 * fail in the GNU C library, so they do not fail here; a pipe moves up to
 * PIPE_BUF bytes whole, an eventfd is never broken; and without a handler no
 * signal interrupts a call, nor does a pipe break that one process keeps for
 * itself: these two the test must allow (faults_allow).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "faults.h"

/* ---- calls that return an error number -------------------------------------
 */

#define RETURNS_ERROR(Name, Parameters, Arguments, Real, Error)                \
    int fault_##Name Parameters;                                               \
    int fault_##Name Parameters                                                \
    {                                                                          \
        FAULT(#Name, CAN(ACTION_FAIL), #Error);                                \
                                                                               \
        return action == ACTION_FAIL ? Error : Real Arguments;                 \
    }

int il_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                      void *(*start)(void *), void *argument);

RETURNS_ERROR(pthread_create,
              (pthread_t * thread, const pthread_attr_t *attributes,
               void *(*start)(void *), void *argument),
              (thread, attributes, start, argument), il_pthread_create, EAGAIN)
RETURNS_ERROR(pthread_key_create,
              (pthread_key_t * key, void (*destroy)(void *)), (key, destroy),
              pthread_key_create, EAGAIN)
RETURNS_ERROR(posix_memalign, (void **block, size_t alignment, size_t size),
              (block, alignment, size), posix_memalign, ENOMEM)

/* ---- calls that set errno --------------------------------------------------
 */

#define SETS_ERRNO_BY(Type, Name, Parameters, Arguments, Call, Error, Says)    \
    Type fault_##Name Parameters;                                              \
    Type fault_##Name Parameters                                               \
    {                                                                          \
        FAULT(#Name, CAN(ACTION_FAIL), Says);                                  \
                                                                               \
        if (action != ACTION_FAIL)                                             \
            return Call Arguments;                                             \
        errno = Error;                                                         \
        return -1;                                                             \
    }
#define SETS_ERRNO(Type, Name, Parameters, Arguments, Error)                   \
    SETS_ERRNO_BY(Type, Name, Parameters, Arguments, Name, Error, #Error)

pid_t il_fork(void);
SETS_ERRNO_BY(pid_t, fork, (void), (), il_fork, EAGAIN, "EAGAIN")
SETS_ERRNO(int, pipe, (int fds[2]), (fds), EMFILE)
SETS_ERRNO(int, pipe2, (int fds[2], int flags), (fds, flags), EMFILE)
SETS_ERRNO(int, socketpair, (int domain, int type, int protocol, int fds[2]),
           (domain, type, protocol, fds), EMFILE)
SETS_ERRNO(int, socket, (int domain, int type, int protocol),
           (domain, type, protocol), EMFILE)
SETS_ERRNO(int, dup, (int fd), (fd), EMFILE)
SETS_ERRNO(int, eventfd, (unsigned value, int flags), (value, flags), EMFILE)
SETS_ERRNO(int, timerfd_create, (int clock, int flags), (clock, flags), EMFILE)
SETS_ERRNO(int, epoll_create1, (int flags), (flags), EMFILE)
SETS_ERRNO(int, epoll_create, (int size), (size), EMFILE)

/* Taking a descriptor out cannot fail, when it is in. */
int fault_epoll_ctl(int epoll, int operation, int fd,
                    struct epoll_event *event);
int fault_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    FAULT("epoll_ctl", operation == EPOLL_CTL_ADD ? CAN(ACTION_FAIL) : 0,
          "ENOSPC");

    if (action != ACTION_FAIL)
        return epoll_ctl(epoll, operation, fd, event);
    errno = ENOSPC;
    return -1;
}

/* ---- data ------------------------------------------------------------------
 */

static bool may_wait(int fd)
{
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

/* A socket whose messages go whole or not at all. */
static bool keeps_borders(int fd)
{
    int type = SOCK_STREAM;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type != SOCK_STREAM;
}

/*
 * An eventfd and its like have no short reads and no errors of their own. Only
 * a call that may wait can be interrupted: signal(7). One that may not can find
 * its descriptor not ready, whatever was reported before (select(2), BUGS); but
 * for what is written in one piece there is room, or the call says so by
 * itself: pipe(7). `flags` are those of send().
 */
static unsigned can_on(int fd, size_t size, int flags, bool writes)
{
    bool waits = may_wait(fd) && !(flags & MSG_DONTWAIT);
    unsigned can = CAN(ACTION_BREAK);
    struct stat status;

    if (fstat(fd, &status) != 0 ||
        !(S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)))
        return 0;
    if (waits)
        can |= CAN(ACTION_EINTR);
    else if (!writes || size > PIPE_BUF)
        can |= CAN(ACTION_EAGAIN);
    if (keeps_borders(fd))
        return can;
    if (size > PIPE_BUF)
        can |= CAN(ACTION_SHORT);
    if (writes && !(S_ISFIFO(status.st_mode) && size <= PIPE_BUF))
        can |= CAN(ACTION_KILL_MID);
    return can;
}

/* The size that is left of it, or -1 with errno. */
static ssize_t changed(enum fault_action action, size_t size, int error)
{
    if (action == ACTION_SHORT)
        return size > 0 ? 1 : 0;
    if (action == ACTION_KILL_MID)
        return (ssize_t)(size / 2);
    if (action == ACTION_NONE)
        return (ssize_t)size;
    errno = action == ACTION_EINTR    ? EINTR
            : action == ACTION_EAGAIN ? EAGAIN
                                      : error;
    return -1;
}

#define MOVES_DATA(Name, Parameters, Arguments, Flags, Writes, Error)          \
    ssize_t il_##Name Parameters;                                              \
    ssize_t fault_##Name Parameters;                                           \
    ssize_t fault_##Name Parameters                                            \
    {                                                                          \
        ssize_t left, done;                                                    \
        FAULT(#Name, can_on(fd, size, Flags, Writes), #Error);                 \
                                                                               \
        left = changed(action, size, Error);                                   \
        if (left < 0)                                                          \
            return -1;                                                         \
        size = (size_t)left;                                                   \
        done = il_##Name Arguments;                                            \
        if (action == ACTION_KILL_MID)                                         \
            raise(SIGKILL);                                                    \
        return done;                                                           \
    }

MOVES_DATA(read, (int fd, void *data, size_t size), (fd, data, size), 0, false,
           EIO)
MOVES_DATA(write, (int fd, const void *data, size_t size), (fd, data, size), 0,
           true, EPIPE)
MOVES_DATA(recv, (int fd, void *data, size_t size, int flags),
           (fd, data, size, flags), flags, false, ECONNRESET)
MOVES_DATA(send, (int fd, const void *data, size_t size, int flags),
           (fd, data, size, flags), flags, true, EPIPE)

/* ---- waiting ---------------------------------------------------------------
 *
 * Interrupted is only what may wait (waitpid(2): EINTR without WNOHANG).
 */

#define INTERRUPTED(Type, Name, Parameters, Arguments, Waits)                  \
    Type il_##Name Parameters;                                                 \
    Type fault_##Name Parameters;                                              \
    Type fault_##Name Parameters                                               \
    {                                                                          \
        FAULT(#Name, (Waits) ? CAN(ACTION_EINTR) : 0, "EINTR");                \
                                                                               \
        if (action != ACTION_EINTR)                                            \
            return il_##Name Arguments;                                        \
        errno = EINTR;                                                         \
        return -1;                                                             \
    }

INTERRUPTED(int, poll, (struct pollfd * fds, nfds_t n, int timeout),
            (fds, n, timeout), timeout != 0)
INTERRUPTED(int, epoll_wait,
            (int epoll, struct epoll_event *events, int most, int timeout),
            (epoll, events, most, timeout), timeout != 0)
INTERRUPTED(pid_t, waitpid, (pid_t child, int *status, int options),
            (child, status, options), (options & WNOHANG) == 0)
INTERRUPTED(pid_t, wait, (int *status), (status), true)
INTERRUPTED(int, accept, (int fd, struct sockaddr *address, socklen_t *size),
            (fd, address, size), may_wait(fd))
INTERRUPTED(int, accept4,
            (int fd, struct sockaddr *address, socklen_t *size, int flags),
            (fd, address, size, flags), may_wait(fd))

/* POSIX: "Spurious wakeups from pthread_cond_wait() may occur." */
int il_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int il_pthread_mutex_lock(pthread_mutex_t *mutex);
int il_pthread_mutex_unlock(pthread_mutex_t *mutex);
int fault_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int fault_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    FAULT("pthread_cond_wait", CAN(ACTION_WAKE), "");

    if (action != ACTION_WAKE)
        return il_pthread_cond_wait(condition, mutex);
    il_pthread_mutex_unlock(mutex);
    sched_yield();
    return il_pthread_mutex_lock(mutex);
}

/* ---- libcurl --------------------------------------------------------------
 *
 * Weak, as most exercises are not linked with it; see calls_curl.c.
 */

__attribute__((weak)) void *curl_easy_init(void);
__attribute__((weak)) void *curl_multi_init(void);
__attribute__((weak)) int curl_multi_add_handle(void *multi, void *easy);

#define NO_MEMORY 3 /* CURLM_OUT_OF_MEMORY */

void *fault_curl_easy_init(void);
void *fault_curl_easy_init(void)
{
    FAULT("curl_easy_init", CAN(ACTION_FAIL), "NULL");

    return action == ACTION_FAIL ? NULL : curl_easy_init();
}

void *fault_curl_multi_init(void);
void *fault_curl_multi_init(void)
{
    FAULT("curl_multi_init", CAN(ACTION_FAIL), "NULL");

    return action == ACTION_FAIL ? NULL : curl_multi_init();
}

int fault_curl_multi_add_handle(void *multi, void *easy);
int fault_curl_multi_add_handle(void *multi, void *easy)
{
    FAULT("curl_multi_add_handle", CAN(ACTION_FAIL), "OUT_OF_MEMORY");

    return action == ACTION_FAIL ? NO_MEMORY
                                 : curl_multi_add_handle(multi, easy);
}
