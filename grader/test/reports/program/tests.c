/*
 * tests.c - stands for an exercise's tests: runs the faults that are named on
 * the command line, each in a test of its own.
 */
#include <stdio.h>
#include <string.h>

#define FAULTS(X)                                                              \
    X(race_global) X(race_heap) X(race_stack) X(race_locks) X(race_atomic)     \
    X(race_memset) X(race_local_static) X(race_descriptor) X(race_destroy)     \
    X(race_free) X(order_two) X(order_three) X(unlock_free) X(unlock_twice)    \
    X(unlock_other) X(lock_twice) X(destroy_locked) X(lock_destroyed)          \
    X(cond_unlocked) X(cond_dubious) X(cond_destroy) X(thread_leak)            \
    X(signal_unsafe) X(crash) X(use_freed) X(overrun) X(free_wrong) X(unset)   \
    X(leak)

#define BODY(fault)                                                            \
    void fault(void);                                                          \
    __attribute__((noinline)) static void test_body_fault__##fault(void)       \
    {                                                                          \
        fault();                                                               \
    }
FAULTS(BODY)

#define ENTRY(fault) {#fault, test_body_fault__##fault},
static const struct {
    const char *name;
    void (*body)(void);
} tests[] = {FAULTS(ENTRY)};

int main(int count, char **words)
{
    for (int i = 1; i < count; i++)
        for (size_t t = 0; t < sizeof tests / sizeof tests[0]; t++)
            if (strcmp(words[i], tests[t].name) == 0) {
                fprintf(stderr, "interleave: test fault/%s\n", tests[t].name);
                tests[t].body();
            }
    return 0;
}
