/*
 * locks.h - accounts of a bank, used by many threads: the contract.
 *
 * Every function may be called by any number of threads at the same moment,
 * on the same account or on different ones. Amounts are cents; the caller
 * sees to it that no balance grows past what a long can hold.
 */
#ifndef LOCKS_H
#define LOCKS_H

#include <stdbool.h>

struct account; /* what it holds is up to you */

/*
 * A new account with that balance, 0 or more. NULL if there is no memory or
 * no lock to be had. The caller gives it back with account_destroy().
 */
struct account *account_create(long balance);

/*
 * Gives the account back, and everything that belongs to it. Nobody uses it
 * any more: no call on it is under way, and none will come.
 */
void account_destroy(struct account *account);

/*
 * A balance that the account really had at some moment during the call. May
 * wait for an operation on the same account that is under way.
 */
long account_balance(struct account *account);

/*
 * Puts money in. Waits while the account is held by a withdrawal.
 *
 * Returns 0, or EINVAL if the amount is not at least 1: then nothing has
 * changed.
 */
int account_deposit(struct account *account, long amount);

/*
 * Takes money out, if there is enough of it and if `approve` says yes.
 *
 * A withdrawal looks at the balance, asks, and takes the money, and is one
 * step for everybody else: from the look at the balance to the taking of the
 * money the account is held, and no other deposit or withdrawal on it takes
 * effect. Who wants the same account meanwhile sleeps until it is free; it
 * does not spin, for approve() may take as long as it likes. Who wants another
 * account is not delayed.
 *
 * approve   Called exactly once with `arg`, in the calling thread, with the
 *           account held, if the amount is valid and the balance is enough;
 *           otherwise not at all. It may block. It may use other accounts,
 *           but not this one.
 *
 * Returns 0 when the money was taken. Otherwise nothing has changed and the
 * account is free again:
 *   EINVAL     the amount is not at least 1
 *   ERANGE     the balance is not enough
 *   ECANCELED  approve() said no
 */
int account_withdraw(struct account *account, long amount,
                     bool (*approve)(void *arg), void *arg);

#endif
