/*
 * explore_build.c - see explore_build.h. clang's -fsanitize=thread puts a hook
 * before each access; linked without its runtime, with ours in its place.
 * -O0 keeps each access, and each loop that waits, where it stands. Where time
 * is counted it is -O1, and clang counts the basic blocks.
 */
#define _GNU_SOURCE
#include "explore_build.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "box.h"
#include "collect.h"
#include "say.h"
#include "work.h"

enum { SOURCES_MAX = 64, WORDS_MAX = 256 };

#define COMMON                                                                 \
    "-std=gnu11", "-g", "-gdwarf-4", "-fno-optimize-sibling-calls",            \
        "-fno-omit-frame-pointer", "-fno-pic", "-pthread",                     \
        "-fdiagnostics-color=never"

enum { FLAGS = 16 };

/* How each file is compiled, and what the whole is linked with. */
static const struct {
    const char *flags[FLAGS];
    const char *objects[2]; /* of the kit: before the program's, and behind */
} builds[BUILD_COUNT] = {
    [BUILD_EXPLORED] = {{COMMON, "-O0", "-fsanitize=thread", "-mllvm",
                         "-tsan-instrument-read-before-write=1", "-mllvm",
                         "-tsan-distinguish-volatile=1"},
                        {"explorer/edge_begin.o", "explorer/whole.o"}},
    [BUILD_TIMED] = {{COMMON, "-O1", "-w", "-fsanitize=thread",
                      "-fsanitize-coverage=bb,no-prune,trace-pc"},
                     {"explorer/edge_begin.o", "explorer/whole_timed.o"}},
    [BUILD_CLOCKED] = {{COMMON, "-O1", "-w"}, {NULL, "harness/clocked.o"}},
};

/* ---- sources ------------------------------------------------------------ */

static void add_source(void *ctx, struct explore_program *program,
                       const char *path)
{
    program->sources = talloc_realloc(ctx, program->sources, const char *,
                                      (unsigned)program->count + 1);
    program->sources[program->count++] = talloc_strdup(ctx, path);
}

static int find_in_folder(void *ctx, const char *folder,
                          struct explore_program *program, const char **why)
{
    char *pattern = talloc_asprintf(ctx, "%s/*.c", folder);
    glob_t found;

    program->folder = folder;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && i < SOURCES_MAX; i++)
            add_source(ctx, program, found.gl_pathv[i]);
        globfree(&found);
    }
    if (program->count > 0)
        return 0;
    *why = talloc_asprintf(ctx, "SRC=%s: no file in it ends in .c",
                           say_printable(ctx, folder));
    return -1;
}

/* FNV-1a. Fowler, Noll, Vo. */
static uint64_t hash_add(uint64_t hash, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    return hash;
}

static int hash_sources(void *ctx, struct explore_program *program,
                        const char **why)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < program->count; i++) {
        size_t size = 0;
        char *text =
            work_read(ctx, program->sources[i], COLLECT_MAX_BYTES, &size);

        if (text == NULL) {
            *why = talloc_asprintf(ctx, "%s cannot be read: %s",
                                   say_printable(ctx, program->sources[i]),
                                   strerror(errno));
            return -1;
        }
        hash = hash_add(hash, text, size);
        talloc_free(text);
    }
    for (size_t i = 0; program->cflags && program->cflags[i] != NULL; i++)
        hash =
            hash_add(hash, program->cflags[i], strlen(program->cflags[i]) + 1);
    snprintf(program->hash, sizeof program->hash, "%06" PRIx64,
             (hash ^ hash >> 32) & 0xffffff);
    return 0;
}

int explore_find(void *ctx, const char *source, struct explore_program *program,
                 const char **why)
{
    char path[PATH_MAX];
    struct stat status;
    char *slash;

    if (realpath(source, path) == NULL || stat(path, &status) != 0) {
        *why = talloc_asprintf(ctx, "SRC=%s: %s", say_printable(ctx, source),
                               strerror(errno));
        return -1;
    }
    if (S_ISDIR(status.st_mode)) {
        if (find_in_folder(ctx, talloc_strdup(ctx, path), program, why) != 0)
            return -1;
    } else if (!S_ISREG(status.st_mode)) {
        *why = talloc_asprintf(ctx, "SRC=%s: neither a file nor a folder",
                               say_printable(ctx, source));
        return -1;
    } else {
        add_source(ctx, program, path);
        slash = strrchr(path, '/');
        *slash = '\0';
        program->folder = talloc_strdup(ctx, *path ? path : "/");
    }
    return hash_sources(ctx, program, why);
}

const char **explore_words(void *ctx, const char *text)
{
    const char **words = talloc_zero_array(ctx, const char *, WORDS_MAX + 1);
    size_t count = 0;

    while (text != NULL && count < WORDS_MAX) {
        char *word, *to, quote = '\0';

        text += strspn(text, " \t\n");
        if (*text == '\0')
            break;
        to = word = talloc_strdup(ctx, text);
        for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
            if (quote ? *text == quote : *text == '\'' || *text == '"')
                quote = quote ? '\0' : *text;
            else if (*text == '\\' && text[1] && quote != '\'')
                *to++ = *++text;
            else
                *to++ = *text;
        }
        *to = '\0';
        words[count++] = word;
    }
    return words;
}

