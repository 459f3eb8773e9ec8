/* expect: pass */
/*
 * right_timed_lock.c - nobody waits for the second lock for longer than two
 * milliseconds: then the first is given back, and next time the other one of
 * the two is taken first.
 */
#define _DEFAULT_SOURCE
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* ---- part A: transfers -------------------------------------------------- */

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
    long balance;

    pthread_mutex_lock(&account->lock);
    balance = account->balance;
    pthread_mutex_unlock(&account->lock);
    return balance;
}

static bool lock_in_order(pthread_mutex_t *a, pthread_mutex_t *b)
{
    struct timespec until;

    pthread_mutex_lock(a);
    if (a == b)
        return true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_mutex_timedlock(b, &until) == 0)
        return true;
    pthread_mutex_unlock(a);
    return false;
}

static void lock_both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    while (!lock_in_order(a, b) && !lock_in_order(b, a))
        ;
}

static void unlock_both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_unlock(a);
    if (b != a)
        pthread_mutex_unlock(b);
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    lock_both(&from->lock, &to->lock);
    if (from->balance < amount) {
        error = ERANGE;
    } else if (!approve(arg)) {
        error = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }
    unlock_both(&from->lock, &to->lock);
    return error;
}

/* ---- part B: dining philosophers ---------------------------------------- */

struct table {
    int seats;
    pthread_mutex_t forks[]; /* forks[i] lies to the left of seat i */
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

    lock_both(left, right);
    meal(arg);
    unlock_both(left, right);
}
