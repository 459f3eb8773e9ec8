/* expect: fail no-data-race */
/*
 * The mutex is a local variable: each call has one of its own, and nobody else
 * ever asks for it.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    free(account);
}

long account_balance(struct account *account)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    long balance;

    pthread_mutex_lock(&lock);
    balance = account->balance; /* BUG */
    pthread_mutex_unlock(&lock);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&lock);
    account->balance += amount; /* BUG */
    pthread_mutex_unlock(&lock);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int error = 0;

    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&lock);
    if (account->balance < amount) { /* BUG */
        error = ERANGE;
        goto out;
    }
    if (!approve(arg)) {
        error = ECANCELED;
        goto out;
    }
    account->balance -= amount; /* BUG */
out:
    pthread_mutex_unlock(&lock);
    return error;
}
