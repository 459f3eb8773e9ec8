/*
 * origin_bell.c - the server's place on the board (harness/board.h), and its
 * lines on the record FIFO (harness/record.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../harness/board.h"
#include "origin.h"

static struct board *board; /* NULL: there is none */
static int record = -1;
static const char *secret = "-";

/* Sleeps on the bell; writes to the descriptor when the epoch has grown. */
static void *listen_to_bell(void *argument)
{
    int fd = *(int *)argument;
    uint32_t seen = board->let_go_origin;

    free(argument);
    for (;;) {
        uint32_t bell = board->bell;
        uint32_t now = board->let_go_origin;
        uint64_t one = 1;

        if (now == seen) {
            syscall(SYS_futex, (void *)&board->bell, FUTEX_WAIT, bell, NULL,
                    NULL, 0);
            continue;
        }
        seen = now;
        if (write(fd, &one, sizeof one) < 0)
            return NULL;
    }
}

static bool map_board(int port)
{
    const char *path = getenv("INTERLEAVE_BOARD");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = MAP_FAILED;

    if (fd >= 0) {
        map = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                   0);
        close(fd);
    }
    if (map == MAP_FAILED)
        return false;
    board = map;
    board->origin_port = port;
    board->origin = getpid();
    return true;
}

int bell_open(int port)
{
    const char *path = getenv("INTERLEAVE_RECORD");
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int *argument = malloc(sizeof *argument);
    pthread_t thread;

    if (path != NULL)
        record = open(path, O_WRONLY | O_CLOEXEC);
    if (getenv("INTERLEAVE_SECRET") != NULL)
        secret = getenv("INTERLEAVE_SECRET");
    if (fd < 0 || argument == NULL || !map_board(port)) {
        free(argument);
        return fd;
    }
    *argument = fd;
    if (pthread_create(&thread, NULL, listen_to_bell, argument) != 0)
        return -1;
    pthread_detach(thread);
    return fd;
}

void bell_heard(int fd)
{
    uint64_t times;

    while (read(fd, &times, sizeof times) > 0)
        ;
}

void bell_tell(unsigned holds, unsigned acts)
{
    if (board == NULL)
        return;
    board->origin_acts = acts;
    board->holds = holds;
}

static void write_all(const char *text, size_t size)
{
    while (record >= 0 && size > 0) {
        ssize_t n = write(record, text, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

void bell_hint(void)
{
    write_all("hint\n", 5);
}

void bell_record(const char *format, ...)
{
    char line[1024];
    int used = snprintf(line, sizeof line, "%s ", secret);
    va_list arguments;
    int n;

    if (used < 0 || used >= (int)sizeof line / 2)
        return;
    va_start(arguments, format);
    n = vsnprintf(line + used, sizeof line - (size_t)used - 1, format,
                  arguments);
    va_end(arguments);
    if (n < 0 || n >= (int)sizeof line - used - 1)
        return;
    line[used + n] = '\n';
    write_all(line, (size_t)(used + n + 1));
}
