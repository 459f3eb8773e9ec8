/*
 * pipes.c - see pipes.h.
 *
 * A pipe shows in /proc/PID/fd as a link to "pipe:[number]": the same number
 * in every process that has one of its ends. Which end, fdinfo says.
 */
#define _GNU_SOURCE
#include "pipes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

static bool link_of(int pid, const char *fd, char *target, size_t size)
{
    char path[320];
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/fd/%s", pid, fd);
    n = readlink(path, target, size - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    return true;
}

/* The text of fdinfo, or "". */
static void info_of(int pid, const char *fd, char *text, size_t size)
{
    char path[320];
    FILE *file;
    size_t n = 0;

    snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", pid, fd);
    file = fopen(path, "re");
    if (file != NULL) {
        n = fread(text, 1, size - 1, file);
        fclose(file);
    }
    text[n] = '\0';
}

static bool is_end(int pid, const char *fd, bool writing)
{
    char text[512];
    const char *flags;
    long mode;

    info_of(pid, fd, text, sizeof text);
    flags = strstr(text, "flags:");
    if (flags == NULL)
        return false;
    mode = strtol(flags + 6, NULL, 8) & O_ACCMODE;
    return mode == O_RDWR || mode == (writing ? O_WRONLY : O_RDONLY);
}

/* Appends " in child 2 (descriptor 7)" for each such end in the process. */
static char *ends_in(char *text, const char *who, int pid, const char *target,
                     bool writing, unsigned *count)
{
    char path[64], other[256];
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' ||
            !link_of(pid, entry->d_name, other, sizeof other) ||
            strcmp(other, target) != 0 || !is_end(pid, entry->d_name, writing))
            continue;
        text = talloc_asprintf_append(text, "%s in %s (descriptor %s)",
                                      *count == 0 ? "" : " and", who,
                                      entry->d_name);
        ++*count;
    }
    if (folder != NULL)
        closedir(folder);
    return text;
}

/* All processes that the board knows. */
static char *all_ends(void *ctx, const struct board *board, const char *target,
                      bool writing, unsigned *count)
{
    uint32_t used = board->rows_used;
    char *text = talloc_strdup(ctx, "");

    *count = 0;
    text =
        ends_in(text, "the test's process", board->pid, target, writing, count);
    for (uint32_t i = 0; i < used && i < BOARD_THREADS; i++) {
        const struct board_row *row = &board->rows[i];

        if (row->pid != 0 && board_alive(row))
            text = ends_in(text, talloc_asprintf(ctx, "child %u", row->number),
                           row->pid, target, writing, count);
    }
    return text;
}

const char *pipes_describe(void *ctx, const struct board *board, int pid,
                           int fd, bool reads)
{
    const char *end = reads ? "writing" : "reading";
    char target[256], *ends;
    unsigned count;

    if (!link_of(pid, talloc_asprintf(ctx, "%d", fd), target, sizeof target))
        return "which is not open";
    if (strncmp(target, "socket:", 7) == 0)
        return "a socket";
    if (strncmp(target, "pipe:", 5) != 0)
        return talloc_strdup(ctx, target);
    ends = all_ends(ctx, board, target, reads, &count);
    if (count == 0)
        return talloc_asprintf(ctx, "a pipe whose %s end nobody has", end);
    return talloc_asprintf(ctx, "a pipe; its %s end is open%s", end, ends);
}

bool pipes_timer_runs(int pid)
{
    char path[64], text[1024];
    struct dirent *entry;
    bool runs = false;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fdinfo", pid);
    folder = opendir(path);
    while (folder != NULL && !runs && (entry = readdir(folder)) != NULL) {
        const char *value;

        info_of(pid, entry->d_name, text, sizeof text);
        value = strstr(text, "it_value:");
        runs = value != NULL && strncmp(value, "it_value: (0, 0)", 16) != 0;
    }
    if (folder != NULL)
        closedir(folder);
    return runs;
}
