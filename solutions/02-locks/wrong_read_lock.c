/* expect: fail no-data-race */
/*
 * A withdrawal begins by looking, so it takes the lock for readers. Two
 * readers are inside at the same moment, and both write.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_rwlock_t lock;

    /* guarded by lock */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (pthread_rwlock_init(&account->lock, NULL) != 0) {
        free(account);
        return NULL;
    }
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    pthread_rwlock_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    long balance;

    pthread_rwlock_rdlock(&account->lock);
    balance = account->balance;
    pthread_rwlock_unlock(&account->lock);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    pthread_rwlock_wrlock(&account->lock);
    account->balance += amount;
    pthread_rwlock_unlock(&account->lock);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    pthread_rwlock_rdlock(&account->lock); /* BUG */
    if (account->balance < amount) {
        error = ERANGE;
        goto out;
    }
    if (!approve(arg)) {
        error = ECANCELED;
        goto out;
    }
    account->balance -= amount; /* BUG */
out:
    pthread_rwlock_unlock(&account->lock);
    return error;
}
