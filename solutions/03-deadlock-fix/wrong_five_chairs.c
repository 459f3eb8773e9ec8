/* expect: fail no-deadlock */
/*
 * wrong_five_chairs.c - a semaphore at the door, but it lets everyone in: one
 * chair too many, and all sit with one fork each.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
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
    sem_t chairs;
    pthread_mutex_t forks[]; /* forks[i] lies to the left of seat i */
};

struct table *table_create(int seats)
{
    struct table *table =
        malloc(sizeof *table + (size_t)seats * sizeof table->forks[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    sem_init(&table->chairs, 0, (unsigned)seats); /* BUG */
    for (int i = 0; i < seats; i++)
        pthread_mutex_init(&table->forks[i], NULL);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        pthread_mutex_destroy(&table->forks[i]);
    sem_destroy(&table->chairs);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    pthread_mutex_t *left = &table->forks[seat];
    pthread_mutex_t *right = &table->forks[(seat + 1) % table->seats];

    while (sem_wait(&table->chairs) != 0)
        ;
    pthread_mutex_lock(left);  /* BUG */
    pthread_mutex_lock(right); /* BUG */
    meal(arg);
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
    sem_post(&table->chairs);
}
