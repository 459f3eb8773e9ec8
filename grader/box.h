/*
 * box.h - the one way in which the grader runs a program that it does not
 * trust: the student's, and the compiler that reads the student's file.
 *
 * box_plain.c is the first box: a keeper process of its own (keeper.c), a
 * session and a process group, resource limits, and the certainty that
 * nothing is left when box_run() returns. A sandbox is another file with the
 * same functions.
 */
#ifndef BOX_H
#define BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* 0 in any field: that limit is not set. */
struct box_limits {
    double cpu_seconds;  /* user + system time of all processes together */
    double wall_seconds; /* the last resort, far from the expected time */
    size_t memory_bytes; /* resident memory of all processes together;
                            a watcher, since TSan cannot live with
                            RLIMIT_AS */
    size_t output_bytes; /* kept of each of stdout, stderr and the record
                            pipe; the program is stopped at 16 times it */
    size_t file_bytes;   /* RLIMIT_FSIZE, and the sum below the work folder */
    unsigned processes;  /* processes and threads alive at one time */
};

/* How it ended; the one place where wait statuses are classified. */
enum box_end {
    BOX_EXITED,      /* code = exit status */
    BOX_SIGNALLED,   /* code = signal number */
    BOX_CPU,         /* used up cpu_seconds: an endless loop */
    BOX_WALL,        /* used up wall_seconds */
    BOX_MEMORY,      /* grew past memory_bytes */
    BOX_OUTPUT,      /* wrote far past output_bytes */
    BOX_FILES,       /* filled file_bytes */
    BOX_PROCESSES,   /* more than `processes` */
    BOX_STOPPED,     /* the watch function said so */
    BOX_INTERRUPTED, /* box_interrupt() was called: Ctrl-C */
    BOX_FAILED       /* our own fault; `why` says what */
};

/* What a watch function answers. */
enum box_word {
    BOX_GO_ON,
    BOX_STOP, /* end it: BOX_STOPPED */
    BOX_LOOPS /* it loops: BOX_CPU */
};

/* What a watch function is shown: a chunk of the record pipe, or a tick. */
struct box_sight {
    pid_t program;      /* the program itself */
    const char *data;   /* what arrived on the record pipe */
    size_t size;        /* 0: a tick */
    double cpu_seconds; /* of all its processes, when they were last counted */
    const struct job *job;
};

/*
 * A watch function is called from inside box_run(), in its thread: with every
 * chunk that arrives on the record pipe, and on every tick (20 ms). It must
 * not block for more than a few milliseconds.
 */
struct box_watch {
    enum box_word (*look)(void *state, const struct box_sight *sight);
    void *state;
};

/*
 * true when a stream of the program is so full that a write to it may sleep:
 * until the box reads again, which it does after the watch function. Then a
 * sleep of the program proves nothing.
 */
bool box_is_behind(const struct box_sight *sight);

struct box_spec {
    char *const *argv;  /* argv[0] is a path, or is looked up in PATH */
    char *const *envp;  /* the whole environment */
    const char *dir;    /* working directory, an absolute path */
    const char *record; /* path of a FIFO that exists and is read, or NULL */
    struct box_limits limits;
    struct box_watch watch; /* look may be NULL */
};

/* Bytes kept of one stream; always ends with a NUL that is not counted. */
struct box_stream {
    char *data;
    size_t size;
    bool cut; /* more was written and thrown away */
};

struct box_result {
    enum box_end end;
    int code;
    const char *why; /* for BOX_FAILED: a sentence; for BOX_SIGNALLED too
                        when the program killed its keeper; else NULL */
    double cpu_seconds;
    double wall_seconds;
    size_t peak_memory; /* bytes, highest sum seen */
    unsigned left;      /* processes still alive when the program itself had
                           ended, killed by the keeper */
    struct box_stream out, err, record;
};

/*
 * Runs a program to its end and removes all that it started. Blocks. Safe to
 * call from several threads at one time, each with a `ctx` of its own.
 * Strings of the result belong to the talloc context `ctx`. Returns 0, or -1
 * with result->end == BOX_FAILED when the box itself could not do its work.
 */
int box_run(void *ctx, const struct box_spec *spec, struct box_result *result);

/*
 * Makes every box_run() under way, and each later one, end soon with
 * BOX_INTERRUPTED. Async-signal-safe.
 */
void box_interrupt(void);

/* true once box_interrupt() was called */
bool box_interrupted(void);

#endif
