/*
 * locks.c - yours to change. The contract is in locks.h, the explanation in
 * the handout.
 *
 * For one thread all of this is right. Now 100 are in the account, and two
 * threads withdraw 80 each.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    /* TODO: who may touch the balance, and when? */
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
    /* TODO: what account_create() took must be given back. */
    (void)account;
}

long account_balance(struct account *account)
{
    return account->balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    account->balance += amount;
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    if (amount < 1)
        return EINVAL;
    /* TODO: between this look at the balance ... */
    if (account->balance < amount)
        return ERANGE;
    if (!approve(arg))
        return ECANCELED;
    /* ... and this line, the balance may have changed. */
    account->balance -= amount;
    return 0;
}
