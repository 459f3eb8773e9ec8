/* expect: fail every-interleaving */
/*
 * Takes the money first and puts it back after a no. That would be right if
 * nobody could look in between; but the balance is read without the lock.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;

    /* changed under lock, read by anybody at any time */
    atomic_long balance;
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
    atomic_init(&account->balance, balance);
    return account;
}

void account_destroy(struct account *account)
{
    pthread_mutex_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    return atomic_load(&account->balance);
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&account->lock);
    atomic_fetch_add(&account->balance, amount);
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
    if (atomic_load(&account->balance) < amount) {
        error = ERANGE;
        goto out;
    }
    atomic_fetch_sub(&account->balance, amount); /* BUG */
    if (!approve(arg)) {
        atomic_fetch_add(&account->balance, amount); /* BUG */
        error = ECANCELED;
    }
out:
    pthread_mutex_unlock(&account->lock);
    return error;
}
