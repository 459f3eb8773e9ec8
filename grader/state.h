/*
 * state.h - how far a student is with one exercise: build/state/NN.json,
 *
 *     {"score": 60, "max_score": 100, "failed": "no-data-race",
 *      "hints": {"no-data-race": 2}}
 *
 * A convenience for list and hint; no mark rests on it. A file that is
 * missing or cannot be understood is a state in which nothing was checked.
 */
#ifndef STATE_H
#define STATE_H

#include <jansson.h>
#include <stdbool.h>

struct state {
    bool checked; /* score and max_score are known */
    int score, max_score;
    const char *failed; /* the first check that failed last, or NULL */
    json_t *hints;      /* how many were given, by check */
};

/* Reads the state of exercise `id` ("04"). Freed with ctx. */
struct state *state_load(void *ctx, const char *root, const char *id);

/*
 * Remembers what a check came to. `failed` is the first check that did not
 * pass, or NULL. `passed` names those that did, NULL after the last: their
 * hints begin anew, for the next mistake there is another one. For a whole
 * check of the exercise's own file: not with LENS, not with SRC. Returns 0,
 * or -1 with errno set.
 */
int state_record(const char *root, const char *id, int score, int max_score,
                 const char *failed, const char *const *passed);

/* How many hints for this check were given so far. */
int state_hints(const struct state *state, const char *check);

/* Counts one more hint, and remembers it. Returns 0, or -1 with errno set. */
int state_hint_given(const char *root, const char *id, const char *check);

/* Nothing was checked, as at the beginning. */
void state_forget(const char *root, const char *id);

#endif
