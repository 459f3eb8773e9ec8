/* expect: fail lock-released */
/*
 * The withdrawal holds the lock and asks account_balance(), which wants the
 * same lock: the thread waits for itself.
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

    pthread_mutex_lock(&account->lock); /* BUG */
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
    if (account_balance(account) < amount) { /* BUG */
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
