/*
 * tests.c - what is observed of transfer() and dine(), and what must be.
 *
 * approve() and meal() are where the tests look in: they run while both
 * accounts, or both forks, are held. Two threads that meet there were inside
 * at the same moment; one that finds itself alone in the end was not.
 */
#include "interleave.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "deadlock-fix.h"

/* ---- one transfer ------------------------------------------------------- */

struct order {
    struct account *from, *to;
    long amount;
    bool answer;             /* what approve() says */
    struct meeting *meeting; /* where approve() waits, or NULL */
    int rounds;

    /* set by the thread that carries it out */
    int asked;    /* calls of approve() */
    int met;      /* most threads in the meeting at once */
    int returned; /* the last result */
    pthread_t thread;
};

static bool approve(void *arg)
{
    struct order *order = arg;
    int met = order->meeting ? meet(order->meeting) : 0;

    order->asked++;
    if (met > order->met)
        order->met = met;
    return order->answer;
}

static void *carry_out(void *arg)
{
    struct order *order = arg;

    for (int i = 0; i < order->rounds; i++)
        order->returned =
            transfer(order->from, order->to, order->amount, approve, order);
    return NULL;
}

/* Carries out all of them at the same moment. */
static void carry_out_all(struct order *orders, int count)
{
    for (int i = 0; i < count; i++)
        cr_assert(
            pthread_create(&orders[i].thread, NULL, carry_out, &orders[i]) == 0,
            "the test could not create a thread");
    for (int i = 0; i < count; i++)
        pthread_join(orders[i].thread, NULL);
}

static void open_accounts(struct account **accounts, int count, long balance)
{
    for (int i = 0; i < count; i++) {
        accounts[i] = account_create(balance + i);
        cr_assert(accounts[i] != NULL, "account_create() returned NULL");
    }
}

static void close_accounts(struct account **accounts, int count)
{
    for (int i = 0; i < count; i++)
        account_destroy(accounts[i]);
}

/* ---- transfer: one thread ----------------------------------------------- */

static long drawn_amount(void)
{
    uint64_t state = seed();

    return 1 + (long)(draw(&state) % 100);
}

/* One transfer between two new accounts that hold 100 and 101. */
static void transfer_once(long amount, bool answer)
{
    struct account *pair[2];
    struct order order = {.amount = amount, .answer = answer, .rounds = 1};

    open_accounts(pair, 2, 100);
    order.from = pair[0];
    order.to = pair[1];
    carry_out(&order);
    observe_int("returned", order.returned);
    observe_int("asked", order.asked);
    observe_int("from", account_balance(pair[0]));
    observe_int("to", account_balance(pair[1]));
    close_accounts(pair, 2);
}

Test(transfer, moves)
{
    transfer_once(drawn_amount(), true);
}

Expect(transfer, moves)
{
    expect_int("returned", EQUAL, 0, "there was enough, and approve() agreed");
    expect_int("asked", EQUAL, 1, "approve() is asked once");
    expect_int("from", EQUAL, 100 - drawn_amount(), "the amount has left");
    expect_int("to", EQUAL, 101 + drawn_amount(), "the amount has arrived");
}

Test(transfer, refused)
{
    transfer_once(drawn_amount(), false);
}

Expect(transfer, refused)
{
    expect_int("returned", EQUAL, EPERM, "approve() said no: EPERM");
    expect_int("asked", EQUAL, 1, "approve() is asked once");
    expect_int("from", EQUAL, 100, "a refusal changes nothing");
    expect_int("to", EQUAL, 101, "a refusal changes nothing");
}

Test(transfer, short_of_money)
{
    transfer_once(100 + drawn_amount(), true);
}

Expect(transfer, short_of_money)
{
    expect_int("returned", EQUAL, ERANGE, "there was too little: ERANGE");
    expect_int("asked", EQUAL, 0, "with too little money nobody is asked");
    expect_int("from", EQUAL, 100, "what cannot be paid changes nothing");
    expect_int("to", EQUAL, 101, "what cannot be paid changes nothing");
}

/* From an account to itself: the sum that is there, then more than that. */
Test(transfer, itself)
{
    struct account *account[1];
    struct order order = {.amount = 100, .answer = true, .rounds = 2};

    open_accounts(account, 1, 100);
    order.from = order.to = account[0];
    carry_out(&order);
    observe_int("returned", order.returned);
    observe_int("asked", order.asked);
    order.amount = 101;
    carry_out(&order);
    observe_int("too-much", order.returned);
    observe_int("balance", account_balance(account[0]));
    close_accounts(account, 1);
}

