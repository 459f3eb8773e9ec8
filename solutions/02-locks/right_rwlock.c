/* expect: pass */
/*
 * A lock for readers and writers: any number may look at the balance at the
 * same moment, one alone may change it. A withdrawal is a writer from its
 * first look on: a reader cannot become a writer without letting go.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_rwlock_t lock;

    /* guarded by lock: read to look, write to change */
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
    pthread_rwlock_wrlock(&account->lock);
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
    pthread_rwlock_unlock(&account->lock);
    return error;
}
