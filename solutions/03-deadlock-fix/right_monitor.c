/* expect: pass */
/*
 * right_monitor.c - a monitor: nobody takes a single fork. Each philosopher
 * has a state, and becomes EATING when she is HUNGRY and no neighbour eats;
 * who puts her forks down looks whether a neighbour can eat now. One mutex
 * for the table, one condition variable for each seat. After Dijkstra; known
 * from Tanenbaum's book.
 *
 * Two neighbours who eat by turns could keep the one between them hungry for
 * as long as they like; a dinner that ends leaves her the forks.
 *
 * Accounts work alike: each may be reserved, and one monitor guards that.
 */
#include "deadlock-fix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* ---- accounts ----------------------------------------------------------- */

static pthread_mutex_t bank_lock = PTHREAD_MUTEX_INITIALIZER;

struct account {
    long balance; /* belongs to the transfer that has reserved the account */

    /* guarded by bank_lock */
    bool reserved;
    pthread_cond_t freed; /* reserved became false */
};

struct account *account_create(long balance)
{
    struct account *account = calloc(1, sizeof *account);

    if (account == NULL)
        return NULL;
    account->balance = balance;
    pthread_cond_init(&account->freed, NULL);
    return account;
}

void account_destroy(struct account *account)
{
    pthread_cond_destroy(&account->freed);
    free(account);
}

/* Both or neither: while one is reserved, the other is left alone. */
static void reserve(struct account *a, struct account *b)
{
    pthread_mutex_lock(&bank_lock);
    for (;;) {
        if (a->reserved)
            pthread_cond_wait(&a->freed, &bank_lock);
        else if (b->reserved)
            pthread_cond_wait(&b->freed, &bank_lock);
        else
            break;
    }
    a->reserved = true;
    b->reserved = true;
    pthread_mutex_unlock(&bank_lock);
}

static void give_back(struct account *a, struct account *b)
{
    pthread_mutex_lock(&bank_lock);
    a->reserved = false;
    b->reserved = false;
    pthread_cond_broadcast(&a->freed);
    pthread_cond_broadcast(&b->freed);
    pthread_mutex_unlock(&bank_lock);
}

long account_balance(struct account *account)
{
    reserve(account, account);
    long balance = account->balance;
    give_back(account, account);
    return balance;
}

int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg)
{
    int result = 0;

    reserve(from, to);
    if (from->balance < amount)
        result = ERANGE;
    else if (!approve(arg))
        result = EPERM;
    if (result == 0) {
        from->balance -= amount;
        to->balance += amount;
    }
    give_back(from, to);
    return result;
}

/* ---- philosophers ------------------------------------------------------- */

enum state { THINKING, HUNGRY, EATING };

struct chair {
    enum state state;
    pthread_cond_t may_eat; /* state became EATING */
};

struct table {
    int seats;
    pthread_mutex_t lock;

    /* guarded by lock */
    struct chair chairs[];
};

struct table *table_create(int seats)
{
    struct table *table =
        calloc(1, sizeof *table + (size_t)seats * sizeof table->chairs[0]);

    if (table == NULL)
        return NULL;
    table->seats = seats;
    pthread_mutex_init(&table->lock, NULL);
    for (int i = 0; i < seats; i++)
        pthread_cond_init(&table->chairs[i].may_eat, NULL);
    return table;
}

void table_destroy(struct table *table)
{
    for (int i = 0; i < table->seats; i++)
        pthread_cond_destroy(&table->chairs[i].may_eat);
    pthread_mutex_destroy(&table->lock);
    free(table);
}

static int left_of(const struct table *table, int seat)
{
    return (seat + table->seats - 1) % table->seats;
}

static int right_of(const struct table *table, int seat)
{
    return (seat + 1) % table->seats;
}

/* Under the lock. */
static void let_eat_if_possible(struct table *table, int seat)
{
    if (table->chairs[seat].state == HUNGRY &&
        table->chairs[left_of(table, seat)].state != EATING &&
        table->chairs[right_of(table, seat)].state != EATING) {
        table->chairs[seat].state = EATING;
        pthread_cond_signal(&table->chairs[seat].may_eat);
    }
}

void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg)
{
    struct chair *chair = &table->chairs[seat];

    pthread_mutex_lock(&table->lock);
    chair->state = HUNGRY;
    let_eat_if_possible(table, seat);
    while (chair->state != EATING)
        pthread_cond_wait(&chair->may_eat, &table->lock);
    pthread_mutex_unlock(&table->lock);

    meal(arg);

    pthread_mutex_lock(&table->lock);
    chair->state = THINKING;
    let_eat_if_possible(table, left_of(table, seat));
    let_eat_if_possible(table, right_of(table, seat));
    pthread_mutex_unlock(&table->lock);
}
