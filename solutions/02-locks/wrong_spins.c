/* expect: fail one-at-a-time */
/*
 * A lock of one's own, made of an atomic flag: nothing is ever lost, and
 * whoever finds the account held looks at the flag again and again until it is
 * free. It lets others run in between, and yet it uses a core for as long as
 * somebody thinks about a withdrawal.
 */
#include "locks.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct account {
    atomic_flag held;

    /* guarded by held */
    long balance;
};

static void hold(struct account *account)
{
    while (atomic_flag_test_and_set(&account->held)) /* BUG */
        sched_yield();                               /* BUG */
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
    if (account->balance < amount)
        error = ERANGE;
    else if (!approve(arg))
        error = ECANCELED;
    else
        account->balance -= amount;
    let_go(account);
    return error;
}
