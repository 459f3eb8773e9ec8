/*
 * workload.c - what the speed of counter_count() is judged with.
 *
 * `wanted` scrambles the byte a few times before it answers, which takes some
 * nanoseconds: so what a loop costs besides, and how the compiler has laid it
 * out, matters little, and the whole buffer takes one core about 10 ms. Nearly
 * every byte is wanted, so a design that meets the other threads for each
 * byte that it counts pays for that each time.
 */
#include "interleave.h"
#include "racy-counter.h"

#define LENGTH WORKLOAD((size_t)5 << 17) /* 640 KiB */
#define ROUNDS 16

static unsigned char bytes[LENGTH];
static uint64_t key;

/* False for one byte in 256 or so. */
static bool is_wanted(unsigned char byte)
{
    uint64_t x = key + byte;

    /* Nothing is counted but rounds in virtual time: let there be some. */
#pragma GCC unroll 1
    for (int i = 0; i < ROUNDS; i++) {
        x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
        x ^= x >> 32;
    }
    return x % 256 != 0;
}

/*
 * Volatile, so that the compiler cannot see through the pointer: the kit's
 * loop makes a real call for each byte, as the student's loop must.
 */
static bool (*volatile wanted)(unsigned char byte) = is_wanted;

void workload_prepare(uint64_t seed)
{
    uint64_t state = seed;

    key = draw(&state);
    for (size_t i = 0; i < LENGTH; i += 8) {
        uint64_t word = draw(&state);

        for (size_t k = 0; k < 8; k++)
            bytes[i + k] = (unsigned char)(word >> 8 * k);
    }
}

uint64_t workload_sequential(void)
{
    bool (*ask)(unsigned char byte) = wanted;
    size_t total = 0;

    for (size_t i = 0; i < LENGTH; i++) {
        if (ask(bytes[i]))
            total++;
    }
    return total;
}

uint64_t workload_student(int threads)
{
    size_t total = 0;

    if (counter_count(bytes, LENGTH, wanted, threads, &total) != 0)
        return UINT64_MAX;
    return total;
}
