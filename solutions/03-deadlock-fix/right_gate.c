/* expect: pass */
/*
 * right_gate.c - a gate before the locks: one mutex that is held while two
 * locks are taken, and not longer. Inside the gate there is only ever one
 * thread that holds one lock and wants another, so no circle can close; the
 * others are outside, or have all that they need.
 *
 * It has a price: who waits for her second fork keeps the gate shut for
 * everybody behind her.
 *
 * Lock-order checkers see locks taken in both orders and warn of a cycle;
 * they do not see the gate that stands before it.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t bank_gate = PTHREAD_MUTEX_INITIALIZER;

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

    pthread_mutex_lock(&bank_gate);
    pthread_mutex_lock(&from->lock);
    if (to != from)
        pthread_mutex_lock(&to->lock);
    pthread_mutex_unlock(&bank_gate);

    if (from->balance < amount) {
        result = ERANGE;
    } else if (!approve(arg)) {
        result = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }

    if (to != from)
        pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
    return result;
}

struct table {
    int seats;
    pthread_mutex_t gate;
    pthread_mutex_t forks[];
};

struct table *table_create(int seats)
{
    struct table *table =
        malloc(sizeof *table + (size_t)seats * sizeof table->forks[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    pthread_mutex_init(&table->gate, NULL);
    for (int i = 0; i < seats; i++)
        pthread_mutex_init(&table->forks[i], NULL);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        pthread_mutex_destroy(&table->forks[i]);
    pthread_mutex_destroy(&table->gate);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    pthread_mutex_t *left = &table->forks[seat];
    pthread_mutex_t *right = &table->forks[(seat + 1) % table->seats];

    pthread_mutex_lock(&table->gate);
    pthread_mutex_lock(left);
    pthread_mutex_lock(right);
    pthread_mutex_unlock(&table->gate);

    meal(arg);

    pthread_mutex_unlock(left);
    pthread_mutex_unlock(right);
}
