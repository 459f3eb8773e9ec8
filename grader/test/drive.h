/*
 * drive.h - drives build/interleave from outside, as a person or a script
 * does: for selfcheck, soak and bench.
 */
#ifndef DRIVE_H
#define DRIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One answer of solutions/, or a stub, with what must be seen. */
struct answer {
    char *exercise; /* "04" */
    char *folder;   /* "04-thread-pool" */
    char *path;     /* from the root of the kit */
    char *name;     /* "wrong_task_under_lock.c" */
    bool right;
    char *fails[16]; /* checks that must fail */
    size_t fail_count;
    int marked[64]; /* lines with BUG */
    size_t marked_count;
};

struct answers {
    struct answer *items;
    size_t count;
};

/*
 * All answers below solutions/, those of one exercise when `only` ("04") is
 * not NULL. Exits with 2 when a first line is not of the known form.
 */
struct answers answers_load(const char *only);
void answers_free(struct answers *answers);

/*
 * Checks one file. Returns the result file as JSON (the caller frees it), or
 * NULL when there is none. `status` is the exit status.
 */
json_t *drive_check(const char *exercise, const char *source, const char *tag,
                    int *status);

/* The same with some lenses only: "tsan,helgrind"; NULL: all. */
json_t *drive_lenses(const char *exercise, const char *source,
                     const char *lenses, const char *tag, int *status);

/* The row of that check, borrowed, or NULL. */
json_t *drive_row(json_t *result, const char *check);
const char *drive_text(json_t *object, const char *key); /* "" when absent */

/* EX, two digits, or NULL for all. */
const char *drive_exercise(void);

double drive_seconds(void); /* monotonic */

#endif
