/* expect: pass */
/*
 * A scoped lock: a variable that unlocks when it goes out of scope, by the
 * compiler's cleanup attribute (gcc and clang). No path out of the block, and
 * none that somebody adds later, can forget it.
 */
#include "locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;

    /* guarded by lock */
    long balance;
};

static pthread_mutex_t *scoped_begin(pthread_mutex_t *lock)
{
    pthread_mutex_lock(lock);
    return lock;
}

static void scoped_end(pthread_mutex_t **lock)
{
    pthread_mutex_unlock(*lock);
}

/* Holds the lock until the end of the enclosing block. */
#define SCOPED_LOCK(lock)                                                      \
    __attribute__((cleanup(scoped_end), unused)) pthread_mutex_t *scoped =     \
        scoped_begin(lock)

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (pthread_mutex_init(&account->lock, NULL) != 0) {
        free(account);
        return NULL;
    }
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
    SCOPED_LOCK(&account->lock);

    return account->balance;
}

int account_deposit(struct account *account, long amount)
{
    SCOPED_LOCK(&account->lock);

    if (amount < 1)
        return EINVAL;
    account->balance += amount;
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    SCOPED_LOCK(&account->lock);

    if (amount < 1)
        return EINVAL;
    if (account->balance < amount)
        return ERANGE;
    if (!approve(arg))
        return ECANCELED;
    account->balance -= amount;
    return 0;
}
