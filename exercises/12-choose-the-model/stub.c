/*
 * choose-the-model.c - yours to write. The contract is in choose-the-model.h,
 * what you build with in models.h, the explanation in the handout.
 *
 * The sequential model is here, whole. The three others do as it does: one
 * item after the other.
 */
#include "choose-the-model.h"

#include <stdlib.h>

int run_sequential(const struct workload *workload, const struct means *means,
                   uint64_t results[])
{
    (void)means;
    for (int i = 0; i < workload->count; i++)
        results[i] = workload->item(i);
    return 0;
}

int run_with_threads(const struct workload *workload, const struct means *means,
                     uint64_t results[])
{
    /* TODO: threads_run(). What does its job have to know? */
    return run_sequential(workload, means, results);
}

int run_with_processes(const struct workload *workload,
                       const struct means *means, uint64_t results[])
{
    /* TODO: processes_run(). How does a result come back? */
    return run_sequential(workload, means, results);
}

int run_on_loop(const struct workload *workload, const struct means *means,
                uint64_t results[])
{
    /* TODO: loop_new(), then loop_soon() for items that compute, begin() for
     * those that wait; then loop_run(). */
    return run_sequential(workload, means, results);
}

const struct choice choices[KINDS] = {
    [COMPUTING] =
        {
            .model = SEQUENTIAL, /* TODO: which would you take? */
            .reason = NO_REASON, /* TODO: why? */
            .at_once = {[SEQUENTIAL] = 0,
                        [THREADS] = 0,
                        [PROCESSES] = 0,
                        [LOOP] = 0}, /* TODO: what have you seen? */
        },
    [WAITING] =
        {
            .model = SEQUENTIAL,
            .reason = NO_REASON,
            .at_once =
                {[SEQUENTIAL] = 0, [THREADS] = 0, [PROCESSES] = 0, [LOOP] = 0},
        },
};
