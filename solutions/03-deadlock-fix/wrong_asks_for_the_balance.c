/* expect: fail every-interleaving */
/*
 * wrong_asks_for_the_balance.c - whether there is enough is asked of
 * account_balance(), which takes the lock, so no race is reported. But it has
 * given the lock back when the transfer takes both: the answer may be old.
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

/*
 * Takes both locks, the one at the lower address first; one account has one
 * lock, which is taken once. C does not order pointers into different
 * objects, but it orders the numbers that they convert to.
 */
static void lock_both(struct account *a, struct account *b)
{
    struct account *first = (uintptr_t)a < (uintptr_t)b ? a : b;
    struct account *second = first == a ? b : a;

    pthread_mutex_lock(&first->lock);
    if (second != first)
        pthread_mutex_lock(&second->lock);
}

/* In any order: who gives back a lock waits for nobody. */
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

    if (account_balance(from) < amount) /* BUG */
        return ERANGE;

    lock_both(from, to);
    if (!approve(arg)) {
        error = EPERM;
    } else {
        from->balance -= amount; /* BUG */
        to->balance += amount;
    }
    unlock_both(from, to);
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

/*
 * The fork with the lower number first. That is the left one for everybody
 * but the last philosopher, whose right fork has the number 0: she breaks the
 * circle.
 */
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
