/*
 * tools.c - see tools.h.
 */
#define _GNU_SOURCE
#include "tools.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

static const struct {
    const char *name, *path;
    const char *argv[3];
} programs[] = {
    {"gcc", "/usr/bin/gcc", {"gcc", "-dumpfullversion"}},
    {"clang", "/usr/bin/clang", {"clang", "-dumpversion"}},
    {"valgrind", "/usr/bin/valgrind", {"valgrind", "--version"}},
    {"criterion",
     "/usr/bin/pkg-config",
     {"pkg-config", "--modversion", "criterion"}},
};

enum { PROGRAMS = sizeof programs / sizeof programs[0] };

#define UNKNOWN "unknown"

/* Size and time of a program: another one is another version. */
static json_int_t stamp_of(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return 0;
    return (json_int_t)status.st_mtime * 4096 + status.st_size % 4096;
}

static char *ask(void *ctx, size_t i, const char *root)
{
    const char *argv[] = {programs[i].argv[0], programs[i].argv[1],
                          programs[i].argv[2], NULL};
    char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
                           NULL};
    struct box_spec spec = {
        .argv = (char *const *)argv,
        .envp = environment,
        .dir = root,
        .limits = {.cpu_seconds = 5, .wall_seconds = 30, .output_bytes = 4096}};
    struct box_result result;

    if (box_run(ctx, &spec, &result) != 0 || result.end != BOX_EXITED ||
        result.code != 0)
        return talloc_strdup(ctx, UNKNOWN);
    result.out.data[strcspn(result.out.data, "\n")] = '\0';
    if (strncmp(result.out.data, "valgrind-", 9) == 0)
        return result.out.data + 9;
    return result.out.data;
}

struct tool *tools_versions(void *ctx, const char *root, size_t *count)
{
    struct tool *tools = talloc_zero_array(ctx, struct tool, PROGRAMS + 1);
    char *path = talloc_asprintf(ctx, "%s/build/tools.json", root);
    json_t *kept = json_load_file(path, 0, NULL);
    json_t *fresh = json_object();
    bool asked = false;
    const char *why;

    for (size_t i = 0; i < PROGRAMS; i++) {
        json_t *one = json_object_get(kept, programs[i].name);
        const char *version =
            json_string_value(json_object_get(one, "version"));
        json_int_t stamp = stamp_of(programs[i].path);

        if (version == NULL ||
            json_integer_value(json_object_get(one, "stamp")) != stamp) {
            version = ask(ctx, i, root);
            asked = true;
        }
        tools[i].name = programs[i].name;
        tools[i].version = talloc_strdup(ctx, version);
        if (strcmp(version, UNKNOWN) != 0) /* so it is asked again */
            json_object_set_new(
                fresh, programs[i].name,
                json_pack("{s:s, s:I}", "version", version, "stamp", stamp));
    }
    tools[PROGRAMS] = (struct tool){"interleave", "1"};
    if (asked)
        report_json_write(ctx, path, fresh, &why);
    json_decref(kept);
    json_decref(fresh);
    *count = PROGRAMS + 1;
    return tools;
}
