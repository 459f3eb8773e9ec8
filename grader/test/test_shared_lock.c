/*
 * test_shared_lock.c - the lock between processes that can be killed
 * (harness/shared_lock.c), asked for by real ones.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../harness/quiet.h"

enum { PROCESSES = 4, TIMES = 20000, KILLED = 200 };

static struct shared {
    _Atomic uint32_t lock;
    _Atomic uint32_t begun;
    uint32_t counter; /* under the lock */
} * shared;

static void setup(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(shared != MAP_FAILED);
}

TestSuite(shared_lock, .init = setup);

static pid_t holder_killed(void)
{
    pid_t child = fork();

    if (child == 0) {
        shared_lock(&shared->lock);
        raise(SIGKILL);
    }
    return child;
}

Test(shared_lock, killed_holder_not_yet_waited_for)
{
    siginfo_t info;
    pid_t child = holder_killed();

    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    cr_assert_eq(shared->lock, (uint32_t)child);
    shared_lock(&shared->lock);
    cr_expect_eq(shared->lock, (uint32_t)getpid());
    shared_unlock(&shared->lock);
    cr_expect_eq(shared->lock, 0);
    waitpid(child, NULL, 0);
}

Test(shared_lock, killed_holder_waited_for)
{
    pid_t child = holder_killed();

    waitpid(child, NULL, 0);
    cr_assert_eq(shared->lock, (uint32_t)child);
    shared_lock(&shared->lock);
    cr_expect_eq(shared->lock, (uint32_t)getpid());
}

/* Not atomic: two at a time would lose some. */
static void count(uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        shared_lock(&shared->lock);
        shared->counter++;
        shared_unlock(&shared->lock);
    }
}

Test(shared_lock, living_holder_keeps_it)
{
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            count(TIMES);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    cr_expect_eq(shared->counter, PROCESSES * TIMES);
}

Test(shared_lock, taken_over_from_whoever_is_killed)
{
    for (int i = 0; i < KILLED; i++) {
        uint32_t begun = shared->begun;
        pid_t child = fork();

        if (child == 0) {
            shared->begun++;
            for (;;)
                count(1);
        }
        while (shared->begun == begun)
            sched_yield();
        count(1);
        kill(child, SIGKILL);
        count(1);
        waitpid(child, NULL, 0);
    }
    cr_expect_geq(shared->counter, 2 * KILLED);
}
