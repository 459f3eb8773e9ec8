/* expect: pass */
/*
 * One mutex for each account, which guards its balance, and one way out for
 * every path that has taken it.
 *
 * The lock stands beside what it guards, in the same struct: it lives as long
 * as the balance does, there are as many locks as accounts, and nobody who
 * reads the struct can miss it. Every function that touches the balance takes
 * it, the one that only reads included.
 *
 * A withdrawal holds the lock from the look at the balance to the taking of
 * the money. The question lies between the two, so it is asked with the lock
 * held. That is not what one would choose (a lock is best held for a moment),
 * but it is what the bank wants: nothing may change between the look and the
 * act. Holding one lock for a long time is bearable because it is the lock of
 * one account only.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;

    /* guarded by lock */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (pthread_mutex_init(&account->lock, NULL) != 0) {
        free(account);
        return NULL;
    }
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    pthread_mutex_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    long balance;

    pthread_mutex_lock(&account->lock);
    balance = account->balance;
    pthread_mutex_unlock(&account->lock);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&account->lock);
    account->balance += amount;
    pthread_mutex_unlock(&account->lock);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&account->lock);
    /* From here on there is one way out, and it unlocks. */
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
    pthread_mutex_unlock(&account->lock);
    return error;
}
