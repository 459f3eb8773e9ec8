/*
 * test_box.h - how the tests of the box run their programs
 */
#ifndef TEST_BOX_H
#define TEST_BOX_H

#include <talloc.h>

#include "../box.h"

#define MB ((size_t)1 << 20)

/* One run; made and freed by the functions below. */
struct run {
    void *ctx;
    char exe[4096], folder[64], role[64], mark[64], record[128];
    char *argv[4], *envp[8];
    struct box_spec spec;
    struct box_result result;
};

/* Before each test: finds build/keeper. */
void use_keeper(void);

/* One of the roles of test_box_roles.c, or a command of the shell. */
struct run *run_new(const char *role);
struct run *run_new_shell(const char *command);
void run_free(struct run *run);

/* Runs it; whatever it is, nothing may be left afterwards. */
const struct box_result *go(struct run *run);

/* Asserts how it ended; any code if that is -1. */
void expect_end(const struct box_result *result, enum box_end end, int code);

/* Processes, zombies apart, that descend from this run, wherever they hide:
 * they have inherited its BOX_MARK. */
int marked(const struct run *run);

int children_of_ours(void);

#endif
