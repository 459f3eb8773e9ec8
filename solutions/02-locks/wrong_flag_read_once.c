/* expect: fail one-at-a-time every-interleaving */
/*
 * A lock made of a flag, which is read once, into a variable of one's own: if
 * it was set then, the loop that waits looks at the copy for ever.
 */
#include "locks.h"

#include <errno.h>
#include <stdlib.h>

struct account {
    bool held;

    /* guarded by held */
    long balance;
};

static void hold(struct account *account)
{
    bool held = account->held;

    while (held) /* BUG */
        ;
    account->held = true;
}

static void let_go(struct account *account)
{
    account->held = false;
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
    /* From here on there is one way out, and it unlocks. */
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
