/* expect: pass */
/*
 * right_back_off_and_sleep.c - no order of locks: whoever does not get both
 * gives back what she has and sleeps for a while, by chance and up to twice as
 * long after each attempt, as computers on one cable do.
 */
#define _DEFAULT_SOURCE
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

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

/* The next pause of this thread, in nanoseconds. */
static long pause_after(int attempt)
{
    static _Thread_local unsigned chance;

    if (chance == 0)
        chance = (unsigned)(uintptr_t)&chance;
    return 1000L * (1 + rand_r(&chance) % (2 << (attempt < 8 ? attempt : 8)));
}

static void lock_both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    for (int attempt = 0;; attempt++) {
        struct timespec pause = {.tv_nsec = pause_after(attempt)};

        if (pthread_mutex_trylock(a) == 0) {
            if (b == a || pthread_mutex_trylock(b) == 0)
                return;
            pthread_mutex_unlock(a);
        }
        nanosleep(&pause, NULL);
    }
}

static void unlock_both(pthread_mutex_t *a, pthread_mutex_t *b)
{
    pthread_mutex_unlock(a);
    if (b != a)
        pthread_mutex_unlock(b);
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    lock_both(&from->lock, &to->lock);
    if (from->balance < amount) {
        error = ERANGE;
    } else if (!approve(arg)) {
        error = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }
    unlock_both(&from->lock, &to->lock);
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
    pthread_mutex_t *left = &table->forks[seat];
    pthread_mutex_t *right = &table->forks[(seat + 1) % table->seats];

    lock_both(left, right);
    meal(arg);
    unlock_both(left, right);
}
