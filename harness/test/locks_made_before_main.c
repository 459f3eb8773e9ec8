/* expect: assertion */
/*
 * Constructors run before main(), in the order of their priorities: the first
 * takes memory for the account, the second makes a recursive lock and a
 * semaphore, and pays in. One unit too many in the semaphore, and two threads
 * are at the till at one time. GCC manual, Common Function Attributes.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct account {
    pthread_mutex_t lock; /* recursive: audit() is called with it held */
    sem_t till;           /* one unit: who has it is served */
    /* by who has `till`: */
    int served;
    /* under lock: */
    int balance;
};

static struct account *account;

static void audit(void)
{
    pthread_mutex_lock(&account->lock);
    assert(account->balance >= 0);
    pthread_mutex_unlock(&account->lock);
}

__attribute__((constructor(201))) static void make_locks(void)
{
    pthread_mutexattr_t recursive;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&account->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
#ifdef FIXED
    sem_init(&account->till, 0, 1);
#else
    sem_init(&account->till, 0, 2); /* BUG: two are served */
#endif
    pthread_mutex_lock(&account->lock);
    account->balance = 100;
    audit();
    pthread_mutex_unlock(&account->lock);
}

__attribute__((constructor(200))) static void make_account(void)
{
    account = calloc(1, sizeof *account);
}

static void *customer(void *unused)
{
    sem_wait(&account->till);
    assert(__atomic_add_fetch(&account->served, 1, __ATOMIC_SEQ_CST) == 1);
    pthread_mutex_lock(&account->lock);
    account->balance -= 10;
    audit();
    pthread_mutex_unlock(&account->lock);
    __atomic_sub_fetch(&account->served, 1, __ATOMIC_SEQ_CST);
    sem_post(&account->till);
    return unused;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, customer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert(account->balance == 80);
    return 0;
}

__attribute__((destructor)) static void free_account(void)
{
    sem_destroy(&account->till);
    pthread_mutex_destroy(&account->lock);
    free(account);
}