Expect(transfer, itself)
{
    expect_int("returned", EQUAL, 0, "a transfer to the same account succeeds");
    expect_int("asked", EQUAL, 2, "approve() is asked once for each transfer");
    expect_int("too-much", EQUAL, ERANGE, "there was too little: ERANGE");
    expect_int("balance", EQUAL, 100,
               "what leaves and arrives in one account leaves it as it was");
}

/* ---- transfer: several threads ------------------------------------------ */

/* There and back at the same moment; once in four it is refused. The two
 * accounts hold the same sum. */
Test(transfer, opposite)
{
    struct account *pair[2];
    struct order orders[4];

    open_accounts(&pair[0], 1, 100);
    open_accounts(&pair[1], 1, 100);
    memset(orders, 0, sizeof orders);
    for (int i = 0; i < 4; i++) {
        orders[i].from = pair[i % 2];
        orders[i].to = pair[1 - i % 2];
        orders[i].amount = 10;
        orders[i].answer = i != 3;
        orders[i].rounds = 2;
    }
    carry_out_all(orders, 4);
    observe_int("first", account_balance(pair[0]));
    observe_int("second", account_balance(pair[1]));
    close_accounts(pair, 2);
}

Expect(transfer, opposite)
{
    expect_int("first", EQUAL, 80, "four tens have left, two have arrived");
    expect_int("second", EQUAL, 120, "two tens have left, four have arrived");
}

struct reader {
    struct account **accounts; /* three */
    bool negative;             /* one of them was below zero */
};

/* Reads balances while money moves. */
static void *read_balances(void *arg)
{
    struct reader *reader = arg;

    for (int i = 0; i < 6; i++)
        if (account_balance(reader->accounts[i % 3]) < 0)
            reader->negative = true;
    return NULL;
}

/* Three accounts in a ring: each pays the next, while somebody looks on. */
Test(transfer, ring)
{
    static const char *const keys[] = {"first", "second", "third"};
    struct account *ring[3];
    struct order orders[3];
    struct reader reader = {ring, false};
    pthread_t thread;

    open_accounts(ring, 3, 100);
    memset(orders, 0, sizeof orders);
    for (int i = 0; i < 3; i++) {
        orders[i].from = ring[i];
        orders[i].to = ring[(i + 1) % 3];
        orders[i].amount = 10 * (i + 1);
        orders[i].answer = true;
        orders[i].rounds = 2;
    }
    cr_assert(pthread_create(&thread, NULL, read_balances, &reader) == 0,
              "the test could not create a thread");
    carry_out_all(orders, 3);
    pthread_join(thread, NULL);
    observe_int("negative", reader.negative);
    for (int i = 0; i < 3; i++)
        observe_int(keys[i], account_balance(ring[i]));
    close_accounts(ring, 3);
}

Expect(transfer, ring)
{
    expect_int("negative", EQUAL, 0, "no account is ever below zero");
    expect_int("first", EQUAL, 100 - 20 + 60, "paid 20, was paid 60");
    expect_int("second", EQUAL, 101 - 40 + 20, "paid 40, was paid 20");
    expect_int("third", EQUAL, 102 - 60 + 40, "paid 60, was paid 40");
}

/*
 * Two pairs of transfers that share an account: there and back between 0 and
 * 1, and from 2 and from 3 into 4. Each pair has a meeting of its own.
 */
Test(transfer, shared)
{
    struct meeting meetings[2] = {MEETING(2), MEETING(2)};
    static const int route[4][2] = {{0, 1}, {1, 0}, {2, 4}, {3, 4}};
    struct account *accounts[5];
    struct order orders[4];

    open_accounts(accounts, 5, 100);
    memset(orders, 0, sizeof orders);
    for (int i = 0; i < 4; i++) {
        orders[i].from = accounts[route[i][0]];
        orders[i].to = accounts[route[i][1]];
        orders[i].amount = 1;
        orders[i].answer = true;
        orders[i].meeting = &meetings[i / 2];
        orders[i].rounds = 1;
    }
    carry_out_all(orders, 4);
    observe_int("there-and-back", orders[0].met + orders[1].met);
    observe_int("same-target", orders[2].met + orders[3].met);
    close_accounts(accounts, 5);
}

Expect(transfer, shared)
{
    expect_int("there-and-back", EQUAL, 1 + 1,
               "approve() runs with both accounts held: no other transfer "
               "with one of them is in its approve() at the same moment");
    expect_int("same-target", EQUAL, 1 + 1,
               "approve() runs with both accounts held, the one that "
               "receives too");
}

/* ---- overlap: two transfers that share nothing ------------------------- */

