/*
 * work.c - see work.h.
 */
#define _GNU_SOURCE
#include "work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    if (remove(path) != 0 && errno == EACCES) {
        /* an answer may have taken away the rights to its own folder */
        chmod(path, 0700);
        remove(path);
    }
    return 0;
}

void work_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Folders are named after the process that made them. */
static void remove_orphans(void *ctx, const char *parent)
{
    DIR *folder = opendir(parent);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            work_remove(talloc_asprintf(ctx, "%s/%s", parent, entry->d_name));
    }
    if (folder != NULL)
        closedir(folder);
}

const char *work_open(void *ctx, const char *root, const char **why)
{
    char *parent = talloc_asprintf(ctx, "%s/build/work", root);
    char *path = talloc_asprintf(ctx, "%s/%ld-XXXXXX", parent, (long)getpid());

    mkdir(talloc_asprintf(ctx, "%s/build", root), 0777);
    if (mkdir(parent, 0777) != 0 && errno != EEXIST) {
        *why = talloc_asprintf(ctx, "cannot make the folder %s: %s", parent,
                               strerror(errno));
        return NULL;
    }
    remove_orphans(ctx, parent);
    if (mkdtemp(path) == NULL) {
        *why = talloc_asprintf(ctx, "cannot make a folder below %s: %s", parent,
                               strerror(errno));
        return NULL;
    }
    return path;
}

char *work_read(void *ctx, const char *path, size_t limit, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *text = NULL;
    size_t used = 0, room = 0;
    ssize_t n = 1;

    if (fd < 0)
        return NULL;
    while (n > 0 && used < limit) {
        if (room - used < 2) {
            room = room == 0 ? 16384 : room * 2;
            text = talloc_realloc(ctx, text, char, room);
        }
        n = read(fd, text + used, room - used - 1);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        if (n > 0)
            used += (size_t)n;
    }
    close(fd);
    if (n < 0) {
        talloc_free(text);
        return NULL;
    }
    if (used > limit)
        used = limit;
    text[used] = '\0';
    if (size != NULL)
        *size = used;
    return text;
}
