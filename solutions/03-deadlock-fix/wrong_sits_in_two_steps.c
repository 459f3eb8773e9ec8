/* expect: fail every-interleaving */
/*
 * wrong_sits_in_two_steps.c - a table with one lock and a word for each
 * seat, whether she eats. One function waits until no neighbour eats, another
 * one says that she does, and each takes the lock: in between it is free.
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

/* ---- philosophers ------------------------------------------------------- */

struct table {
    int seats;
    pthread_mutex_t lock;
    pthread_cond_t put_down; /* somebody has ended her meal */

    /* guarded by lock */
    bool eats[];
};

struct table *table_create(int seats)
{
    struct table *table =
        calloc(1, sizeof *table + (size_t)seats * sizeof table->eats[0]);

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

/* Under the lock. */
static bool a_neighbour_eats(const struct table *table, int seat)
{
    return table->eats[(seat + table->seats - 1) % table->seats] || /* BUG */
           table->eats[(seat + 1) % table->seats];                  /* BUG */
}

static void wait_for_forks(struct table *table, int seat)
{
    pthread_mutex_lock(&table->lock);
    while (a_neighbour_eats(table, seat))
        pthread_cond_wait(&table->put_down, &table->lock);
    pthread_mutex_unlock(&table->lock); /* BUG */
}

static void set_eats(struct table *table, int seat, bool eats)
{
    pthread_mutex_lock(&table->lock);
    table->eats[seat] = eats; /* BUG */
    pthread_cond_broadcast(&table->put_down);
    pthread_mutex_unlock(&table->lock);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    wait_for_forks(table, seat); /* BUG */
    set_eats(table, seat, true); /* BUG */
    meal(arg);
    set_eats(table, seat, false);
}
