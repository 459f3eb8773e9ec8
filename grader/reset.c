/*
 * reset.c - `make reset`: the stub again, the old file kept beside it.
 *
 * The stub as it was given lies in the exercise's folder as stub.c. The
 * student's NAME.c is copied to the first free of NAME.c.1, NAME.c.2, ... and
 * only then is the stub renamed into its place: at no moment is the
 * student's work in no file, and no file is ever overwritten.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "copy.h"
#include "exercise.h"
#include "say.h"
#include "state.h"
#include "verbs.h"

enum { KEPT_MAX = 9999 };

/* Copies `file` to the first free name beside it. NULL with errno set. */
static const char *keep(void *ctx, const char *file)
{
    for (int i = 1; i <= KEPT_MAX; i++) {
        const char *name = talloc_asprintf(ctx, "%s.%d", file, i);
        if (copy_file(file, name) == 0)
            return name;
        if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

static int put_back(void *ctx, const char *stub, const char *file)
{
    const char *new = talloc_asprintf(ctx, "%s.new-%ld", file, (long)getpid());

    if (copy_file(stub, new) < 0)
        return -1;
    if (rename(new, file) < 0) {
        int error = errno;
        unlink(new);
        errno = error;
        return -1;
    }
    return 0;
}

static int reset(void *ctx, const struct options *options)
{
    const struct exercise *exercise;
    const char *why, *file, *stub, *kept = NULL;

    if (!options->exercise)
        return say_fault("reset: which exercise? make reset EX=01");
    exercise = exercise_find(ctx, options->root, options->exercise, &why);
    if (!exercise)
        return say_fault("%s", why);
    file = talloc_asprintf(ctx, "%s/%s", exercise->path, exercise->source);
    stub = talloc_asprintf(ctx, "%s/stub.c", exercise->path);
    if (access(stub, R_OK) < 0)
        return say_fault("exercises/%s/stub.c: %s; nothing was changed",
                         exercise->folder, strerror(errno));
    if (copy_same(stub, file)) {
        printf("exercises/%s/%s is the stub already.\n", exercise->folder,
               exercise->source);
        return STATUS_FULL_MARKS;
    }
    if (access(file, F_OK) == 0 && !(kept = keep(ctx, file)))
        return say_fault("cannot keep exercises/%s/%s, so it was left as it "
                         "is: %s",
                         exercise->folder, exercise->source, strerror(errno));
    if (put_back(ctx, stub, file) < 0)
        return say_fault("exercises/%s/%s: %s", exercise->folder,
                         exercise->source, strerror(errno));
    state_forget(options->root, exercise->id);
    printf("exercises/%s/%s is the stub again.\n", exercise->folder,
           exercise->source);
    if (kept)
        printf("Your file is kept as exercises/%s/%s\n", exercise->folder,
               strrchr(kept, '/') + 1);
    return STATUS_FULL_MARKS;
}

int verb_reset(const struct options *options)
{
    void *ctx = talloc_new(NULL);
    int status = reset(ctx, options);

    talloc_free(ctx);
    return status;
}
