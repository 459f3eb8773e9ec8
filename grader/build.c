/*
 * build.c - the student's file becomes programs: compiled three times, linked
 * with the kit's own objects, which were made beforehand (Makefile).
 *
 *   gcc    -O1, no inlining: behaviour, patience, Helgrind, Memcheck
 *   clang  -O2: behaviour under another compiler, speed
 *   tsan   clang -O0 with ThreadSanitizer: each access stays where it stands
 *
 * objcopy renames the pthread calls of each object (harness/calls.syms), but
 * not of the one that is timed.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "lab.h"
#include "object.h"

#define LIBRARIES_MAX 8 /* of exercise.conf */

#define COMMON                                                                 \
    "-std=gnu11", "-g", "-gdwarf-4", "-fno-omit-frame-pointer",                \
        "-fno-optimize-sibling-calls", "-pthread", "-Wall", "-Wextra",         \
        "-fdiagnostics-color=never", "-c"

static const char *const flags[OBJECT_COUNT][24] = {
    [OBJECT_GCC] = {"gcc", COMMON, "-O1", "-fno-inline"},
    [OBJECT_CLANG] = {"clang", COMMON, "-O2", "-gdwarf-aranges"},
    [OBJECT_TSAN] = {"clang", COMMON, "-O0", "-gdwarf-aranges", "-w",
                     "-fsanitize=thread",
                     "-fsanitize-coverage=bb,no-prune,trace-pc-guard,"
                     "pc-table"},
    [OBJECT_EXPLORED] = {"clang", COMMON, "-O0", "-w", "-fsanitize=thread",
                         "-fno-pic", "-mllvm",
                         "-tsan-instrument-read-before-write=1", "-mllvm",
                         "-tsan-distinguish-volatile=1"},
    [OBJECT_TIMED] = {"clang", COMMON, "-O1", "-w", "-fsanitize=thread",
                      "-fsanitize-coverage=bb,no-prune,trace-pc", "-fno-pic"},
};

/* The calls that are renamed, below the kit. */
static const char *const syms[OBJECT_COUNT] = {
    [OBJECT_GCC] = "harness/calls.syms",
    [OBJECT_CLANG] = "harness/calls.syms",
    [OBJECT_TSAN] = "harness/calls.syms",
    [OBJECT_EXPLORED] = "build/kit/explorer/calls.syms",
    [OBJECT_TIMED] = "build/kit/explorer/calls.syms",
};

static const char *const object_names[OBJECT_COUNT] = {"gcc", "clang", "tsan",
                                                       "explored", "timed"};

static const struct recipe {
    const char *name;
    const char *linker[4]; /* words that begin the command */
    enum object_kind object;
    enum {
        WATCHED, /* its calls go through the harness: calls.syms */
        FAILING, /* and some of them can fail: faults.syms before that */
        RAW      /* as the compiler made it */
    } calls;
    const char *kit;     /* object of the exercise's tests */
    const char *harness; /* object of the harness */
    const char *library;
} recipes[PROGRAM_COUNT] = {
    [PROGRAM_CRITERION_GCC] = {"criterion-gcc",
                               {"gcc", "-fuse-ld=gold"},
                               OBJECT_GCC,
                               WATCHED,
                               "criterion-gcc.o",
                               "criterion-gcc.o",
                               "-lcriterion"},
    [PROGRAM_CRITERION_CLANG] = {"criterion-clang",
                                 {"gcc", "-fuse-ld=gold"},
                                 OBJECT_CLANG,
                                 WATCHED,
                                 "criterion-clang.o",
                                 "criterion-clang.o",
                                 "-lcriterion"},
    [PROGRAM_PLAIN] = {"plain",
                       {"gcc", "-fuse-ld=gold"},
                       OBJECT_GCC,
                       WATCHED,
                       "plain.o",
                       "plain.o",
                       NULL},
    [PROGRAM_TSAN] = {"tsan",
                      {"clang", "-fsanitize=thread", "-fuse-ld=lld"},
                      OBJECT_TSAN,
                      WATCHED,
                      "tsan.o",
                      "tsan.o",
                      NULL},
    [PROGRAM_FAULTS] = {"faults",
                        {"gcc", "-fuse-ld=gold"},
                        OBJECT_GCC,
                        FAILING,
                        "plain.o",
                        "faults.o",
                        NULL},
    [PROGRAM_EXPLORED] = {"explored",
                          {"gcc", "-fuse-ld=gold", "-no-pie"},
                          OBJECT_EXPLORED,
                          WATCHED,
                          "explored.o",
                          "explored.o",
                          "-lm"},
    [PROGRAM_TIMED] = {"timed",
                       {"gcc", "-fuse-ld=gold", "-no-pie"},
                       OBJECT_TIMED,
                       WATCHED,
                       "timed.o",
                       "timed.o",
                       "-lm"},
    [PROGRAM_SPEED] = {"speed",
                       {"gcc", "-fuse-ld=gold"},
                       OBJECT_CLANG,
                       RAW,
                       "workload.o",
                       "workload.o",
                       NULL},
};

