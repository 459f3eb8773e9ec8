/* expect: fail accounts-apart */
/*
 * Four locks for all accounts; the account's address says which is hers. Two
 * accounts that share a lock wait for each other, and with five accounts two
 * always do. (Striping suits short operations; here one may last.)
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define LOCKS 4

static pthread_mutex_t locks[LOCKS] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

struct account {
    /* guarded by lock_of(account) */
    long balance;
};

static pthread_mutex_t *lock_of(const struct account *account)
{
    return &locks[(uintptr_t)account / 32 % LOCKS]; /* BUG */
}

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
    long balance;

    pthread_mutex_lock(lock_of(account));
    balance = account->balance;
    pthread_mutex_unlock(lock_of(account));
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(lock_of(account));
    account->balance += amount;
    pthread_mutex_unlock(lock_of(account));
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(lock_of(account)); /* BUG */
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
    pthread_mutex_unlock(lock_of(account));
    return error;
}
