/* expect: fail one-at-a-time */
/*
 * An atomic flag as a lock is right as long as it is held for a moment. Here
 * it is held while somebody is asked, and whoever waits burns a processor all
 * the while.
 */
#include "locks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct account {
    atomic_flag held;

    /* guarded by held */
    long balance;
};

static void hold(struct account *account)
{
    while (atomic_flag_test_and_set(&account->held))
        ; /* BUG */
}

static void let_go(struct account *account)
{
    atomic_flag_clear(&account->held);
}

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    atomic_flag_clear(&account->held);
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

    hold(account);
    balance = account->balance;
    let_go(account);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    hold(account);
    account->balance += amount;
    let_go(account);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    hold(account);
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
    let_go(account);
    return error;
}