const char *lab_kit(void *ctx, const struct lab *lab, const char *name)
{
    return talloc_asprintf(ctx, "%s/build/kit/%s/%s", lab->root,
                           lab->exercise->folder, name);
}

const char *lab_harness(void *ctx, const struct lab *lab, const char *name)
{
    return talloc_asprintf(ctx, "%s/build/kit/harness/%s", lab->root, name);
}

char **lab_environment(void *ctx, const struct lab *lab, const char **more,
                       size_t count)
{
    char **list = talloc_zero_array(ctx, char *, (unsigned)count + 5);
    size_t n = 0;

    list[n++] = talloc_strdup(ctx, "PATH=/usr/local/bin:/usr/bin:/bin");
    list[n++] = talloc_strdup(ctx, "LC_ALL=C");
    list[n++] = talloc_asprintf(ctx, "TMPDIR=%s", lab->work);
    list[n++] = talloc_asprintf(ctx, "HOME=%s", lab->work);
    for (size_t i = 0; i < count; i++)
        list[n++] = talloc_strdup(ctx, more[i]);
    return list;
}

int lab_box(void *ctx, const struct lab *lab, unsigned priority,
            const struct box_spec *spec, struct box_result *result)
{
    int status;

    slots_take(lab->slots, priority);
    status = box_run(ctx, spec, result);
    slots_give(lab->slots);
    return status;
}

/* A compiler, a linker or objcopy: generous limits, a clean environment. */
static int run_tool(void *ctx, const struct lab *lab, const char **argv,
                    struct box_result *result)
{
    struct box_spec spec = {
        .argv = (char *const *)argv,
        .envp = lab_environment(ctx, lab, NULL, 0),
        .dir = lab->work,
        .limits = {.cpu_seconds = 30,
                   .wall_seconds = 120,
                   .memory_bytes = 2048u * 1024 * 1024,
                   .output_bytes = 256 * 1024,
                   .file_bytes = 256u * 1024 * 1024,
                   .processes = 32},
    };

    return lab_box(ctx, lab, 0, &spec, result);
}

const char *build_object_path(void *ctx, const struct lab *lab,
                              enum object_kind kind)
{
    return talloc_asprintf(ctx, "%s/%s.o", lab->work, object_names[kind]);
}

static const char *raw_path(void *ctx, const struct lab *lab,
                            enum object_kind kind)
{
    return talloc_asprintf(ctx, "%s/%s-raw.o", lab->work, object_names[kind]);
}

/* A function of the answer's own that is called as one of the C library, as
 * wait() or pause(), is hers alone, and nobody else's. */
static int rename_calls(void *ctx, const struct lab *lab, const char *names,
                        const char *from, const char *to, const char **why)
{
    const char *argv[] = {
        "objcopy",
        talloc_asprintf(ctx, "--redefine-syms=%s/%s", lab->root, names),
        talloc_asprintf(ctx, "--localize-symbols=%s/build/kit/library.names",
                        lab->root),
        from,
        to,
        NULL};
    struct box_result result;

    if (run_tool(ctx, lab, argv, &result) == 0 && result.end == BOX_EXITED &&
        result.code == 0)
        return 0;
    *why = talloc_asprintf(ctx, "objcopy failed: %s",
                           result.why ? result.why : result.err.data);
    return -1;
}

int build_object(void *ctx, struct lab *lab, enum object_kind kind,
                 struct diagnostics *diagnostics, const char **why)
{
    const char *argv[32];
    const char *raw = raw_path(ctx, lab, kind);
    struct box_result result;
    size_t n = 0;

    while (flags[kind][n] != NULL) {
        argv[n] = flags[kind][n];
        n++;
    }
    argv[n++] = talloc_asprintf(ctx, "-isystem%s/harness/c11", lab->root);
    argv[n++] = talloc_asprintf(ctx, "-I%s", lab->exercise->path);
    argv[n++] = "-o";
    argv[n++] = raw;
    argv[n++] = lab->exercise->source;
    argv[n] = NULL;
    if (run_tool(ctx, lab, argv, &result) != 0) {
        *why = talloc_asprintf(ctx, "cannot run %s: %s", argv[0],
                               result.why ? result.why : "unknown");
        return -1;
    }
    *diagnostics = read_diagnostics(ctx, result.err.data, result.err.size,
                                    lab->exercise->source);
    if (result.end != BOX_EXITED) {
        *why = talloc_asprintf(ctx,
                               "%s gave up on the file: it takes too "
                               "much time or memory to compile",
                               argv[0]);
        return 1;
    }
    if (result.code != 0) {
        *why = diagnostics->count > 0 ? NULL : result.err.data;
        return 1;
    }
    return rename_calls(ctx, lab, syms[kind], raw,
                        build_object_path(ctx, lab, kind), why);
}

