/*
 * tests.c - what is observed of the accounts, and what must be.
 *
 * approve() is where the tests look in. It is called with the account held,
 * and may block: so it goes to a meeting, and the number that comes to the
 * meeting says how many were inside at the same moment. Every thread makes
 * its notes in a struct of its own, which is read after the join.
 */
#include "interleave.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "locks.h"

/* ---- one thread of a test ------------------------------------------------ */

struct clerk {
    pthread_t thread;
    struct account *account;
    long amount;
    bool answer;             /* what approve() says */
    struct meeting *meeting; /* approve() goes there; or NULL */

    int asked;    /* how often approve() was called */
    int met;      /* how many were in the meeting, at most */
    int returned; /* by the operation */
};

static bool approve(void *arg)
{
    struct clerk *clerk = arg;

    clerk->asked++;
    if (clerk->meeting != NULL) {
        int met = meet(clerk->meeting);

        if (met > clerk->met)
            clerk->met = met;
    }
    return clerk->answer;
}

static void *withdraw(void *arg)
{
    struct clerk *clerk = arg;

    clerk->returned =
        account_withdraw(clerk->account, clerk->amount, approve, clerk);
    return NULL;
}

static void *deposit(void *arg)
{
    struct clerk *clerk = arg;

    clerk->returned = account_deposit(clerk->account, clerk->amount);
    return NULL;
}

static void start(struct clerk *clerk, void *(*work)(void *arg))
{
    pthread_create(&clerk->thread, NULL, work, clerk);
}

static void finish(struct clerk *clerks, int n)
{
    for (int i = 0; i < n; i++)
        pthread_join(clerks[i].thread, NULL);
}

static struct clerk clerk_at(struct account *account, long amount)
{
    return (struct clerk){
        .account = account, .amount = amount, .answer = true, .returned = -1};
}

/* The next amount: 1 to most. */
static long draw_amount(uint64_t *state, long most)
{
    return 1 + (long)(draw(state) % (uint64_t)most);
}

/* ---- money: the rules, one thread at a time -------------------------------
 */

Test(money, in_and_out)
{
    uint64_t state = seed();
    long balance = draw_amount(&state, 1000);
    struct account *account = account_create(balance);
    struct clerk clerk = clerk_at(account, balance);

    observe_int("balance-new", account_balance(account));
    observe_int("deposit", account_deposit(account, 25));
    observe_int("balance-deposited", account_balance(account));
    withdraw(&clerk);
    observe_int("withdraw", clerk.returned);
    observe_int("asked", clerk.asked);
    observe_int("balance-left", account_balance(account));
    account_destroy(account);
}

Expect(money, in_and_out)
{
    uint64_t state = seed();
    long balance = draw_amount(&state, 1000);

    expect_int("balance-new", EQUAL, balance,
               "a new account holds what account_create() was given");
    expect_int("deposit", EQUAL, 0, "the deposit was in order");
    expect_int("balance-deposited", EQUAL, balance + 25,
               "a deposit of 25 makes the balance larger by 25");
    expect_int("withdraw", EQUAL, 0,
               "there was enough, and approve() said yes");
    expect_int("asked", EQUAL, 1,
               "a withdrawal asks approve() once, not twice and not never");
    expect_int("balance-left", EQUAL, 25,
               "a withdrawal takes exactly the amount");
}