Test(overlap, transfers)
{
    struct meeting meeting = MEETING(2);
    struct account *accounts[4];
    struct order orders[2];

    open_accounts(accounts, 4, 100);
    memset(orders, 0, sizeof orders);
    for (int i = 0; i < 2; i++) {
        orders[i].from = accounts[2 * i];
        orders[i].to = accounts[2 * i + 1];
        orders[i].amount = 1;
        orders[i].answer = true;
        orders[i].meeting = &meeting;
        orders[i].rounds = 1;
    }
    carry_out_all(orders, 2);
    observe_int("met", orders[0].met);
    close_accounts(accounts, 4);
}

Expect(overlap, transfers)
{
    expect_int("met", EQUAL, 2,
               "two transfers without a common account go on at the same "
               "moment");
}

/*
 * One transfer is held for long, and meanwhile others are made, each between
 * two accounts of its own: whichever lock of a fixed number the first one
 * shares, one of them shares it too.
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
    struct account **accounts = arg;

    for (int i = 0; i < OTHERS; i++) {
        struct order order = {.from = accounts[2 * i],
                              .to = accounts[2 * i + 1],
                              .amount = 1,
                              .answer = true,
                              .meeting = &visits[i],
                              .rounds = 1};

        carry_out(&order);
    }
    return NULL;
}

/* The pair that is held is made in the middle: its addresses are like those of
 * the others. */
Test(overlap, one_by_one)
{
    struct account *accounts[2 * OTHERS], *held[2];
    pthread_t visitor;
    int met = 0;

    for (int i = 0; i < OTHERS; i++)
        visits[i].size = 2;
    open_accounts(accounts, OTHERS, 100);
    open_accounts(held, 2, 100);
    open_accounts(accounts + OTHERS, OTHERS, 100);
    cr_assert(pthread_create(&visitor, NULL, visit, accounts) == 0,
              "the test could not create a thread");
    transfer(held[0], held[1], 1, be_visited, &met);
    pthread_join(visitor, NULL);
    observe_int("met", met);
    close_accounts(held, 2);
    close_accounts(accounts, 2 * OTHERS);
}

Expect(overlap, one_by_one)
{
    expect_int("met", EQUAL, OTHERS,
               "a transfer does not wait for one that shares no account with "
               "it, whichever accounts the two are between");
}

/* ---- one philosopher ---------------------------------------------------- */

struct guest {
    struct table *table;
    int seat;
    int seats;
    struct meeting *meeting; /* where meal() waits, or NULL */
    int *uses;               /* of each fork, or NULL; guarded by that fork */
    int rounds;

    /* set by the thread that dines */
    int meals;
    int met;
    pthread_t thread;
};

static void meal(void *arg)
{
    struct guest *guest = arg;
    int met = guest->meeting ? meet(guest->meeting) : 0;

    guest->meals++;
    if (met > guest->met)
        guest->met = met;
    if (guest->uses != NULL) {
        guest->uses[guest->seat]++;
        guest->uses[(guest->seat + 1) % guest->seats]++;
    }
}

static void *be_hungry(void *arg)
{
    struct guest *guest = arg;

    for (int i = 0; i < guest->rounds; i++)
        dine(guest->table, guest->seat, meal, guest);
    return NULL;
}

static void dine_all(struct guest *guests, int count)
{
    for (int i = 0; i < count; i++)
        cr_assert(
            pthread_create(&guests[i].thread, NULL, be_hungry, &guests[i]) == 0,
            "the test could not create a thread");
    for (int i = 0; i < count; i++)
        pthread_join(guests[i].thread, NULL);
}

static struct table *lay_table(int seats)
{
    struct table *table = table_create(seats);

    cr_assert(table != NULL, "table_create() returned NULL");
    return table;
}

/* ---- dinner ------------------------------------------------------------- */

Test(dinner, alone)
{
    struct guest guest = {
        .table = lay_table(5), .seat = 4, .seats = 5, .rounds = 1};

    be_hungry(&guest);
    observe_int("meals", guest.meals);
    table_destroy(guest.table);
}

Expect(dinner, alone)
{
    expect_int("meals", EQUAL, 1, "dine() calls meal() once");
}

/* Everyone at the table is hungry, twice. */
static void dine_together(int seats)
{
    struct table *table = lay_table(seats);
    struct guest guests[5];
    int uses[5] = {0};
    int meals = 0;
    int least = 1000;

    memset(guests, 0, sizeof guests);
    for (int i = 0; i < seats; i++) {
        guests[i].table = table;
        guests[i].seat = i;
        guests[i].seats = seats;
        guests[i].uses = uses;
        guests[i].rounds = 2;
    }
    dine_all(guests, seats);
    for (int i = 0; i < seats; i++) {
        meals += guests[i].meals;
        least = uses[i] < least ? uses[i] : least;
    }
    observe_int("meals", meals);
    observe_int("uses-of-a-fork", least);
    table_destroy(table);
}

