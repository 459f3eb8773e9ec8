/*
 * collect.h - intake: one regular file, copied under our own name. Nothing
 * else of what lies beside it is looked at.
 */
#ifndef COLLECT_H
#define COLLECT_H

#define COLLECT_MAX_BYTES (1024 * 1024)

enum collected {
    COLLECT_OK,
    COLLECT_THEIRS, /* it was handed in, but is no C source: falls short */
    COLLECT_OURS    /* there is nothing to look at: status 2 */
};

/*
 * Copies the file at `source` to `target`, which must not exist. `why` says
 * what is wrong and what to do, unless all is well.
 */
enum collected collect(void *ctx, const char *source, const char *target,
                       const char **why);

#endif