static const char *quoted(void *ctx, const char *line, const char *after)
{
    const char *at = strstr(line, after);
    size_t n;

    if (at == NULL)
        return NULL;
    at += strlen(after);
    at += strspn(at, " :`'\"");
    n = strcspn(at, "'`\"\n");
    return talloc_strndup(ctx, at, n);
}

static int line_in(const char *line, const char *source)
{
    const char *at = strstr(line, source);
    int number = 0;

    if (at == NULL || at[strlen(source)] != ':')
        return 0;
    for (at += strlen(source) + 1; *at >= '0' && *at <= '9'; at++)
        if (number < 1000000)
            number = number * 10 + (*at - '0');
    return number;
}

/* What the linker could not join, in words. */
static const char *link_trouble(void *ctx, const struct lab *lab,
                                const char *text, struct place *place)
{
    const char *name, *line;
    const char *source = lab->exercise->source;

    for (line = text; line != NULL && *line != '\0'; line++) {
        size_t length = strcspn(line, "\n");
        char *one = talloc_strndup(ctx, line, length);

        name = quoted(ctx, one, "undefined reference to");
        if (name != NULL && line_in(one, source) > 0) {
            *place = (struct place){
                .file = source, .line = line_in(one, source), .student = true};
            return talloc_asprintf(
                ctx, "Your file calls %s(), which is not defined anywhere.",
                name);
        }
        if (name != NULL)
            return talloc_asprintf(ctx,
                                   "The function %s() is missing: the header "
                                   "promises it and the tests call it.",
                                   name);
        name = quoted(ctx, one, "multiple definition of");
        if (name != NULL && strcmp(name, "main") == 0)
            return "Your file has a main() of its own; the tests bring "
                   "theirs, so take it out.";
        if (name != NULL)
            return talloc_asprintf(ctx,
                                   "Your file defines %s, which the kit "
                                   "defines too; make yours static.",
                                   name);
        line += length;
        if (*line == '\0')
            break;
    }
    return talloc_asprintf(ctx, "linking failed: %.400s", text);
}

/* The student's object as the program wants it, or NULL with `why`. */
static const char *object_for(void *ctx, struct lab *lab,
                              const struct recipe *recipe, const char **why)
{
    const char *raw = raw_path(ctx, lab, recipe->object);
    const char *half = talloc_asprintf(ctx, "%s/faults-half.o", lab->work);
    const char *whole = talloc_asprintf(ctx, "%s/faults.o", lab->work);

    if (recipe->calls == RAW)
        return raw;
    if (recipe->calls == WATCHED)
        return build_object_path(ctx, lab, recipe->object);
    if (rename_calls(ctx, lab, "harness/faults.syms", raw, half, why) != 0 ||
        rename_calls(ctx, lab, "harness/calls.syms", half, whole, why) != 0)
        return NULL;
    return whole;
}

static int link_program(void *ctx, struct lab *lab, enum program program,
                        const char *path, const char **why, struct place *place)
{
    const struct recipe *recipe = &recipes[program];
    const struct exercise *exercise = lab->exercise;
    const char *argv[24 + LIBRARIES_MAX];
    struct box_result result;
    size_t n = 0;

    for (size_t i = 0; recipe->linker[i] != NULL; i++)
        argv[n++] = recipe->linker[i];
    argv[n++] = "-pthread";
    argv[n++] = "-o";
    argv[n++] = path;
    argv[n++] = lab_kit(ctx, lab, recipe->kit);
    argv[n++] = object_for(ctx, lab, recipe, why);
    if (argv[n - 1] == NULL)
        return -1;
    argv[n++] = lab_harness(ctx, lab, recipe->harness);
    if (recipe->library != NULL)
        argv[n++] = recipe->library;
    for (size_t i = 0; i < exercise->libraries.count && i < LIBRARIES_MAX; i++)
        argv[n++] = exercise_library(exercise->libraries.items[i]);
    argv[n] = NULL;
    if (run_tool(ctx, lab, argv, &result) == 0 && result.end == BOX_EXITED &&
        result.code == 0)
        return 0;
    *why = result.end == BOX_EXITED
               ? link_trouble(ctx, lab, result.err.data, place)
               : talloc_asprintf(ctx, "cannot link: %s",
                                 result.why ? result.why : "stopped");
    return -1;
}

const char *build_program(void *ctx, struct lab *lab, enum program program,
                          const char **why, struct place *place)
{
    const char *path;

    pthread_mutex_lock(&lab->locks[program]);
    path = lab->programs[program];
    if (path == NULL) {
        path = talloc_asprintf(ctx, "%s/%s", lab->work, recipes[program].name);
        if (link_program(ctx, lab, program, path, why, place) != 0)
            path = NULL;
        lab->programs[program] = path;
    }
    pthread_mutex_unlock(&lab->locks[program]);
    return path;
}
