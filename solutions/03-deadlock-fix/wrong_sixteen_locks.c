/* expect: fail at-the-same-time */
/*
 * Sixteen locks for all accounts: the address of an account says which is hers.
 * The order is right, and nobody waits for ever. But two transfers that share
 * no account share a lock now and then, and one waits for the question of the
 * other.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* ---- part A: transfers -------------------------------------------------- */

enum { LOCKS = 16 };

static pthread_mutex_t locks[LOCKS] = {[0 ... LOCKS - 1] =
                                           PTHREAD_MUTEX_INITIALIZER};

struct account {
    long balance; /* guarded by the lock of its address */
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

static pthread_mutex_t *of(struct account *account)
{
    return &locks[(uintptr_t)account / 16 % LOCKS];
}

static void lock_both(struct account *a, struct account *b)
{
    pthread_mutex_t *first = of(a) < of(b) ? of(a) : of(b);
    pthread_mutex_t *second = of(a) < of(b) ? of(b) : of(a);

    pthread_mutex_lock(first); /* BUG */
    if (second != first)
        pthread_mutex_lock(second); /* BUG */
}

/* In any order: who gives back a lock waits for nobody. */
static void unlock_both(struct account *a, struct account *b)
{
    pthread_mutex_unlock(of(a));
    if (of(b) != of(a))
        pthread_mutex_unlock(of(b));
}

long account_balance(struct account *account)
{
    long balance;

    pthread_mutex_lock(of(account));
    balance = account->balance;
    pthread_mutex_unlock(of(account));
    return balance;
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
