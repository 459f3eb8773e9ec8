/*
 * lab.h - all that the steps of one check share. Made by check.c, read by the
 * lenses' threads; only `slots` and the programs' locks change.
 */
#ifndef LAB_H
#define LAB_H

#include <pthread.h>
#include <stdint.h>

#include "exercise.h"
#include "judge.h"
#include "slots.h"

/* What the student's file is compiled to. */
enum object_kind {
    OBJECT_GCC,
    OBJECT_CLANG,
    OBJECT_TSAN,
    OBJECT_EXPLORED,
    OBJECT_TIMED,
    OBJECT_COUNT
};

/* What is linked of it. */
enum program {
    PROGRAM_CRITERION_GCC,
    PROGRAM_CRITERION_CLANG,
    PROGRAM_PLAIN, /* stand-in runner: patience, Helgrind, Memcheck */
    PROGRAM_TSAN,
    PROGRAM_FAULTS,
    PROGRAM_EXPLORED,
    PROGRAM_TIMED,
    PROGRAM_SPEED,
    PROGRAM_COUNT
};

struct lab {
    const char *root;   /* the kit */
    const char *work;   /* this check's own folder */
    const char *source; /* SRC as it was given, for messages */
    const struct exercise *exercise;
    uint64_t seed;
    struct slots *slots;

    pthread_mutex_t locks[PROGRAM_COUNT];
    /* guarded by the lock of the same place: linked once, by whoever needs
     * it first */
    const char *programs[PROGRAM_COUNT];
};

struct examination;

/* `slots` and what `what` names must live as long. */
void lab_open(struct lab *lab, struct slots *slots,
              const struct examination *what);
void lab_close(struct lab *lab);

/* The environment of every box, ending with `count` more entries. */
char **lab_environment(void *ctx, const struct lab *lab, const char **more,
                       size_t count);

/* box_run() in a slot. */
int lab_box(void *ctx, const struct lab *lab, unsigned priority,
            const struct box_spec *spec, struct box_result *result);

/* A path of the kit's objects for this exercise, or for all ("harness"). */
const char *lab_kit(void *ctx, const struct lab *lab, const char *name);
const char *lab_harness(void *ctx, const struct lab *lab, const char *name);

/*
 * Compiles the student's file. Returns 0; 1 when the compiler refuses it (the
 * diagnostics say why); -1 with `why` when the compiler itself could not run.
 * Blocks. One call for each kind.
 */
int build_object(void *ctx, struct lab *lab, enum object_kind kind,
                 struct diagnostics *diagnostics, const char **why);

/*
 * Links a program and returns its path; the second call for the same program
 * only returns it. NULL with a sentence for the student on `why`, and the
 * line, if one is to blame, on `place`. Blocks.
 */
const char *build_program(void *ctx, struct lab *lab, enum program program,
                          const char **why, struct place *place);

/* Path of the object as the linker takes it. */
const char *build_object_path(void *ctx, const struct lab *lab,
                              enum object_kind kind);

#endif
