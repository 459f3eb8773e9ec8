/*
 * calls_files.c - pipes, socket pairs, eventfds, epoll: the real ones, made
 * non-blocking. A thread that would block in the kernel is not ready until
 * poll() says that it would not. All of them count as one object: what is
 * written to one descriptor may be waited for through another.
 *
 * What a schedule has opened is closed when it ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "calls.h"
#include "files.h"
#include "tell.h"
#include "timers.h"

enum { FILES = 1024 };

/* Made by this schedule; `waits`: the program wants it to block. */
static struct {
    bool ours, waits;
} files[FILES];
static int highest = -1;

static struct object *all_files(void)
{
    return object_at(files, OBJECT_FILES);
}

static bool is_file(int fd)
{
    return fd >= 0 && fd < FILES && files[fd].ours;
}

int files_note(int fd, bool waits)
{
    if (fd < 0)
        return fd;
    if (fd >= FILES)
        fail(FAULT_UNCONTROLLED, 0, 0, "more than %d descriptors", FILES);
    files[fd].ours = true;
    files[fd].waits = waits;
    if (fd > highest)
        highest = fd;
    return fd;
}

void files_end(void)
{
    for (; highest >= 0; highest--)
        if (files[highest].ours) {
            files[highest].ours = false;
            close(highest);
        }
}

/* What poll() says of one descriptor, now. */
static bool polled(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};

    return poll(&one, 1, 0) != 0;
}

static bool may_read(struct thread *thread)
{
    return polled((int)thread->address, POLLIN);
}

static bool may_write(struct thread *thread)
{
    return polled((int)thread->address, POLLOUT);
}

/*
 * Waits until `ready`, or for so many milliseconds (-1: for ever). A timer
 * that comes due meanwhile ends the wait too, if it makes `ready` true.
 */
static void wait_files(enum op op, uint64_t what, uint64_t wanted,
                       bool (*ready)(struct thread *), int milliseconds,
                       uint64_t pc)
{
    uint64_t end = milliseconds < 0
                       ? UINT64_MAX
                       : world->now + (uint64_t)milliseconds * 1000000;
    uint64_t until;

    do {
        timers_ring();
        until = timers_next() < end ? timers_next() : end;
        world->self->wanted = wanted;
        announce_file_wait(op, what, all_files(),
                           milliseconds == 0 ? NULL : ready,
                           until != UINT64_MAX, until, pc);
        timers_ring();
    } while (world->self->timed_out && world->now < end && !ready(world->self));
}

static void begin(int fd, bool reads, uint64_t pc)
{
    bool waits = is_file(fd) && files[fd].waits;

    wait_files(reads ? OP_FILE_READ : OP_FILE_WRITE, (uint64_t)fd, 0,
               reads ? may_read : may_write, waits ? -1 : 0, pc);
}

void files_step(int fd, uint64_t pc)
{
    announce_file(fd, all_files(), NULL, pc);
}

/* Everything that goes through the kernel is ordered by it. */
void files_done(bool changes)
{
    struct object *object = all_files();

    acquire(object);
    release(object);
    depend(object, OP_FILE, true);
    if (changes)
        spin_progress();
}

/* ---- how descriptors come and go ---------------------------------------- */

CALL(int, pipe2, int ends[2], int flags)
{
    int status = pipe2(ends, flags | O_NONBLOCK);

    if (status == 0) {
        files_note(ends[0], !(flags & O_NONBLOCK));
        files_note(ends[1], !(flags & O_NONBLOCK));
    }
    return status;
}

CALL(int, pipe, int ends[2])
{
    return ex_pipe2(ends, 0);
}

CALL(int, socketpair, int domain, int type, int protocol, int ends[2])
{
    int status = socketpair(domain, type | SOCK_NONBLOCK, protocol, ends);

    if (status == 0) {
        files_note(ends[0], !(type & SOCK_NONBLOCK));
        files_note(ends[1], !(type & SOCK_NONBLOCK));
    }
    return status;
}

CALL(int, eventfd, unsigned value, int flags)
{
    return files_note(eventfd(value, flags | EFD_NONBLOCK),
                      !(flags & EFD_NONBLOCK));
}

CALL(int, epoll_create1, int flags)
{
    return files_note(epoll_create1(flags), true);
}

CALL(int, epoll_create, int size)
{
    return files_note(epoll_create(size), true);
}

CALL(int, dup, int fd)
{
    int new = dup(fd);

    return is_file(fd) ? files_note(new, files[fd].waits) : new;
}

CALL(int, close, int fd)
{
    int status;

    if (!is_file(fd))
        return close(fd);
    announce_file(fd, all_files(), NULL, PC);
    files[fd].ours = false;
    timers_forget(fd);
    status = close(fd);
    files_done(true);
    return status;
}

CALL(int, fcntl, int fd, int command, ...)
{
    va_list arguments;
    long value;

    va_start(arguments, command);
    value = va_arg(arguments, long);
    va_end(arguments);
    if (!is_file(fd))
        return fcntl(fd, command, value);
    if (command == F_GETFL)
        return (fcntl(fd, F_GETFL) & ~O_NONBLOCK) |
               (files[fd].waits ? 0 : O_NONBLOCK);
    if (command == F_SETFL) {
        files[fd].waits = !(value & O_NONBLOCK);
        return fcntl(fd, F_SETFL, value | O_NONBLOCK);
    }
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        return files_note(fcntl(fd, command, value), files[fd].waits);
    return fcntl(fd, command, value);
}

