/* expect: deadlock */
/*
 * A gate: who comes sleeps on the word until it is 1. It is opened once, and
 * the wake-up is for one sleeper. T1 and T2 sleep; main sets 1 and wakes one;
 * nobody wakes the other.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef FIXED
enum { ALL = INT_MAX };
#else
enum { ALL = 1 }; /* BUG */
#endif

static atomic_uint is_open;

static void *pass(void *unused)
{
    while (atomic_load(&is_open) == 0)
        syscall(SYS_futex, &is_open, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return unused;
}

int main(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, pass, NULL);
    atomic_store(&is_open, 1);
    syscall(SYS_futex, &is_open, FUTEX_WAKE_PRIVATE, ALL, NULL, NULL, 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
