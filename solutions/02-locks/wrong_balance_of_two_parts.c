/* expect: fail every-interleaving */
/*
 * Keeps what came in and what went out, so that each of the two only grows,
 * and looks at them without the lock. Each is atomic, and the difference is
 * not: between the two reads there may be a withdrawal and a deposit.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;

    /* changed under lock, read by anybody at any time */
    atomic_long in;
    atomic_long out;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (pthread_mutex_init(&account->lock, NULL) != 0) {
        free(account);
        return NULL;
    }
    atomic_init(&account->in, balance);
    atomic_init(&account->out, 0);
    return account;
}

void account_destroy(struct account *account)
{
    pthread_mutex_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    long out = atomic_load(&account->out); /* BUG */

    return atomic_load(&account->in) - out; /* BUG */
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&account->lock);
    atomic_fetch_add(&account->in, amount);
    pthread_mutex_unlock(&account->lock);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    pthread_mutex_lock(&account->lock);
    if (account_balance(account) < amount)
        error = ERANGE;
    else if (!approve(arg))
        error = ECANCELED;
    else
        atomic_fetch_add(&account->out, amount);
    pthread_mutex_unlock(&account->lock);
    return error;
}
