/* expect: pass */
/*
 * First come, first served: each operation draws a ticket and waits until its
 * number is called. A mutex promises no order among those who wait; this does.
 * All waiters sleep on one condition, so the next number is called to all.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;
    pthread_cond_t called;
    /* guarded by lock */
    unsigned long next_ticket;
    unsigned long now_serving;

    /* for the one whose ticket is served */
    long balance;
};

static void enter(struct account *account)
{
    unsigned long ticket;

    pthread_mutex_lock(&account->lock);
    ticket = account->next_ticket++;
    while (account->now_serving != ticket)
        pthread_cond_wait(&account->called, &account->lock);
    pthread_mutex_unlock(&account->lock);
}

static void leave(struct account *account)
{
    pthread_mutex_lock(&account->lock);
    account->now_serving++;
    pthread_cond_broadcast(&account->called);
    pthread_mutex_unlock(&account->lock);
}

struct account *account_create(long balance)
{
    struct account *account = calloc(1, sizeof *account);

    if (account == NULL)
        return NULL;
    pthread_mutex_init(&account->lock, NULL);
    pthread_cond_init(&account->called, NULL);
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    pthread_cond_destroy(&account->called);
    pthread_mutex_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    long balance;

    enter(account);
    balance = account->balance;
    leave(account);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    enter(account);
    account->balance += amount;
    leave(account);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    enter(account);
    if (account->balance < amount)
        error = ERANGE;
    else if (!approve(arg))
        error = ECANCELED;
    else
        account->balance -= amount;
    leave(account);
    return error;
}
