/* expect: fail at-the-same-time */
/*
 * wrong_one_gate.c - one lock for the whole bank and one for the whole table.
 * No deadlock, and nobody ever does anything at the same moment as anybody
 * else.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- part A: transfers -------------------------------------------------- */

static pthread_mutex_t bank = PTHREAD_MUTEX_INITIALIZER;

struct account {
    long balance; /* guarded by bank */
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
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

    pthread_mutex_lock(&bank);
    balance = account->balance;
    pthread_mutex_unlock(&bank);
    return balance;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    pthread_mutex_lock(&bank); /* BUG */
    if (from->balance < amount) {
        error = ERANGE;
    } else if (!approve(arg)) {
        error = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }
    pthread_mutex_unlock(&bank);
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
    (void)seat;
    pthread_mutex_lock(&table->forks[0]); /* BUG */
    meal(arg);
    pthread_mutex_unlock(&table->forks[0]);
}
