/* expect: fail no-data-race */
/*
 * A lock of one's own: wait until a flag is false, then set it. To look and to
 * set are two steps, and volatile does not make them one.
 */
#include "locks.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

struct account {
    volatile bool held;
    long balance;
};

static void hold(struct account *account)
{
    while (account->held) /* BUG */
        sched_yield();
    account->held = true; /* BUG */
}

static void let_go(struct account *account)
{
    account->held = false; /* BUG */
}

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    account->held = false;
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