static void expect_together(int seats)
{
    expect_int("meals", EQUAL, 2 * seats,
               "each dines twice, and dine() calls meal() once");
    expect_int("uses-of-a-fork", EQUAL, 4,
               "each fork is used in two meals on either side, one at a time");
}

Test(dinner, five)
{
    dine_together(5);
}

Expect(dinner, five)
{
    expect_together(5);
}

Test(dinner, three)
{
    dine_together(3);
}

Expect(dinner, three)
{
    expect_together(3);
}

Test(dinner, two)
{
    dine_together(2);
}

Expect(dinner, two)
{
    expect_together(2);
}

/* Pairs of seats, each pair at a table of its own; the sum of what each pair
 * met: 2 for each pair that ate one after the other, 4 for each that ate at
 * the same moment. */
static int dine_in_pairs(const int (*seats)[2], int pairs)
{
    struct meeting meetings[3] = {MEETING(2), MEETING(2), MEETING(2)};
    struct guest guests[6];
    int sum = 0;

    memset(guests, 0, sizeof guests);
    for (int i = 0; i < 2 * pairs; i++) {
        guests[i].table = i % 2 == 0 ? lay_table(5) : guests[i - 1].table;
        guests[i].seat = seats[i / 2][i % 2];
        guests[i].seats = 5;
        guests[i].meeting = &meetings[i / 2];
        guests[i].rounds = 1;
    }
    dine_all(guests, 2 * pairs);
    for (int i = 0; i < 2 * pairs; i++)
        sum += guests[i].met;
    for (int i = 0; i < pairs; i++)
        table_destroy(guests[2 * i].table);
    return sum;
}

Test(dinner, neighbours)
{
    static const int seats[3][2] = {{0, 1}, {2, 3}, {4, 0}};

    observe_int("met", dine_in_pairs(seats, 3));
}

Expect(dinner, neighbours)
{
    expect_int("met", EQUAL, 3 * (1 + 1),
               "two neighbours share a fork, so they never eat at the same "
               "moment");
}

Test(overlap, philosophers)
{
    static const int seats[2][2] = {{0, 2}, {1, 4}};

    observe_int("met", dine_in_pairs(seats, 2));
}

Expect(overlap, philosophers)
{
    expect_int("met", EQUAL, 2 * (2 + 2),
               "when only two are hungry, and they are not neighbours, both "
               "eat at the same moment");
}

/* ---- schedules: through every interleaving ------------------------------- */

/*
 * Few threads with one call each, or two, so that the search comes to its end.
 * A meal and a question end at once here: somebody who should have waited
 * comes in between two steps.
 */
static struct order payment(struct account *from, struct account *to,
                            long amount)
{
    return (struct order){
        .from = from, .to = to, .amount = amount, .answer = true, .rounds = 1};
}

Test(schedules, there_and_back)
{
    struct account *pair[2];
    struct order orders[2];

    open_accounts(pair, 2, 100);
    orders[0] = payment(pair[0], pair[1], 30);
    orders[1] = payment(pair[1], pair[0], 10);
    carry_out_all(orders, 2);
    observe_int("first", account_balance(pair[0]));
    observe_int("second", account_balance(pair[1]));
    close_accounts(pair, 2);
}

Expect(schedules, there_and_back)
{
    expect_int("first", EQUAL, 100 - 30 + 10, "paid 30, was paid 10");
    expect_int("second", EQUAL, 101 + 30 - 10, "was paid 30, paid 10");
}

/* There is enough for one of two; each pays another account. */
Test(schedules, enough_for_one)
{
    struct account *accounts[3];
    struct order orders[2];

    open_accounts(accounts, 3, 100);
    orders[0] = payment(accounts[0], accounts[1], 80);
    orders[1] = payment(accounts[0], accounts[2], 80);
    carry_out_all(orders, 2);
    observe_int("left", account_balance(accounts[0]));
    observe_int("moved",
                account_balance(accounts[1]) + account_balance(accounts[2]));
    observe_int("paid", (orders[0].returned == 0) + (orders[1].returned == 0));
    close_accounts(accounts, 3);
}

