/* expect: pass */
/*
 * right_arbitrator.c - ask the waiter. Accounts and forks are plain flags;
 * one mutex guards them all, for the moment that it takes to look at two
 * flags and set them. Who cannot have both takes neither, and sleeps on a
 * condition variable: nobody holds one thing and waits for another.
 *
 * The mutex is never held while approve() or meal() runs. The broadcast comes
 * after the unlock, which is allowed, as the flags changed before it.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static struct {
    pthread_mutex_t lock;
    pthread_cond_t released; /* a flag that lock guards became false */
} waiter = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};

static void take_both(bool *a, bool *b)
{
    pthread_mutex_lock(&waiter.lock);
    while (*a || *b)
        pthread_cond_wait(&waiter.released, &waiter.lock);
    *a = true;
    *b = true;
    pthread_mutex_unlock(&waiter.lock);
}

static void release_both(bool *a, bool *b)
{
    pthread_mutex_lock(&waiter.lock);
    *a = false;
    *b = false;
    pthread_mutex_unlock(&waiter.lock);
    pthread_cond_broadcast(&waiter.released);
}

struct account {
    bool taken;   /* guarded by waiter.lock */
    long balance; /* belongs to whoever has set `taken` */
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    account->taken = false;
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

    take_both(&account->taken, &account->taken);
    balance = account->balance;
    release_both(&account->taken, &account->taken);
    return balance;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int result = 0;

    take_both(&from->taken, &to->taken);
    if (from->balance < amount) {
        result = ERANGE;
    } else if (!approve(arg)) {
        result = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }
    release_both(&from->taken, &to->taken);
    return result;
}

struct table {
    int seats;
    bool taken[]; /* each fork; guarded by waiter.lock */
};

struct table *table_create(int seats)
{
    struct table *table = calloc(1, sizeof *table + (size_t)seats);

    if (table != NULL)
        table->seats = seats;
    return table;
}

void table_destroy(struct table *table)
{
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    bool *left = &table->taken[seat];
    bool *right = &table->taken[(seat + 1) % table->seats];

    take_both(left, right);
    meal(arg);
    release_both(left, right);
}
