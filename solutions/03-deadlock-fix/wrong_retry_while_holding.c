/* expect: fail moves-money eats-with-two-forks */
/*
 * wrong_retry_while_holding.c - tries for the second lock again and again, and
 * keeps the first meanwhile. Nobody is blocked, and two that want each other's
 * lock try for ever: a livelock, which is a deadlock that keeps the processor
 * busy.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

static void lock_two(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_lock(a);
    while (pthread_mutex_trylock(b) != 0)
        sched_yield(); /* BUG */
}

struct account {
    pthread_mutex_t lock;

    /* guarded by lock */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    pthread_mutex_init(&account->lock, NULL);
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
    pthread_mutex_lock(&account->lock);
    long balance = account->balance;
    pthread_mutex_unlock(&account->lock);
    return balance;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int result = 0;

    if (from == to)
        pthread_mutex_lock(&from->lock);
    else
        lock_two(&from->lock, &to->lock);

    if (from->balance < amount) {
        result = ERANGE;
    } else if (!approve(arg)) {
        result = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }

    pthread_mutex_unlock(&from->lock);
    if (from != to)
        pthread_mutex_unlock(&to->lock);
    return result;
}

struct table {
    int seats;
    pthread_mutex_t forks[];
};

struct table *table_create(int seats)
{
    struct table *table =
        malloc(sizeof *table + (size_t)seats * sizeof table->forks[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    for (int i = 0; i < seats; i++)
        pthread_mutex_init(&table->forks[i], NULL);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        pthread_mutex_destroy(&table->forks[i]);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    pthread_mutex_t *left = &table->forks[seat];
    pthread_mutex_t *right = &table->forks[(seat + 1) % table->seats];

    lock_two(left, right);
    meal(arg);
    pthread_mutex_unlock(left);
    pthread_mutex_unlock(right);
}
