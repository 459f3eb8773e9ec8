/* expect: fail every-interleaving */
/*
 * A deposit made of two functions that each take the lock: look, and set. Two
 * safe steps are not one safe step; what another thread does between the two
 * is overwritten.
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

static void set_balance(struct account *account, long balance)
{
    pthread_mutex_lock(&account->lock);
    account->balance = balance; /* BUG */
    pthread_mutex_unlock(&account->lock);
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    set_balance(account, account_balance(account) + amount); /* BUG */
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
