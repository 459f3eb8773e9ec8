/* expect: pass */
/*
 * right_clocklock.c - a lock that is asked for with a time limit by the
 * monotonic clock, again and again. Neither detector knows this call: to them
 * every access looks as if it had no lock. The explorer knows better.
 */
#define _GNU_SOURCE
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct account {
    pthread_mutex_t lock;
    long balance; /* guarded by lock */
};

static void hold(struct account *account)
{
    struct timespec until;

    do {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 3600;
    } while (pthread_mutex_clocklock(&account->lock, CLOCK_MONOTONIC, &until) !=
             0);
}

static void release(struct account *account)
{
    pthread_mutex_unlock(&account->lock);
}

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (pthread_mutex_init(&account->lock, NULL) != 0) {
        free(account);
        return NULL;
    }
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    pthread_mutex_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    long balance;

    hold(account);
    balance = account->balance;
    release(account);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    hold(account);
    account->balance += amount;
    release(account);
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
    release(account);
    return error;
}
