/* expect: deadlock */
/*
 * A lock of a word and futex(2), after Drepper's first: 0 free, 1 taken. Who
 * finds it taken sleeps as long as the word is what it is now: if the owner
 * gives it back before the look that decides, and wakes nobody, the sleeper
 * sleeps on a word that is 0 already. T1 has the lock; T2 tries in vain; T1
 * sets 0 and wakes nobody; T2 reads 0, and sleeps while it is 0.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint word;

static void take(void)
{
    while (atomic_exchange(&word, 1) != 0) {
#ifdef FIXED
        unsigned seen = 1;
#else
        unsigned seen = word; /* BUG: it may be 0 by now */
#endif
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    }
}

static void give_back(void)
{
    atomic_store(&word, 0);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static int sum;

static void *add_one(void *unused)
{
    take();
    sum++;
    give_back();
    return unused;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, add_one, NULL);
    add_one(NULL);
    pthread_join(thread, NULL);
    return sum == 2 ? 0 : 1;
}
