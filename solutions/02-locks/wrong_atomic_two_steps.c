/* expect: fail one-at-a-time */
/*
 * An atomic balance and no lock. Each operation on it is one step, but a
 * withdrawal is two of them, and a question in between.
 */
#include "locks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct account {
    atomic_long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    atomic_init(&account->balance, balance);
    return account;
}

void account_destroy(struct account *account)
{
    free(account);
}

long account_balance(struct account *account)
{
    return atomic_load(&account->balance);
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    atomic_fetch_add(&account->balance, amount);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    if (amount < 1)
        return EINVAL;
    if (atomic_load(&account->balance) < amount) /* BUG */
        return ERANGE;
    if (!approve(arg))
        return ECANCELED;
    atomic_fetch_sub(&account->balance, amount); /* BUG */
    return 0;
}
