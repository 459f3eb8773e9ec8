/* gauge.c - what a program and all that it started use */
#define _GNU_SOURCE
#include "gauge.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_ENTRIES 10000
#define FOLDER_DEPTH   16

int gauge_read(struct gauge *gauge, pid_t keeper, size_t most)
{
    struct family *family = &gauge->family;
    double cpu = 0;
    size_t memory = 0;

    /* One more for the keeper. */
    if (family_scan(family, keeper, most != 0 ? most + 1 : 0) < 0)
        return -1;
    gauge->keeper_stopped =
        family->items[0].state == 'T' || family->items[0].state == 't';
    for (size_t i = 0; i < family->count; i++) {
        const struct kin *kin = &family->items[i];

        /* The keeper's own time is next to nothing; what it has reaped is
         * the program's. */
        cpu += kin->cpu_seconds;
        if (i == 0)
            continue;
        memory += kin->memory;
    }
    if (cpu > gauge->cpu_seconds)
        gauge->cpu_seconds = cpu;
    if (memory > gauge->peak_memory)
        gauge->peak_memory = memory;
    gauge->memory = memory;
    return 0;
}

void gauge_free(struct gauge *gauge)
{
    family_free(&gauge->family);
}

struct walk {
    size_t bytes;
    unsigned entries;
};

/* Takes over the descriptor of the folder. */
static void walk_folder(struct walk *walk, int fd, int depth)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    struct stat info;

    if (dir == NULL) {
        close(fd);
        return;
    }
    while (walk->entries < FOLDER_ENTRIES && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        walk->entries++;
        if (fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        walk->bytes += (size_t)info.st_blocks * 512;
        if (S_ISDIR(info.st_mode) && depth < FOLDER_DEPTH) {
            int below = openat(fd, entry->d_name,
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

            if (below >= 0)
                walk_folder(walk, below, depth + 1);
        }
    }
    closedir(dir);
}

size_t gauge_folder(const char *path)
{
    struct walk walk = {0, 0};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        walk_folder(&walk, fd, 0);
    return walk.bytes;
}
