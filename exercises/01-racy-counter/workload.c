/*
 * workload.c - what the speed of counter_count() is measured with.
 *
 * One call to a small function for each byte, about 2 ns: so a buffer of 4
 * MiB takes one core some 8 ms. Nearly every byte is wanted, so a design that
 * meets the other threads for each byte that it counts pays for it each time.
 */
#include "interleave.h"
#include "racy-counter.h"

#define LENGTH ((size_t)4 << 20)

static unsigned char bytes[LENGTH];
static unsigned char unwanted;

static bool is_wanted(unsigned char byte)
{
    return byte != unwanted;
}

/*
 * Volatile, so that the compiler cannot see through the pointer: the kit's
 * loop makes a real call for each byte, as the student's loop must.
 */
static bool (*volatile wanted)(unsigned char byte) = is_wanted;

void workload_prepare(uint64_t seed)
{
    uint64_t state = seed;

    unwanted = (unsigned char)draw(&state);
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
