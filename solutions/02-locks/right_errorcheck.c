/* expect: pass */
/*
 * An error-checking mutex: it refuses what a plain mutex would do without a
 * word (unlocking what is not held, locking twice). A good choice while one
 * learns; what it says must be looked at, here by assert().
 */
#include "locks.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock;

    /* guarded by lock */
    long balance;
};

static int init_checked(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);

    if (error != 0)
        return error;
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    error = pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error;
}

static void acquire(struct account *account)
{
    int error = pthread_mutex_lock(&account->lock);

    assert(error == 0);
    (void)error;
}

static void release(struct account *account)
{
    int error = pthread_mutex_unlock(&account->lock);

    assert(error == 0);
    (void)error;
}

struct account *account_create(long balance)
{
    struct account *account = malloc(sizeof *account);

    if (account == NULL)
        return NULL;
    if (init_checked(&account->lock) != 0) {
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
    long balance;

    acquire(account);
    balance = account->balance;
    release(account);
    return balance;
}

int account_deposit(struct account *account, long amount)
{
    if (amount < 1)
        return EINVAL;
    acquire(account);
    account->balance += amount;
    release(account);
    return 0;
}

int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg)
{
    int error = 0;

    if (amount < 1)
        return EINVAL;
    acquire(account);
    if (account->balance < amount) {
        error = ERANGE;
        goto out;
    }
    if (!approve(arg)) {
        error = ECANCELED;
        goto out;
    }
    account->balance -= amount;
out:
    release(account);
    return error;
}
