/* expect: pass */
/*
 * right_c11.c - the order of locks in the words of C11: mtx_t from
 * <threads.h>. An account's place in the order is a number that it got when
 * it was made; the last philosopher is left-handed.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <stdlib.h>
#include <threads.h>

static mtx_t numbers_lock;
static once_flag numbers_once = ONCE_FLAG_INIT;
static unsigned long next_number; /* guarded by numbers_lock */

static void numbers_begin(void)
{
    mtx_init(&numbers_lock, mtx_plain);
}

static unsigned long new_number(void)
{
    unsigned long number;

    call_once(&numbers_once, numbers_begin);
    mtx_lock(&numbers_lock);
    number = next_number++;
    mtx_unlock(&numbers_lock);
    return number;
}

struct account {
    unsigned long number; /* never changes */
    mtx_t lock;

    /* guarded by lock */
    long balance;
};

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    account->number = new_number();
    mtx_init(&account->lock, mtx_plain);
    account->balance = balance;
    return account;
}

void account_destroy(struct account *account)
{
    mtx_destroy(&account->lock);
    free(account);
}

long account_balance(struct account *account)
{
    mtx_lock(&account->lock);
    long balance = account->balance;
    mtx_unlock(&account->lock);
    return balance;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int result = 0;

    if (from == to) {
        mtx_lock(&from->lock);
    } else if (from->number < to->number) {
        mtx_lock(&from->lock);
        mtx_lock(&to->lock);
    } else {
        mtx_lock(&to->lock);
        mtx_lock(&from->lock);
    }

    if (from->balance < amount) {
        result = ERANGE;
    } else if (!approve(arg)) {
        result = EPERM;
    } else {
        from->balance -= amount;
        to->balance += amount;
    }

    mtx_unlock(&from->lock);
    if (from != to)
        mtx_unlock(&to->lock);
    return result;
}

struct table {
    int seats;
    mtx_t forks[];
};

struct table *table_create(int seats)
{
    struct table *table =
        malloc(sizeof *table + (size_t)seats * sizeof table->forks[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    for (int i = 0; i < seats; i++)
        mtx_init(&table->forks[i], mtx_plain);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        mtx_destroy(&table->forks[i]);
    free(table);
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    mtx_t *left = &table->forks[seat];
    mtx_t *right = &table->forks[(seat + 1) % table->seats];

    if (seat == table->seats - 1) {
        mtx_lock(right);
        mtx_lock(left);
    } else {
        mtx_lock(left);
        mtx_lock(right);
    }
    meal(arg);
    mtx_unlock(left);
    mtx_unlock(right);
}
