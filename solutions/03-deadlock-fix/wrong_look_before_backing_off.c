/* expect: fail every-interleaving */
/*
 * wrong_look_before_backing_off.c - takes the first account, looks
 * whether there is enough, and tries for the second. Whoever backs off gives
 * the first account back, and keeps what was seen in it.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

static void lock_two(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_t *wait_for = a;
    pthread_mutex_t *try = b;

    for (;;) {
        pthread_mutex_lock(wait_for);
        if (pthread_mutex_trylock(try) == 0)
            return;
        pthread_mutex_unlock(wait_for);

        pthread_mutex_t *taken = try;
        try = wait_for;
        wait_for = taken;
    }
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
    bool enough;

    pthread_mutex_lock(&from->lock);
    enough = from->balance >= amount; /* BUG */
    while (from != to && pthread_mutex_trylock(&to->lock) != 0) {
        pthread_mutex_unlock(&from->lock); /* BUG */
        sched_yield();
        pthread_mutex_lock(&from->lock);
    }

    if (!enough) {
        result = ERANGE;
    } else if (!approve(arg)) {
        result = EPERM;
    } else {
        from->balance -= amount; /* BUG */
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
