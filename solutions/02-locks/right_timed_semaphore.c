/* expect: pass */
/*
 * A semaphore as a lock, waited for an hour at a time: whoever gets none in an
 * hour waits for another. Helgrind does not know sem_timedwait() and takes
 * what it protects for a race.
 */
#include "locks.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

struct account {
    sem_t free; /* 1: free, 0: somebody has it */

    /* for whoever has it */
    long balance;
};

static void acquire(struct account *account)
{
    struct timespec until;

    do {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 3600;
    } while (sem_timedwait(&account->free, &until) != 0);
}

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (sem_init(&account->free, 0, 1) != 0) {
        free(account);
        return NULL;
    }
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    sem_destroy(&account->free);
    free(account);
}

long account_balance(struct account *account)
{
    long balance;

    acquire(account);
    balance = account->balance;
    sem_post(&account->free);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    acquire(account);
    account->balance += amount;
    sem_post(&account->free);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    acquire(account);
    if (account->balance < amount) {
        error = ERANGE;
        goto out;
    }
    if (!approve(arg)) {
        error = ECANCELED;
        goto out;
    }
    account->balance -= amount;
out:
    sem_post(&account->free);
    return error;
}