Test(money, to_the_last_cent)
{
    struct account *account = account_create(80);
    struct clerk clerk = clerk_at(account, 80);

    withdraw(&clerk);
    observe_int("withdraw", clerk.returned);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(money, to_the_last_cent)
{
    expect_int("withdraw", EQUAL, 0,
               "all that is in the account may be taken: 80 of 80");
    expect_int("balance", EQUAL, 0, "all was taken");
}

Test(money, not_enough)
{
    struct account *account = account_create(79);
    struct clerk clerk = clerk_at(account, 80);

    withdraw(&clerk);
    observe_int("withdraw", clerk.returned);
    observe_int("asked", clerk.asked);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(money, not_enough)
{
    expect_int("withdraw", EQUAL, ERANGE, "80 cannot be taken from 79: ERANGE");
    expect_int("asked", EQUAL, 0,
               "when there is not enough, approve() is not asked at all");
    expect_int("balance", EQUAL, 79, "what fails changes nothing");
}

Test(money, refused)
{
    struct account *account = account_create(100);
    struct clerk clerk = clerk_at(account, 80);

    clerk.answer = false;
    withdraw(&clerk);
    observe_int("withdraw", clerk.returned);
    observe_int("asked", clerk.asked);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(money, refused)
{
    expect_int("withdraw", EQUAL, ECANCELED,
               "approve() said no, so the withdrawal is off: ECANCELED");
    expect_int("asked", EQUAL, 1, "a withdrawal asks approve() once");
    expect_int("balance", EQUAL, 100, "a refusal changes nothing");
}

Test(money, no_amount)
{
    struct account *account = account_create(100);
    struct clerk clerk = clerk_at(account, 0);

    observe_int("deposit-none", account_deposit(account, 0));
    observe_int("deposit-negative", account_deposit(account, -5));
    withdraw(&clerk);
    observe_int("withdraw-none", clerk.returned);
    clerk.amount = -5;
    withdraw(&clerk);
    observe_int("withdraw-negative", clerk.returned);
    observe_int("asked", clerk.asked);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(money, no_amount)
{
    const char *why = "an amount is at least 1; anything else is EINVAL";

    expect_int("deposit-none", EQUAL, EINVAL, why);
    expect_int("deposit-negative", EQUAL, EINVAL, why);
    expect_int("withdraw-none", EQUAL, EINVAL, why);
    expect_int("withdraw-negative", EQUAL, EINVAL, why);
    expect_int("asked", EQUAL, 0,
               "when the amount is not valid, approve() is not asked");
    expect_int("balance", EQUAL, 100, "what fails changes nothing");
}

/* ---- crowd: many threads on one account -----------------------------------
 */

#define TELLERS 3
#define TURNS   10

struct teller {
    pthread_t thread;
    struct account *account;
    uint64_t state;
    long change; /* what it put in, less what it took out */
    bool sane;   /* every balance it saw was possible */
};

static bool yes(void *arg)
{
    (void)arg;
    return true;
}

static void *turns(void *arg)
{
    struct teller *teller = arg;

    for (int i = 0; i < TURNS; i++) {
        long in = draw_amount(&teller->state, 50);
        long out = draw_amount(&teller->state, 50);

        if (account_deposit(teller->account, in) == 0)
            teller->change += in;
        if (account_withdraw(teller->account, out, yes, NULL) == 0)
            teller->change -= out;
        if (account_balance(teller->account) < 0)
            teller->sane = false;
    }
    return NULL;
}

Test(crowd, books_agree)
{
    struct account *account = account_create(60);
    struct teller tellers[TELLERS];
    uint64_t state = seed();
    long books = 60;
    bool sane = true;

    for (int i = 0; i < TELLERS; i++) {
        tellers[i] = (struct teller){
            .account = account, .state = draw(&state), .sane = true};
        pthread_create(&tellers[i].thread, NULL, turns, &tellers[i]);
    }
    for (int i = 0; i < TELLERS; i++) {
        pthread_join(tellers[i].thread, NULL);
        books += tellers[i].change;
        sane = sane && tellers[i].sane;
    }
    observe_int("difference", account_balance(account) - books);
    observe_int("never-negative", sane);
    account_destroy(account);
}

Expect(crowd, books_agree)
{
    expect_int("difference", EQUAL, 0,
               "the balance at the end is what was put in less what was taken "
               "out, whoever did it and in whichever order");
    expect_int("never-negative", EQUAL, 1,
               "nobody may see less than nothing in the account");
}

/* Two who only put in and one who only looks. */
static void *look(void *arg)
{
    struct clerk *clerk = arg;
    long last = 0;

    clerk->returned = 0;
    for (int i = 0; i < TURNS; i++) {
        long balance = account_balance(clerk->account);

        if (balance < last)
            clerk->returned = 1;
        last = balance;
    }
    return NULL;
}

static void *deposit_often(void *arg)
{
    for (int i = 0; i < TURNS; i++)
        deposit(arg);
    return NULL;
}

Test(crowd, nothing_lost)
{
    struct account *account = account_create(0);
    struct clerk clerks[3];

    for (int i = 0; i < 3; i++)
        clerks[i] = clerk_at(account, i + 1);
    start(&clerks[0], deposit_often);
    start(&clerks[1], deposit_often);
    start(&clerks[2], look);
    finish(clerks, 3);
    observe_int("balance", account_balance(account));
    observe_int("went-back", clerks[2].returned);
    account_destroy(account);
}

Expect(crowd, nothing_lost)
{
    expect_int("balance", EQUAL, TURNS * 3,
               "two threads made ten deposits each, of 1 and of 2; none may "
               "be lost");
    expect_int("went-back", EQUAL, 0,
               "while there are only deposits the balance never goes back");
}

/* ---- exclusion: one at a time on one account -------------------------------
 */

/* 100 in the account, two withdrawals of 80. */
Test(exclusion, two_of_eighty)
{
    struct meeting meeting = MEETING(2);
    struct account *account = account_create(100);
    struct clerk clerks[2];
    int taken = 0;
    int not_enough = 0;

    for (int i = 0; i < 2; i++) {
        clerks[i] = clerk_at(account, 80);
        clerks[i].meeting = &meeting;
        start(&clerks[i], withdraw);
    }
    finish(clerks, 2);
    for (int i = 0; i < 2; i++) {
        taken += clerks[i].returned == 0;
        not_enough += clerks[i].returned == ERANGE;
    }
    observe_int("taken", taken);
    observe_int("not-enough", not_enough);
    observe_int("asked", clerks[0].asked + clerks[1].asked);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(exclusion, two_of_eighty)
{
    expect_int("taken", EQUAL, 1,
               "100 are enough for one withdrawal of 80, not for two");
    expect_int("not-enough", EQUAL, 1,
               "the second withdrawal finds 20: ERANGE");
    expect_int("balance", EQUAL, 20, "100 less 80; never less than nothing");
    expect_int("asked", EQUAL, 1,
               "the second withdrawal looks at the balance only when the first "
               "is over, and so never comes to the question");
}

/* There is enough for both, and still they come one after the other. */
Test(exclusion, one_inside)
{
    struct meeting meeting = MEETING(2);
    struct account *account = account_create(200);
    struct clerk clerks[2];

    for (int i = 0; i < 2; i++) {
        clerks[i] = clerk_at(account, 80);
        clerks[i].meeting = &meeting;
        start(&clerks[i], withdraw);
    }
    finish(clerks, 2);
    observe_int("inside-first", clerks[0].met);
    observe_int("inside-second", clerks[1].met);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(exclusion, one_inside)
{
    const char *why = "approve() is asked with the account held, so there is "
                      "never more than one inside it for the same account";

    expect_int("inside-first", EQUAL, 1, why);
    expect_int("inside-second", EQUAL, 1, why);
    expect_int("balance", EQUAL, 40, "200 less twice 80");
}

/*
 * A deposit has to wait for a withdrawal that is under way: approve() starts
 * it, and then meets it if it comes through.
 */
static void *deposit_and_meet(void *arg)
{
    struct clerk *clerk = arg;

    deposit(clerk);
    clerk->met = meet(clerk->meeting);
    return NULL;
}

static bool start_a_deposit(void *arg)
{
    struct clerk *clerks = arg;

    if (clerks[0].asked == 0)
        start(&clerks[1], deposit_and_meet);
    return approve(&clerks[0]);
}

Test(exclusion, deposit_waits)
{
    struct meeting meeting = MEETING(2);
    struct account *account = account_create(100);
    struct clerk clerks[2] = {clerk_at(account, 80), clerk_at(account, 30)};
    int returned;

    clerks[0].meeting = clerks[1].meeting = &meeting;
    returned = account_withdraw(account, 80, start_a_deposit, clerks);
    finish(&clerks[1], 1);
    observe_int("withdraw", returned);
    observe_int("inside", clerks[0].met);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(exclusion, deposit_waits)
{
    expect_int("withdraw", EQUAL, 0,
               "there was enough, and approve() said yes");
    expect_int("inside", EQUAL, 1,
               "while approve() is asked the account is held: a deposit waits "
               "until the withdrawal is over");
    expect_int("balance", EQUAL, 50, "100 less 80 and 30 more");
}

/*
 * Who waits sleeps. approve() goes to one meeting after another, to which
 * nobody comes: each is over when the deposit is asleep. One that spins has
 * used up its processor time before the last of them.
 */
#define LONELY 4

struct lonely {
    struct clerk *deposit;
    struct meeting meetings[LONELY];
    int met;
};

static bool stay_alone(void *arg)
{
    struct lonely *lonely = arg;

    start(lonely->deposit, deposit_and_meet);
    for (int i = 0; i < LONELY; i++)
        lonely->met += meet(&lonely->meetings[i]);
    return true;
}

Test(exclusion, waiter_sleeps)
{
    struct account *account = account_create(100);
    struct clerk clerk = clerk_at(account, 30);
    struct lonely lonely = {.deposit = &clerk};
    int returned;

    for (int i = 0; i < LONELY; i++)
        lonely.meetings[i].size = 2;
    clerk.meeting = &lonely.meetings[LONELY - 1];
    returned = account_withdraw(account, 80, stay_alone, &lonely);
    finish(&clerk, 1);
    observe_int("withdraw", returned);
    observe_int("inside", lonely.met);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(exclusion, waiter_sleeps)
{
    expect_int("withdraw", EQUAL, 0,
               "there was enough, and approve() said yes");
    expect_int("inside", EQUAL, LONELY,
               "while approve() is asked the account is held: a deposit waits "
               "until the withdrawal is over");
    expect_int("balance", EQUAL, 50, "100 less 80 and 30 more");
}

/* ---- apart: different accounts at the same moment --------------------------
 */

#define ACCOUNTS 5

/*
 * A withdrawal from each account; all of them are asked about at the same
 * moment. One more thread puts something into each account meanwhile.
 */
static void *deposit_everywhere(void *arg)
{
    struct clerk *clerks = arg;

    for (int i = 0; i < ACCOUNTS; i++)
        account_deposit(clerks[i].account, 7);
    return NULL;
}

Test(apart, all_accounts_at_once)
{
    struct meeting meeting = MEETING(ACCOUNTS);
    struct clerk clerks[ACCOUNTS];
    pthread_t other;
    int fewest = ACCOUNTS;
    long sum = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        clerks[i] = clerk_at(account_create(100), 80);
        clerks[i].meeting = &meeting;
    }
    for (int i = 0; i < ACCOUNTS; i++)
        start(&clerks[i], withdraw);
    pthread_create(&other, NULL, deposit_everywhere, clerks);
    pthread_join(other, NULL);
    finish(clerks, ACCOUNTS);
    for (int i = 0; i < ACCOUNTS; i++) {
        if (clerks[i].met < fewest)
            fewest = clerks[i].met;
        sum += account_balance(clerks[i].account);
        account_destroy(clerks[i].account);
    }
    observe_int("inside-together", fewest);
    observe_int("sum", sum);
}

Expect(apart, all_accounts_at_once)
{
    expect_int("inside-together", EQUAL, ACCOUNTS,
               "withdrawals from five different accounts can all be under way "
               "at the same moment: what one account waits for is no concern "
               "of the others");
    expect_int("sum", EQUAL, ACCOUNTS * (100 - 80 + 7),
               "each account has 100 less 80 and 7 more");
}

/*
 * One account is held for long, and meanwhile somebody withdraws from each of
 * the others: whichever lock of a fixed number it shares, one shares it too.
 */
#define OTHERS 32

static struct meeting visits[OTHERS];

static bool be_visited(void *arg)
{
    int *met = arg;

    for (int i = 0; i < OTHERS; i++)
        *met += meet(&visits[i]) == 2;
    return true;
}

static void *visit(void *arg)
{
    struct account **others = arg;

    for (int i = 0; i < OTHERS; i++) {
        struct clerk clerk = clerk_at(others[i], 80);

        clerk.meeting = &visits[i];
        withdraw(&clerk);
    }
    return NULL;
}

/* The one that is held is made in the middle: its address is like those of the
 * others. */
Test(apart, one_by_one)
{
    struct account *accounts[OTHERS + 1], *held;
    pthread_t visitor;
    int met = 0;

    for (int i = 0; i <= OTHERS; i++) {
        accounts[i] = account_create(100);
        cr_assert(accounts[i] != NULL, "account_create() returned NULL");
    }
    for (int i = 0; i < OTHERS; i++)
        visits[i].size = 2;
    held = accounts[OTHERS / 2];
    accounts[OTHERS / 2] = accounts[OTHERS];
    accounts[OTHERS] = held;
    pthread_create(&visitor, NULL, visit, accounts);
    account_withdraw(held, 80, be_visited, &met);
    pthread_join(visitor, NULL);
    observe_int("together", met);
    for (int i = 0; i <= OTHERS; i++)
        account_destroy(accounts[i]);
}

Expect(apart, one_by_one)
{
    expect_int(
        "together", EQUAL, OTHERS,
        "while one account is held, a withdrawal from any other one goes "
        "on: no two accounts share a lock");
}

/* approve() of one account uses another: a transfer, if you like. */
struct transfer {
    struct account *to;
    long amount;
};

static bool put_into_the_other(void *arg)
{
    struct transfer *transfer = arg;

    return account_deposit(transfer->to, transfer->amount) == 0;
}

Test(apart, approve_uses_another)
{
    struct account *from = account_create(100);
    struct account *to = account_create(0);
    struct transfer transfer = {to, 80};
    struct clerk clerk = clerk_at(to, 5);

    start(&clerk, deposit);
    observe_int("withdraw",
                account_withdraw(from, 80, put_into_the_other, &transfer));
    finish(&clerk, 1);
    observe_int("from", account_balance(from));
    observe_int("to", account_balance(to));
    account_destroy(from);
    account_destroy(to);
}

Expect(apart, approve_uses_another)
{
    expect_int("withdraw", EQUAL, 0,
               "approve() may use another account, and says yes here");
    expect_int("from", EQUAL, 20, "100 less 80");
    expect_int("to", EQUAL, 85, "80 from the other account and 5 more");
}

/* ---- release: afterwards the account is free -------------------------------
 */

/*
 * One withdrawal comes to nothing while another thread makes a deposit. If
 * either keeps the lock, the deposit or what follows it waits for ever.
 */
static void come_to_nothing(long amount, bool answer)
{
    struct account *account = account_create(100);
    struct clerk clerks[2] = {clerk_at(account, amount), clerk_at(account, 30)};

    clerks[0].answer = answer;
    start(&clerks[0], withdraw);
    start(&clerks[1], deposit);
    finish(clerks, 2);
    observe_int("withdraw", clerks[0].returned);
    observe_int("deposit", clerks[1].returned);
    observe_int("balance", account_balance(account));
    observe_int("deposit-again", account_deposit(account, 1));
    account_destroy(account);
}

static void expect_nothing(int error, const char *why)
{
    expect_int("withdraw", EQUAL, error, why);
    expect_int("deposit", EQUAL, 0,
               "the account is free again for the other thread");
    expect_int("balance", EQUAL, 130, "only the deposit has changed it");
    expect_int("deposit-again", EQUAL, 0, "the account is free again");
}

Test(release, after_a_refusal)
{
    come_to_nothing(80, false);
}

Expect(release, after_a_refusal)
{
    expect_nothing(ECANCELED, "approve() said no: ECANCELED");
}

Test(release, after_not_enough)
{
    come_to_nothing(500, true);
}

Expect(release, after_not_enough)
{
    expect_nothing(ERANGE, "500 cannot be taken from 100: ERANGE");
}

Test(release, after_no_amount)
{
    come_to_nothing(0, true);
}

Expect(release, after_no_amount)
{
    expect_nothing(EINVAL, "an amount is at least 1: EINVAL");
}

/* ---- schedules: through every interleaving ------------------------------- */

/*
 * Two or three threads with an operation or two each, so that the search comes
 * to its end. Here a thread can be interrupted at every step of the student's
 * code: no meeting is needed, and what a test observes must be the same
 * whichever thread came first.
 */
static struct clerk clerk_who_says(struct account *account, long amount,
                                   bool answer)
{
    struct clerk clerk = clerk_at(account, amount);

    clerk.answer = answer;
    return clerk;
}

static void at_once(struct clerk *first, void *(*does)(void *),
                    struct clerk *second, void *(*other)(void *))
{
    start(first, does);
    start(second, other);
    finish(first, 1);
    finish(second, 1);
}

Test(schedules, two_deposits)
{
    struct account *account = account_create(100);
    struct clerk clerks[2] = {clerk_at(account, 30), clerk_at(account, 30)};

    at_once(&clerks[0], deposit, &clerks[1], deposit);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(schedules, two_deposits)
{
    expect_int("balance", EQUAL, 160,
               "both deposits of 30 are in: a deposit is one step, and no "
               "other comes between its look and its change");
}

Test(schedules, two_withdrawals)
{
    struct account *account = account_create(100);
    struct clerk clerks[2] = {clerk_at(account, 80), clerk_at(account, 80)};

    at_once(&clerks[0], withdraw, &clerks[1], withdraw);
    observe_int("balance", account_balance(account));
    observe_int("taken", (clerks[0].returned == 0) + (clerks[1].returned == 0));
    account_destroy(account);
}

Expect(schedules, two_withdrawals)
{
    expect_int("balance", EQUAL, 20,
               "100 are enough for one withdrawal of 80, and the second must "
               "see what the first has left");
    expect_int("taken", EQUAL, 1,
               "100 are enough for one withdrawal of 80, not for two");
}

Test(schedules, deposit_and_withdrawal)
{
    struct account *account = account_create(60);
    struct clerk clerks[2] = {clerk_at(account, 30), clerk_at(account, 80)};

    at_once(&clerks[0], deposit, &clerks[1], withdraw);
    observe_int("balance-and-taken",
                account_balance(account) + (clerks[1].returned == 0 ? 80 : 0));
    account_destroy(account);
}

Expect(schedules, deposit_and_withdrawal)
{
    expect_int("balance-and-taken", EQUAL, 90,
               "what is there and what was taken is what was put in");
}

static void *look_once(void *arg)
{
    struct clerk *clerk = arg;

    clerk->amount = account_balance(clerk->account);
    return NULL;
}

/* One is refused, and another looks. */
Test(schedules, look_at_a_refusal)
{
    struct account *account = account_create(100);
    struct clerk refused = clerk_who_says(account, 80, false);
    struct clerk looks = clerk_at(account, 0);

    at_once(&refused, withdraw, &looks, look_once);
    observe_int("seen", looks.amount);
    account_destroy(account);
}

Expect(schedules, look_at_a_refusal)
{
    expect_int("seen", EQUAL, 100,
               "a withdrawal that is refused changes nothing, so nobody may "
               "ever see less than the 100 that are there");
}

/* The balance goes from 100 to 20 to 50, and another looks. */
static void *withdraw_80_deposit_30(void *arg)
{
    struct clerk *clerk = arg;

    withdraw(clerk);
    account_deposit(clerk->account, 30);
    return NULL;
}

Test(schedules, look_at_changes)
{
    struct account *account = account_create(100);
    struct clerk clerks[2] = {clerk_at(account, 80), clerk_at(account, 0)};
    long seen;

    at_once(&clerks[0], withdraw_80_deposit_30, &clerks[1], look_once);
    seen = clerks[1].amount;
    observe_int("never-there",
                seen == 100 || seen == 20 || seen == 50 ? 0 : seen);
    account_destroy(account);
}

Expect(schedules, look_at_changes)
{
    expect_int("never-there", EQUAL, 0,
               "there were 100 in the account, then 20, then 50: another "
               "balance was never there and may not be seen");
}

/* Two may have to wait at the same moment, and for different things. */
Test(schedules, two_wait)
{
    struct account *account = account_create(100);
    struct clerk clerks[3] = {clerk_at(account, 80), clerk_at(account, 80),
                              clerk_at(account, 0)};

    start(&clerks[0], withdraw);
    start(&clerks[1], withdraw);
    start(&clerks[2], look_once);
    finish(clerks, 3);
    observe_int("balance", account_balance(account));
    account_destroy(account);
}

Expect(schedules, two_wait)
{
    expect_int("balance", EQUAL, 20,
               "100 are enough for one withdrawal of 80, whoever waits and "
               "whoever looks on");
}