/* ---- files of the machine: as they are, but a missing one is told ------- */

static void note_missing(const char *path)
{
    if (errno == ENOENT && path[0] != '/')
        tell("missing %s", path);
}

CALL(FILE *, fopen, const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (file == NULL)
        note_missing(path);
    return file;
}

CALL(int, open, const char *path, int flags, ...)
{
    va_list arguments;
    int mode, fd;

    va_start(arguments, flags);
    mode = va_arg(arguments, int);
    va_end(arguments);
    fd = open(path, flags, mode);
    if (fd < 0)
        note_missing(path);
    return files_note(fd, false);
}

/* ---- bytes -------------------------------------------------------------- */

CALL(ssize_t, read, int fd, void *to, size_t size)
{
    ssize_t got;

    if (!is_file(fd))
        return read(fd, to, size);
    begin(fd, true, PC);
    got = read(fd, to, size);
    files_done(got > 0);
    if (got > 0)
        explorer_range(to, (size_t)got, true, PC);
    else if (got < 0)
        spin_read((uint64_t)fd, 0, PC);
    return got;
}

CALL(ssize_t, write, int fd, const void *from, size_t size)
{
    size_t sent = 0;
    ssize_t now;

    if (!is_file(fd))
        return write(fd, from, size);
    explorer_range(from, size, false, PC);
    do {
        begin(fd, false, PC);
        now = write(fd, (const char *)from + sent, size - sent);
        files_done(now > 0);
        if (now < 0 && sent == 0)
            return now;
        sent += now > 0 ? (size_t)now : 0;
    } while (now > 0 && sent < size && is_file(fd) && files[fd].waits);
    return (ssize_t)sent;
}

CALL(int, eventfd_write, int fd, eventfd_t value)
{
    return ex_write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}

CALL(int, eventfd_read, int fd, eventfd_t *value)
{
    return ex_read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
}

CALL(ssize_t, send, int fd, const void *from, size_t size, int flags)
{
    ssize_t sent;

    if (!is_file(fd))
        return send(fd, from, size, flags);
    explorer_range(from, size, false, PC);
    begin(fd, false, PC);
    sent = send(fd, from, size, flags);
    files_done(sent > 0);
    return sent;
}

CALL(ssize_t, recv, int fd, void *to, size_t size, int flags)
{
    ssize_t got;

    if (!is_file(fd))
        return recv(fd, to, size, flags);
    begin(fd, true, PC);
    got = recv(fd, to, size, flags);
    files_done(got > 0);
    if (got > 0)
        explorer_range(to, (size_t)got, true, PC);
    return got;
}

CALL(int, shutdown, int fd, int how)
{
    int status;

    announce_file(fd, all_files(), NULL, PC);
    status = shutdown(fd, how);
    files_done(true);
    return status;
}

/* ---- many at once ------------------------------------------------------- */

static bool any_ready(struct thread *thread)
{
    struct pollfd *list = (struct pollfd *)thread->address;

    return poll(list, (nfds_t)thread->wanted, 0) != 0;
}

/* epoll_wait() itself would use up an edge; poll() on it does not. */
static bool epoll_ready(struct thread *thread)
{
    return polled((int)thread->address, POLLIN);
}

static int poll_until(struct pollfd *list, nfds_t count, int milliseconds,
                      uint64_t pc)
{
    int got;

    wait_files(OP_FILE_WAIT, ADDRESS(list), count, any_ready, milliseconds, pc);
    got = poll(list, count, 0);
    files_done(false);
    if (got == 0)
        spin_read(ADDRESS(list), 0, pc);
    return got;
}

CALL(int, poll, struct pollfd *list, nfds_t count, int milliseconds)
{
    return poll_until(list, count, milliseconds, PC);
}

/* As poll() has it: none below 0; a part of a millisecond is one. */
static int milliseconds_of(const struct timespec *time)
{
    if (time == NULL)
        return -1;
    if (time->tv_sec >= INT_MAX / 1000)
        return INT_MAX;
    return (int)(time->tv_sec * 1000 + (time->tv_nsec + 999999) / 1000000);
}

/* No signal comes, so the mask makes no difference. */
CALL(int, ppoll, struct pollfd *list, nfds_t count, const struct timespec *time,
     const sigset_t *mask)
{
    (void)mask;
    return poll_until(list, count, milliseconds_of(time), PC);
}

CALL(int, epoll_ctl, int set, int operation, int fd, struct epoll_event *event)
{
    int status;

    announce_file(set, all_files(), NULL, PC);
    status = epoll_ctl(set, operation, fd, event);
    files_done(true);
    return status;
}

static int epoll_until(int set, struct epoll_event *events, int most,
                       int milliseconds, uint64_t pc)
{
    int got;

    wait_files(OP_FILE_WAIT, (uint64_t)set, 0, epoll_ready, milliseconds, pc);
    got = epoll_wait(set, events, most, 0);
    files_done(got > 0);
    if (got > 0)
        explorer_range(events, (size_t)got * sizeof *events, true, pc);
    else
        spin_read((uint64_t)set, 0, pc);
    return got;
}

CALL(int, epoll_wait, int set, struct epoll_event *events, int most,
     int milliseconds)
{
    return epoll_until(set, events, most, milliseconds, PC);
}

CALL(int, epoll_pwait, int set, struct epoll_event *events, int most,
     int milliseconds, const sigset_t *mask)
{
    (void)mask;
    return epoll_until(set, events, most, milliseconds, PC);
}
