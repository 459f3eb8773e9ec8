/* expect: fail accounts-apart */
/*
 * One lock for the whole bank. No data race, nothing lost, and while one
 * account waits for its approval all the others wait too.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t bank = PTHREAD_MUTEX_INITIALIZER; /* BUG */

struct account {
    /* guarded by bank */
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
    long balance;

    pthread_mutex_lock(&bank);
    balance = account->balance;
    pthread_mutex_unlock(&bank);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&bank);
    account->balance += amount;
    pthread_mutex_unlock(&bank);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&bank); /* BUG */
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
    pthread_mutex_unlock(&bank);
    return error;
}
