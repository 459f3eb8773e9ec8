/* expect: fail lock-released */
/*
 * A return in the middle: when there is not enough money the lock is not given
 * back.
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
    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&account->lock); /* BUG */
    if (account->balance < amount)
        return ERANGE; /* BUG */
    if (!approve(arg)) {
        pthread_mutex_unlock(&account->lock);
        return ECANCELED;
    }
    account->balance -= amount;
    pthread_mutex_unlock(&account->lock);
    return 0;
}
