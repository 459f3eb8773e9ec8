/* test_box_run.c - how the tests of the box run their programs */
#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../family.h"
#include "../leash.h"
#include "test_box.h"

void use_keeper(void)
{
    static char path[4200];
    char exe[4096], *slash;
    ssize_t size = readlink("/proc/self/exe", exe, sizeof exe - 1);

    exe[size > 0 ? size : 0] = '\0';
    slash = strrchr(exe, '/');
    cr_assert(slash != NULL);
    *slash = '\0';
    /* The tests are in build/test, the keeper is in build. */
    snprintf(path, sizeof path, "%s/../keeper", exe);
    leash_keeper(getenv("BOX_KEEPER") != NULL ? getenv("BOX_KEEPER") : path);
}

struct run *run_new(const char *role)
{
    static atomic_int number;
    struct run *run = calloc(1, sizeof *run);
    ssize_t size = readlink("/proc/self/exe", run->exe, sizeof run->exe - 1);

    cr_assert(size > 0);
    strcpy(run->folder, "/tmp/test_box.XXXXXX");
    cr_assert(mkdtemp(run->folder) != NULL);
    run->ctx = talloc_new(NULL);
    snprintf(run->role, sizeof run->role, "BOX_ROLE=%s", role);
    snprintf(run->mark, sizeof run->mark, "BOX_MARK=%d.%d", (int)getpid(),
             atomic_fetch_add(&number, 1));
    run->argv[0] = run->exe;
    run->envp[0] = run->role;
    run->envp[1] = run->mark;
    run->envp[2] = (char *)"PATH=/usr/bin:/bin";
    run->spec.argv = run->argv;
    run->spec.envp = run->envp;
    run->spec.dir = run->folder;
    run->spec.limits = (struct box_limits){
        .cpu_seconds = 20, .wall_seconds = 60, .output_bytes = MB};
    return run;
}

struct run *run_new_shell(const char *command)
{
    struct run *run = run_new("");

    run->argv[0] = (char *)"sh";
    run->argv[1] = (char *)"-c";
    run->argv[2] = (char *)command;
    return run;
}

static int remove_one(const char *path, const struct stat *info, int type,
                      struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

void run_free(struct run *run)
{
    cr_assert(nftw(run->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    talloc_free(run->ctx);
    free(run);
}

int marked(const struct run *run)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(dir)) != NULL) {
        char path[300], text[16384];
        ssize_t size;
        int fd;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        fd = open(path, O_RDONLY);
        size = fd < 0 ? -1 : read(fd, text, sizeof text);
        if (size > 0 && memmem(text, (size_t)size, run->mark,
                               strlen(run->mark) + 1) != NULL)
            count++;
        if (fd >= 0)
            close(fd);
    }
    closedir(dir);
    return count;
}

int children_of_ours(void)
{
    struct family family = {0};
    int count;

    cr_assert(family_children(&family, getpid()) == 0);
    count = (int)family.count - 1;
    family_free(&family);
    return count;
}

const struct box_result *go(struct run *run)
{
    int before = children_of_ours();
    int status = box_run(run->ctx, &run->spec, &run->result);

    cr_assert_eq(status, run->result.end == BOX_FAILED ? -1 : 0);
    cr_assert_eq(marked(run), 0, "%s: something is left", run->role);
    cr_assert(children_of_ours() <= before, "%s: a child is left", run->role);
    cr_assert(run->result.out.data[run->result.out.size] == '\0');
    cr_assert(run->result.err.data[run->result.err.size] == '\0');
    cr_assert(run->result.record.data[run->result.record.size] == '\0');
    return &run->result;
}

void expect_end(const struct box_result *result, enum box_end end, int code)
{
    cr_assert_eq(result->end, end, "end %d, not %d: code %d, %s", result->end,
                 end, result->code, result->why ? result->why : "");
    if (code >= 0)
        cr_assert_eq(result->code, code, "code %d, not %d", result->code, code);
}
