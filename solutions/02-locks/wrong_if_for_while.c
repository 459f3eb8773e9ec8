/* expect: fail every-interleaving */
/*
 * Waits with an `if` where a `while` belongs: who comes back from the wait
 * takes the account without looking whether it is free. But another thread may
 * have taken it meanwhile, and a wait may end for no reason.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;
    pthread_cond_t free;
    /* guarded by lock */
    bool held;

    /* changed by the thread that holds the account */
    atomic_long balance;
};

static void hold(struct account *account)
{
    pthread_mutex_lock(&account->lock);
    if (account->held)                                     /* BUG */
        pthread_cond_wait(&account->free, &account->lock); /* BUG */
    account->held = true;                                  /* BUG */
    pthread_mutex_unlock(&account->lock);
}

static void let_go(struct account *account)
{
    pthread_mutex_lock(&account->lock);
    account->held = false;
    pthread_mutex_unlock(&account->lock);
    pthread_cond_signal(&account->free);
}

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    pthread_mutex_init(&account->lock, NULL);
    pthread_cond_init(&account->free, NULL);
    account->held = false;
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    pthread_cond_destroy(&account->free);
    pthread_mutex_destroy(&account->lock);
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

static int withdraw_held(struct account *account, long amount,
                         bool (*approve)(void *arg), void *arg)
{
    if (account->balance < amount)
        return ERANGE;
    if (!approve(arg))
        return ECANCELED;
    account->balance -= amount;
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error;

    if (amount < 1)
        return EINVAL;
    hold(account);
    error = withdraw_held(account, amount, approve, arg);
    let_go(account);
    return error;
}
