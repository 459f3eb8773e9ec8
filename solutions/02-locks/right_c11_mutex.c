/* expect: pass */
/*
 * The mutex of C11: <threads.h>.
 */
#include "locks.h"

#include <errno.h>
#include <stdlib.h>
#include <threads.h>

struct account {
    mtx_t lock;

    /* guarded by lock */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (mtx_init(&account->lock, mtx_plain) != thrd_success) {
        free(account);
        return NULL;
    }
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    mtx_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    long balance;

    mtx_lock(&account->lock);
    balance = account->balance;
    mtx_unlock(&account->lock);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    mtx_lock(&account->lock);
    account->balance += amount;
    mtx_unlock(&account->lock);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    mtx_lock(&account->lock);
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
    mtx_unlock(&account->lock);
    return error;
}
