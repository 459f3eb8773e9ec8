/* expect: fail no-data-race */
/*
 * wrong_flag_outside_lock.c - forks are flags below one lock. They are set
 * under it and cleared without it: to clear one needs no look, so no lock, it
 * seemed.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
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

static void lock_both(struct account *a, struct account *b)
{
    struct account *first = (uintptr_t)a < (uintptr_t)b ? a : b;
    struct account *second = first == a ? b : a;

    pthread_mutex_lock(&first->lock);
    if (second != first)
        pthread_mutex_lock(&second->lock);
}

static void unlock_both(struct account *a, struct account *b)
{
    pthread_mutex_unlock(&a->lock);
    if (b != a)
        pthread_mutex_unlock(&b->lock);
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    lock_both(from, to);
    if (from->balance < amount) {
        error = ERANGE;
    } else if (!approve(arg)) {
        error = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }
    unlock_both(from, to);
    return error;
}

/* ---- part B: dining philosophers ---------------------------------------- */

struct table {
    int seats;
    pthread_mutex_t lock;

    /* guarded by lock */
    pthread_cond_t put_down; /* one of `taken` became false */
    bool taken[];
};

struct table *table_create(int seats)
{
    struct table *table = calloc(1, sizeof *table + (size_t)seats);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    pthread_mutex_init(&table->lock, NULL);
    pthread_cond_init(&table->put_down, NULL);
    return table;
}

void table_destroy(struct table *table)
{
    pthread_cond_destroy(&table->put_down);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    bool *left = &table->taken[seat];
    bool *right = &table->taken[(seat + 1) % table->seats];

    pthread_mutex_lock(&table->lock);
    while (*left || *right) /* BUG */
        pthread_cond_wait(&table->put_down, &table->lock);
    *left = true;
    *right = true;
    pthread_mutex_unlock(&table->lock);

    meal(arg);

    *left = false;  /* BUG */
    *right = false; /* BUG */
    pthread_mutex_lock(&table->lock);
    pthread_cond_broadcast(&table->put_down);
    pthread_mutex_unlock(&table->lock);
}
