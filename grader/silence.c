/*
 * silence.c - see silence.h.
 */
#define _GNU_SOURCE
#include "silence.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static int lock_file(const char *root, const char *name, int operation)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/build/%s.lock", root, name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    while (flock(fd, operation) != 0)
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    return fd;
}

static int pass(const char *root, int operation)
{
    int gate = lock_file(root, "gate", LOCK_EX);
    int room = lock_file(root, "room", operation);

    if (gate >= 0)
        close(gate);
    return room;
}

int silence_enter(const char *root)
{
    return pass(root, LOCK_SH);
}

int silence_alone(const char *root)
{
    return pass(root, LOCK_EX);
}

void silence_leave(int room)
{
    if (room >= 0)
        close(room);
}
