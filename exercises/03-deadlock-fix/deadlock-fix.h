/*
 * deadlock-fix.h - two programs that stop for ever, now and then: the
 * contract.
 *
 * Both take two things before they begin: a transfer its two accounts, a
 * philosopher her two forks. Whatever is waited for, the wait must end:
 *
 *   - No deadlock. Whichever calls are under way, and in whichever order the
 *     threads come, each call returns once approve() and meal() of the
 *     others have returned. Under fair scheduling every finite dinner ends.
 *   - No single big lock. When only two calls are under way and they share
 *     no account and no fork, neither waits for the other.
 *   - A thread that waits sleeps, or tries a lock again and again. It does
 *     not read a variable in a loop.
 *
 * All functions may be called by several threads at the same moment, but for
 * the two that destroy.
 */
#ifndef DEADLOCK_FIX_H
#define DEADLOCK_FIX_H

#include <stdbool.h>

/* ---- part A: transfers -------------------------------------------------- */

/* What is in it is up to you: you define it in deadlock-fix.c. */
struct account;

/*
 * A new account. Returns NULL when there is no memory for it. It belongs to
 * the caller, who gives it back with account_destroy().
 */
struct account *account_create(long balance);

/* Frees an account. No other call on it is under way, and none follows. */
void account_destroy(struct account *account);

/* What is in the account. Waits while a transfer holds the account. */
long account_balance(struct account *account);

/*
 * Moves an amount from one account to another.
 *
 * from, to  May be the same account: then everything happens as it does for
 *           two, and the balance stays what it is.
 * amount    1 or more.
 * approve   Is called once, with `arg`, when there is enough money, while
 *           BOTH accounts are held: from before it is called until the money
 *           has moved, nobody else can hold or read either of them. It may
 *           block. It calls no function of this header.
 *
 * Returns
 *   0       The money has moved.
 *   EPERM   approve() said no (false). Nothing has changed.
 *   ERANGE  There was less than `amount` in `from`. Nothing has changed, and
 *           approve() was not asked.
 *
 * On return neither account is held any more, whatever the result. Blocks
 * while another transfer holds one of the two.
 */
int transfer(struct account *from, struct account *to, long amount,
             bool (*approve)(void *arg), void *arg);

/* ---- part B: dining philosophers ---------------------------------------- */

/*
 * A round table. Seats have the numbers 0 to seats - 1. Between each seat and
 * the next lies one fork, and one between the last seat and seat 0: so there
 * are as many forks as seats. Also up to you.
 */
struct table;

/*
 * A new table with `seats` seats, 2 or more. Returns NULL when there is no
 * memory for it. It belongs to the caller, who gives it back with
 * table_destroy().
 */
struct table *table_create(int seats);

/* Frees a table. Nobody dines there, and nobody will. */
void table_destroy(struct table *table);

/*
 * The philosopher at `seat` is hungry: takes the fork on her left and the
 * fork on her right, calls meal(arg) once, puts both forks down, returns.
 * While meal() runs, neither of her neighbours is in a meal. It may block. It
 * calls no function of this header.
 *
 * Blocks while a neighbour eats. At one moment at most one thread dines at
 * one seat: the caller sees to that.
 */
void dine(struct table *table, int seat, void (*meal)(void *arg), void *arg);

#endif
