/*
 * verbs.h - what build/interleave can do, one file each. A verb says on
 * stdout what it has to say, on stderr why it could not, and returns the exit
 * status: one of STATUS_... in say.h.
 */
#ifndef VERBS_H
#define VERBS_H

#include "options.h"

int verb_check(const struct options *options);
int verb_grade(const struct options *options);
int verb_list(const struct options *options);
int verb_hint(const struct options *options);
int verb_reset(const struct options *options);
int verb_kit(const struct options *options);
int verb_explore(const struct options *options);
int verb_replay(const struct options *options);
int verb_curve(const struct options *options);

#endif
