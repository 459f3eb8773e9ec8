/* expect: pass */
/*
 * right_four_seats.c - a semaphore lets at most seats - 1 philosophers sit
 * down. They all begin with the left fork; but with one place empty there is
 * always somebody whose right fork nobody holds, so no circle closes.
 *
 * Lock-order checkers accuse it: they see the cycle of forks, and not the
 * semaphore above it. Transfers know their order by address.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;
    long balance; /* guarded by lock */
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account != NULL) {
        pthread_mutex_init(&account->lock, NULL);
        account->balance = balance;
    }
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

static void swap(struct account **a, struct account **b)
{
    struct account *c = *a;

    *a = *b;
    *b = c;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    struct account *a = from;
    struct account *b = to;
    int result = 0;

    if ((uintptr_t)a > (uintptr_t)b)
        swap(&a, &b);
    pthread_mutex_lock(&a->lock);
    if (a != b)
        pthread_mutex_lock(&b->lock);

    if (from->balance < amount) {
        result = ERANGE;
        goto out;
    }
    if (!approve(arg)) {
        result = EPERM;
        goto out;
    }
    from->balance -= amount;
    to->balance += amount;
out:
    if (a != b)
        pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&a->lock);
    return result;
}

struct table {
    int seats;
    sem_t chairs; /* one fewer than seats */
    pthread_mutex_t forks[];
};

struct table *table_create(int seats)
{
    struct table *table =
        malloc(sizeof *table + (size_t)seats * sizeof table->forks[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    sem_init(&table->chairs, 0, (unsigned)seats - 1);
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
        ; /* EINTR: a signal handler ran meanwhile */
    pthread_mutex_lock(left);
    pthread_mutex_lock(right);
    meal(arg);
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
    sem_post(&table->chairs);
}
