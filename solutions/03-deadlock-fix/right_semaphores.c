/* expect: pass */
/*
 * right_semaphores.c - Dijkstra's own tool: each account and each fork is a
 * semaphore that begins at 1. They are taken in the order of their addresses,
 * forks as well, as they lie in one array.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

/* Takes one; goes on waiting when a signal handler interrupts the wait. */
static void take(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        ;
}

static void take_two(sem_t *a, sem_t *b)
{
    if ((uintptr_t)a > (uintptr_t)b) {
        take_two(b, a);
        return;
    }
    take(a);
    if (a != b)
        take(b);
}

static void put_two(sem_t *a, sem_t *b)
{
    sem_post(a);
    if (a != b)
        sem_post(b);
}

struct account {
    sem_t free; /* 1: nobody holds the account */

    /* belongs to whoever took `free` */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (sem_init(&account->free, 0, 1) != 0) {
        free(account);
        return NULL;
    }
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    sem_destroy(&account->free);
    free(account);
}

long account_balance(struct account *account)
{
    take(&account->free);
    long balance = account->balance;
    sem_post(&account->free);
    return balance;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int result = 0;

    take_two(&from->free, &to->free);
    if (from->balance < amount) {
        result = ERANGE;
    } else if (!approve(arg)) {
        result = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }
    put_two(&from->free, &to->free);
    return result;
}

struct table {
    int seats;
    sem_t forks[];
};

struct table *table_create(int seats)
{
    struct table *table =
        malloc(sizeof *table + (size_t)seats * sizeof table->forks[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    for (int i = 0; i < seats; i++)
        sem_init(&table->forks[i], 0, 1);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        sem_destroy(&table->forks[i]);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    sem_t *left = &table->forks[seat];
    sem_t *right = &table->forks[(seat + 1) % table->seats];

    take_two(left, right);
    meal(arg);
    put_two(left, right);
}
