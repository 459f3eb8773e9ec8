/*
 * explore_build.h - any program, built against the explorer.
 */
#ifndef EXPLORE_BUILD_H
#define EXPLORE_BUILD_H

#include <stddef.h>

/* What it is built for. */
enum explore_build {
    BUILD_EXPLORED, /* every interleaving */
    BUILD_TIMED,    /* virtual time */
    BUILD_CLOCKED,  /* the clock on the wall: as it is */
    BUILD_COUNT
};

/* The files of one program; the first line of each message is a sentence. */
struct explore_program {
    enum explore_build build;
    const char *root;     /* the kit */
    const char *work;     /* folder for what is made */
    const char *folder;   /* absolute path, where its headers are */
    const char **sources; /* absolute paths; talloc array */
    size_t count;
    const char **cflags; /* the program's own, NULL after the last */
    char hash[16];       /* of sources and flags, for tokens */
};

/*
 * Finds the files: one C file, or all of a folder. Returns 0, or -1 with a
 * sentence on `why`.
 */
int explore_find(void *ctx, const char *source, struct explore_program *program,
                 const char **why);

/* Words as a shell would take them apart, quotes and all. */
const char **explore_words(void *ctx, const char *text);

/* Compiles and links. Returns the path, or NULL with what is wrong on `why`:
 * the compiler's own words below a sentence. Blocks. */
const char *explore_build(void *ctx, struct explore_program *program,
                          const char **why);

#endif