/* ---- tools -------------------------------------------------------------- */

/* NULL when all went well, else what the tool said. */
static const char *run_tool(void *ctx, const struct explore_program *program,
                            const char **argv)
{
    char *envp[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C",
                    talloc_asprintf(ctx, "TMPDIR=%s", program->work), NULL};
    struct box_spec spec = {
        .argv = (char *const *)argv,
        .envp = envp,
        .dir = program->work,
        .limits = {.cpu_seconds = 60,
                   .wall_seconds = 240,
                   .memory_bytes = 2048u * 1024 * 1024,
                   .output_bytes = 64 * 1024,
                   .file_bytes = 256u * 1024 * 1024,
                   .processes = 32},
    };
    struct box_result result;

    if (box_run(ctx, &spec, &result) != 0)
        return talloc_asprintf(ctx, "cannot run %s: %s", argv[0], result.why);
    if (result.end == BOX_EXITED && result.code == 0)
        return NULL;
    if (result.err.size == 0)
        return talloc_asprintf(ctx, "%s gave up", argv[0]);
    return result.err.data;
}

static const char *kit_file(void *ctx, const struct explore_program *program,
                            const char *name)
{
    return talloc_asprintf(ctx, "%s/build/kit/%s", program->root, name);
}

static const char *compile(void *ctx, const struct explore_program *program,
                           size_t index, const char **why)
{
    const char *raw = talloc_asprintf(ctx, "%s/%d-%zu-raw.o", program->work,
                                      program->build, index);
    const char *object = talloc_asprintf(ctx, "%s/%d-%zu.o", program->work,
                                         program->build, index);
    const char *rename[] = {
        "objcopy",
        program->build == BUILD_CLOCKED
            ? "--redefine-sym=main=explored_main"
            : talloc_asprintf(ctx, "--redefine-syms=%s",
                              kit_file(ctx, program, "explorer/program.syms")),
        raw,
        object,
        NULL,
        NULL};
    const char *argv[FLAGS + WORDS_MAX + 16];
    const char *said;
    size_t n = 0;

    /* Its own wait(), say, is no call of the C library; but of several files
     * one may call what another defines. */
    if (program->count == 1)
        rename[4] = talloc_asprintf(ctx, "--localize-symbols=%s",
                                    kit_file(ctx, program, "library.names"));
    argv[n++] = "clang";
    while (builds[program->build].flags[n - 1] != NULL) {
        argv[n] = builds[program->build].flags[n - 1];
        n++;
    }
    argv[n++] = talloc_asprintf(ctx, "-isystem%s/harness/c11", program->root);
    argv[n++] = talloc_asprintf(ctx, "-I%s", program->folder);
    for (size_t i = 0; program->cflags != NULL && program->cflags[i]; i++)
        if (strncmp(program->cflags[i], "-l", 2) != 0)
            argv[n++] = program->cflags[i];
    argv[n++] = "-c";
    argv[n++] = "-o";
    argv[n++] = raw;
    argv[n++] = program->sources[index];
    argv[n] = NULL;
    said = run_tool(ctx, program, argv);
    if (said != NULL) {
        *why = talloc_asprintf(ctx, "%s does not compile:\n%s",
                               program->sources[index], said);
        return NULL;
    }
    said = run_tool(ctx, program, rename);
    if (said != NULL) {
        *why = talloc_asprintf(ctx, "objcopy failed:\n%s", said);
        return NULL;
    }
    return object;
}

static const char *link_program(void *ctx,
                                const struct explore_program *program,
                                const char **objects, const char **why)
{
    const char *const *objects_of_kit = builds[program->build].objects;
    const char *path =
        talloc_asprintf(ctx, "%s/program-%d", program->work, program->build);
    const char *argv[SOURCES_MAX + WORDS_MAX + 16];
    const char *said;
    size_t n = 0;

    argv[n++] = "gcc";
    argv[n++] = "-no-pie";
    argv[n++] = "-pthread";
    argv[n++] = "-o";
    argv[n++] = path;
    if (objects_of_kit[0] != NULL)
        argv[n++] = kit_file(ctx, program, objects_of_kit[0]);
    for (size_t i = 0; i < program->count; i++)
        argv[n++] = objects[i];
    argv[n++] = kit_file(ctx, program, objects_of_kit[1]);
    for (size_t i = 0; program->cflags != NULL && program->cflags[i]; i++)
        if (strncmp(program->cflags[i], "-l", 2) == 0)
            argv[n++] = program->cflags[i];
    argv[n++] = "-lm";
    argv[n] = NULL;
    said = run_tool(ctx, program, argv);
    if (said == NULL)
        return path;
    if (strstr(said, "undefined reference to `explored_main'") != NULL)
        *why = "the program has no main()";
    else
        *why = talloc_asprintf(ctx, "the program does not link:\n%s", said);
    return NULL;
}

const char *explore_build(void *ctx, struct explore_program *program,
                          const char **why)
{
    const char **objects =
        talloc_zero_array(ctx, const char *, (unsigned)program->count);

    for (size_t i = 0; i < program->count; i++) {
        objects[i] = compile(ctx, program, i, why);
        if (objects[i] == NULL)
            return NULL;
    }
    return link_program(ctx, program, objects, why);
}
