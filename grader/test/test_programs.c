/*
 * test_programs.c - a program that an exercise brings along, for students to
 * try their file with (exercises/10-scheduler/show.c): it compiles without a
 * warning, and links with the stub as with any answer.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <criterion/criterion.h>

#include <glob.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATH = 512 };

/* Has a main(); others are parts of the tests or of a program. */
static bool is_program(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[PATH];
    bool found = false;

    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strncmp(line, "int main(", 9) == 0;
    if (file != NULL)
        fclose(file);
    return found;
}

static bool builds(const char *path)
{
    char folder[PATH], stub[PATH + 8];
    const char *argv[] = {"gcc",     "-std=gnu11", "-Wall", "-Wextra", path,
                          "-Werror", "-pthread",   "-I",    folder,    stub,
                          "-o",      "/dev/null",  NULL};
    int status = -1;
    pid_t child;

    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path),
             path);
    snprintf(stub, sizeof stub, "%s/stub.c", folder);
    if (posix_spawnp(&child, "gcc", NULL, NULL, (char **)argv, environ) == 0)
        waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Test(programs, build_with_the_stub)
{
    glob_t found;

    while (access("exercises", F_OK) != 0 || access("harness", F_OK) != 0)
        cr_assert(chdir("..") == 0);
    cr_assert(glob("exercises/[0-9][0-9]-*/*.c", 0, NULL, &found) == 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        cr_expect(!is_program(found.gl_pathv[i]) || builds(found.gl_pathv[i]),
                  "%s does not build", found.gl_pathv[i]);
    globfree(&found);
}
