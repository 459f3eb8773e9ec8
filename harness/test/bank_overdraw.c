/* expect: assertion */
/*
 * Two customers withdraw 60 each from an account with 100.  The balance is an
 * atomic variable and the subtraction is one atomic step, but the check is not
 * part of it: T1 sees 100, T2 sees 100, both subtract 60, and the balance is
 * -20.  The twin checks and subtracts in one compare-and-swap.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int balance = 100;

static void *customer(void *arg)
{
    int seen = atomic_load(&balance);

    (void)arg;
#ifdef FIXED
    while (seen >= 60 &&
           !atomic_compare_exchange_strong(&balance, &seen, seen - 60))
        continue;
#else
    if (seen >= 60)
        atomic_fetch_sub(&balance, 60); /* BUG: the check is outside */
#endif
    assert(atomic_load(&balance) >= 0);
    return NULL;
}

int main(void)
{
    pthread_t t[2];

    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, customer, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    return 0;
}