Expect(schedules, enough_for_one)
{
    expect_int("left", EQUAL, 20, "100 are enough for one payment of 80");
    expect_int("moved", EQUAL, 101 + 102 + 80, "one of the two was paid 80");
    expect_int("paid", EQUAL, 1,
               "100 are enough for one payment of 80: the other finds 20 when "
               "it holds both accounts");
}

/* The same, and one of those that are paid is busy now and then. */
static void *carry_out_two(void *arg)
{
    struct order *orders = arg;

    carry_out(&orders[0]);
    carry_out(&orders[1]);
    return NULL;
}

Test(schedules, enough_for_one_again)
{
    struct account *accounts[3];
    struct order orders[3];
    pthread_t thread;

    open_accounts(accounts, 3, 100);
    orders[0] = payment(accounts[1], accounts[2], 1);
    orders[1] = payment(accounts[0], accounts[2], 80);
    orders[2] = payment(accounts[0], accounts[1], 80);
    cr_assert(pthread_create(&thread, NULL, carry_out_two, orders) == 0,
              "the test could not create a thread");
    carry_out(&orders[2]);
    pthread_join(thread, NULL);
    observe_int("left", account_balance(accounts[0]));
    close_accounts(accounts, 3);
}

Expect(schedules, enough_for_one_again)
{
    expect_int("left", EQUAL, 20,
               "whoever has had to wait for an account looks again at what is "
               "there: it may have been paid out meanwhile");
}

/* Looks at both accounts of a payment, first where the money comes from. */
struct look {
    struct account **pair;
    long from, to;
};

static void *look_at_both(void *arg)
{
    struct look *look = arg;

    look->from = account_balance(look->pair[0]);
    look->to = account_balance(look->pair[1]);
    return NULL;
}

Test(schedules, money_on_the_way)
{
    struct account *pair[2];
    struct look look = {.pair = pair};
    struct order order;
    pthread_t thread;

    open_accounts(pair, 2, 100);
    order = payment(pair[0], pair[1], 80);
    cr_assert(pthread_create(&thread, NULL, look_at_both, &look) == 0,
              "the test could not create a thread");
    carry_out(&order);
    pthread_join(thread, NULL);
    observe_int("has-left", look.from != 100 && look.from != 20);
    observe_int("on-the-way", look.from == 20 ? 80 - (look.to - 101) : 0);
    close_accounts(pair, 2);
}

Expect(schedules, money_on_the_way)
{
    expect_int("has-left", EQUAL, 0, "there are 100 in the account, then 20");
    expect_int("on-the-way", EQUAL, 0,
               "nobody can read either account from before the question until "
               "the money has moved: who sees that it has left the one finds "
               "it in the other");
}

/* What neighbours do to each other; plain, as the forks must guard it. */
static int eating[2];
static int collisions;

static void eat_here(void *arg)
{
    int side = *(int *)arg;

    eating[side] = 1;
    collisions += eating[1 - side];
    eating[side] = 0;
}

struct hungry {
    struct table *table;
    int seat;
    int side;
    pthread_t thread;
};

static void *dine_once(void *arg)
{
    struct hungry *hungry = arg;

    dine(hungry->table, hungry->seat, eat_here, &hungry->side);
    return NULL;
}

Test(schedules, two_philosophers)
{
    struct hungry hungry[2] = {{.table = lay_table(2), .seat = 0, .side = 0}};

    hungry[1] = hungry[0];
    hungry[1].seat = hungry[1].side = 1;
    eating[0] = eating[1] = collisions = 0;
    for (int i = 0; i < 2; i++)
        cr_assert(
            pthread_create(&hungry[i].thread, NULL, dine_once, &hungry[i]) == 0,
            "the test could not create a thread");
    for (int i = 0; i < 2; i++)
        pthread_join(hungry[i].thread, NULL);
    observe_int("together", collisions);
    table_destroy(hungry[0].table);
}

Expect(schedules, two_philosophers)
{
    expect_int("together", EQUAL, 0,
               "at a table for two each needs both forks: they never eat at "
               "the same moment");
}

/* Whoever comes first: all three eat. */
Test(schedules, three_philosophers)
{
    struct table *table = lay_table(3);
    struct guest guests[3];

    memset(guests, 0, sizeof guests);
    for (int i = 0; i < 3; i++) {
        guests[i].table = table;
        guests[i].seat = i;
        guests[i].seats = 3;
        guests[i].rounds = 1;
    }
    dine_all(guests, 3);
    observe_int("meals", guests[0].meals + guests[1].meals + guests[2].meals);
    table_destroy(table);
}

Expect(schedules, three_philosophers)
{
    expect_int("meals", EQUAL, 3, "each of the three dines once");
}
