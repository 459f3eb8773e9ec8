/* expect: pass */
/*
 * right_odd_even.c - accounts are numbered as they are made; philosophers at
 * odd seats begin with the right fork, the others with the left.
 *
 * The numbers come from an atomic counter: a global one, but nobody waits for
 * it. At the table no order of all forks is needed. In a circle of waiters
 * each would hold one fork and want the next; but an odd philosopher and the
 * even one to her right both begin with the fork between them, so one of the
 * two holds nothing at all.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_ulong accounts_made;

struct account {
    unsigned long number; /* never changes */
    pthread_mutex_t lock;

    /* guarded by lock */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = calloc(1, sizeof *account);

    if (account == NULL)
        return NULL;
    account->number = atomic_fetch_add(&accounts_made, 1);
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

/* Both accounts are held. */
static int move(struct account *from, struct account *to, long amount,
                bool (*approve)(void *arg), void *arg)
{
    if (from->balance < amount)
        return ERANGE;
    if (!approve(arg))
        return EPERM;
    from->balance -= amount;
    to->balance += amount;
    return 0;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    struct account *low = from->number <= to->number ? from : to;
    struct account *high = from->number <= to->number ? to : from;
    int result;

    pthread_mutex_lock(&low->lock);
    if (high != low)
        pthread_mutex_lock(&high->lock);
    result = move(from, to, amount, approve, arg);
    /* Not the reverse order, and that does no harm. */
    pthread_mutex_unlock(&low->lock);
    if (high != low)
        pthread_mutex_unlock(&high->lock);
    return result;
}

struct table {
    int seats;
    pthread_mutex_t *forks;
};

struct table *table_create(int seats)
{
    struct table *table = malloc(sizeof *table);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    table->forks = calloc((size_t)seats, sizeof *table->forks);
    if (table->forks == NULL) {
        free(table);
        return NULL;
    }
    for (int i = 0; i < seats; i++)
        pthread_mutex_init(&table->forks[i], NULL);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        pthread_mutex_destroy(&table->forks[i]);
    free(table->forks);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    pthread_mutex_t *left = &table->forks[seat];
    pthread_mutex_t *right = &table->forks[(seat + 1) % table->seats];

    pthread_mutex_lock(seat % 2 == 1 ? right : left);
    pthread_mutex_lock(seat % 2 == 1 ? left : right);
    meal(arg);
    pthread_mutex_unlock(left);
    pthread_mutex_unlock(right);
}
