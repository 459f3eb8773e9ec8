/*
 * price.c - what a context switch costs on this machine.
 *
 *     gcc -O1 -pthread -o build/price exercises/10-scheduler/price.c
 *     build/price
 *
 * Two threads on one core hand a byte to and fro, through two pipes. Each of
 * them sleeps until the other one has written: so each hand-over is a switch,
 * and one write() and one read(). What these two cost without a switch is
 * measured as well, by a thread that writes to itself; the rest is the switch.
 *
 * A measurement, not a test: other programs disturb it, for they empty the
 * caches. The best of five rounds is the one that was disturbed least.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5, BYTES = 20000, TICK = 100 /* nanoseconds */ };

static int there[2], back[2];

/* Nanoseconds of processor time of both threads: others' turns do not count. */
static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

/* Moves BYTES bytes from one pipe to another, one at a time. With `first` it
 * begins by writing one; otherwise it waits for one. Returns how many. */
static int pass_on(int from, int to, int first)
{
    char byte = 'x';
    int n = 0;

    while (n < BYTES) {
        if (first && write(to, &byte, 1) != 1)
            break;
        if (read(from, &byte, 1) != 1)
            break;
        if (!first && write(to, &byte, 1) != 1)
            break;
        n++;
    }
    return n;
}

static void *partner(void *unused)
{
    pass_on(there[0], back[1], 0);
    return unused;
}

/* Nanoseconds for one byte that nobody else touches: no switch. */
static double alone(void)
{
    double begin = now();

    return pass_on(there[0], there[1], 1) == BYTES ? (now() - begin) / BYTES
                                                   : -1;
}

/* Nanoseconds for one byte there and back: two switches. */
static double together(void)
{
    pthread_t thread;
    double begin;
    int n;

    if (pthread_create(&thread, NULL, partner, NULL) != 0)
        return -1;
    begin = now();
    n = pass_on(back[0], there[1], 1);
    begin = now() - begin;
    pthread_join(thread, NULL);
    return n == BYTES ? begin / BYTES : -1;
}

/* All threads of this program share one core from now on. */
static int stay_on_one_core(void)
{
    int core = sched_getcpu();
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(core < 0 ? 0 : (size_t)core, &one);
    return sched_setaffinity(0, sizeof one, &one);
}

static void print_slices(double price)
{
    static const struct {
        const char *name;
        double length;
    } slices[] = {
        {"3 ms", 3e6}, {"100 us", 1e5}, {"10 us", 1e4}, {"1 us", 1e3}};

    puts("\n slice    left for work     in the simulator");
    for (int i = 0; i < 4; i++)
        printf("%6s    %5.1f %%           show 1 %.0f %.0f two.txt\n",
               slices[i].name,
               100 * slices[i].length / (slices[i].length + price),
               slices[i].length / TICK, price / TICK);
}

int main(void)
{
    double best = -1, calls = -1;

    if (pipe(there) != 0 || pipe(back) != 0)
        return 1;
    if (stay_on_one_core() != 0) {
        perror("price: both threads on one core");
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        double one = alone(), two = together();

        if (one < 0 || two < 0)
            return 1;
        if (calls < 0 || one < calls)
            calls = one;
        if (best < 0 || two < best)
            best = two;
    }
    printf("write() and read():      %6.0f ns\n", calls);
    printf("there and back:          %6.0f ns\n", best);
    printf("so a context switch is:  %6.0f ns\n", best / 2 - calls);
    print_slices(best / 2 - calls);
    return 0;
}
