/*
 * cost.h - what things cost in virtual time, in picoseconds.
 *
 * Round figures of a desktop processor of about 3 GHz. Speedup is a ratio, so
 * what counts is how they stand to one another; `make bench` holds the result
 * against the clock of the machine it runs on.
 */
#ifndef COST_H
#define COST_H

enum {
    /* A basic block of the program, as clang counts them at -O1: three to
     * five instructions. The unit that all else is measured by. */
    COST_BLOCK = 1000,

    /* An atomic operation on a line that the core has: 20 cycles (Fog,
     * Instruction tables: LOCK XADD). A plain atomic load is a load. */
    COST_ATOMIC = 6000,
    COST_LOAD = 1000,

    /* pthread_mutex_lock() of a free mutex, and its unlock: measured, 16 to 25
     * ns for both. */
    COST_LOCK = 10000,

    /* A line that another core has written: from its cache into this one's.
     * 40 to 100 ns on one socket (David, Guerraoui, Trigonakis: Everything you
     * always wanted to know about synchronization, 2013, table 2). */
    COST_MISS = 70000,
    /* The next line of a row of such: the prefetcher has asked for it. */
    COST_NEXT_LINE = 8000,

    /* A call of the kernel: futex(FUTEX_WAKE), write() to a pipe. */
    COST_KERNEL = 500000,

    /* From that call until the thread that was woken runs: measured, 2 to 5
     * us. The same when a core goes from one thread to another. */
    COST_WAKE = 3000000,
    COST_SWITCH = 1500000,

    /* pthread_create(): measured, 8 to 20 us, half of it until it returns. */
    COST_CREATE = 8000000,
    COST_START = 7000000,

    /* A byte that the C library goes over: 16 bytes in a nanosecond. */
    COST_BYTE_16 = 1000
};

/* A thread that others wait for gives its core up after this: the slice of
 * Linux' scheduler (kernel, sched-eevdf). */
#define COST_SLICE 3000000000ull

/* A program that computes longer never ends; and a workload of an exercise,
 * which takes some milliseconds. */
#define COST_MOST          4000000000000ull
#define COST_MOST_WORKLOAD 100000000000ull

/* How far threads that run at one time may be apart while they only compute;
 * and while they take lines from one another. A core that has got a line uses
 * it for some time before the next one's request has come: so long, that two
 * that do nothing but write to one line get half as much done as one alone
 * (measured: 0.4 to 0.6 times). */
#define COST_APART       1000000
#define COST_APART_LINES 25000

#endif
