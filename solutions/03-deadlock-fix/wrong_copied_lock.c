/* expect: fail moves-money no-data-race */
/*
 * wrong_copied_lock.c - the locks are copied into local variables, and
 * everybody locks a copy of her own: a lock is its address, not its value.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

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

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    pthread_mutex_t first = from->lock; /* BUG */
    pthread_mutex_t second = to->lock;  /* BUG */
    int error = 0;

    pthread_mutex_lock(&first); /* BUG */
    pthread_mutex_lock(&second);
    if (from->balance < amount) { /* BUG */
        error = ERANGE;
    } else if (!approve(arg)) {
        error = EPERM;
    } else {
        from->balance -= amount; /* BUG */
        to->balance += amount;   /* BUG */
    }
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
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
    int left = seat;
    int right = (seat + 1) % table->seats;
    int low = left < right ? left : right;
    int high = left < right ? right : left;

    pthread_mutex_lock(&table->forks[low]);
    pthread_mutex_lock(&table->forks[high]);
    meal(arg);
    pthread_mutex_unlock(&table->forks[high]);
    pthread_mutex_unlock(&table->forks[low]);
}
