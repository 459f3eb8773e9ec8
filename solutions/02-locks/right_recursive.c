/* expect: pass */
/*
 * A recursive mutex: the thread that has it may take it again. The small
 * functions lock for themselves, and the withdrawal, which holds the lock
 * already, may call them.
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
    pthread_mutexattr_t attributes;

    if (account == NULL)
        return NULL;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&account->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
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
    if (account_balance(account) < amount) {
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
