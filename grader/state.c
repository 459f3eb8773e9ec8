/*
 * state.c - how far a student is with one exercise.
 *
 * Written to a new file and renamed, so that of two writers at one time the
 * later one wins, and a reader never sees half a file.
 */
#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

static const char *state_folder(void *ctx, const char *root)
{
    return talloc_asprintf(ctx, "%s/build/state", root);
}

static int drop_hints(struct state *state)
{
    json_decref(state->hints);
    return 0;
}

struct state *state_load(void *ctx, const char *root, const char *id)
{
    struct state *state = talloc_zero(ctx, struct state);
    const char *path =
        talloc_asprintf(state, "%s/%s.json", state_folder(state, root), id);
    json_t *json = json_load_file(path, 0, NULL);
    json_t *score = json_object_get(json, "score");
    json_t *max_score = json_object_get(json, "max_score");
    json_t *hints = json_object_get(json, "hints");
    const char *failed = json_string_value(json_object_get(json, "failed"));

    if (json_is_integer(score) && json_is_integer(max_score)) {
        state->checked = true;
        state->score = (int)json_integer_value(score);
        state->max_score = (int)json_integer_value(max_score);
        state->failed = failed ? talloc_strdup(state, failed) : NULL;
    }
    state->hints = json_is_object(hints) ? json_incref(hints) : json_object();
    talloc_set_destructor(state, drop_hints);
    json_decref(json);
    return state;
}

static int state_save(struct state *state, const char *root, const char *id)
{
    const char *folder = state_folder(state, root);
    const char *path = talloc_asprintf(state, "%s/%s.json", folder, id);
    const char *new = talloc_asprintf(state, "%s.%ld", path, (long)getpid());
    json_t *json = json_pack("{sO}", "hints", state->hints);
    int status;

    if (state->checked) {
        json_object_set_new(json, "score", json_integer(state->score));
        json_object_set_new(json, "max_score", json_integer(state->max_score));
    }
    if (state->failed)
        json_object_set_new(json, "failed", json_string(state->failed));
    mkdir(talloc_asprintf(state, "%s/build", root), 0777);
    mkdir(folder, 0777);
    errno = EIO; /* jansson does not always say why */
    status = json_dump_file(json, new, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (status == 0)
        status = rename(new, path);
    if (status < 0)
        unlink(new);
    json_decref(json);
    return status;
}

int state_record(const char *root, const char *id, int score, int max_score,
                 const char *failed, const char *const *passed)
{
    struct state *state = state_load(NULL, root, id);
    int status;

    for (; *passed; passed++)
        json_object_del(state->hints, *passed);
    state->checked = true;
    state->score = score;
    state->max_score = max_score;
    state->failed = failed;
    status = state_save(state, root, id);
    talloc_free(state);
    return status;
}

int state_hints(const struct state *state, const char *check)
{
    return (int)json_integer_value(json_object_get(state->hints, check));
}

int state_hint_given(const char *root, const char *id, const char *check)
{
    struct state *state = state_load(NULL, root, id);
    int status;

    json_object_set_new(state->hints, check,
                        json_integer(state_hints(state, check) + 1));
    status = state_save(state, root, id);
    talloc_free(state);
    return status;
}

void state_forget(const char *root, const char *id)
{
    void *ctx = talloc_new(NULL);

    unlink(talloc_asprintf(ctx, "%s/%s.json", state_folder(ctx, root), id));
    talloc_free(ctx);
}
