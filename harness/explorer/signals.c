/*
 * signals.c - a crash, a stack that overflows, an endless loop end the
 * schedule: the signal's handler, on a stack of its own, notes the fault and
 * leaves the thread for good. The process goes on with the next schedule.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#include "carry.h"
#include "explorer.h"
#include "init.h"

/* So many ticks without a step are a loop. A small test, which runs again and
 * again, has no computing to do that takes long; a program may. */
enum { TICK_USEC = 500000, LOOP_TICKS = 4, LOOP_TICKS_SMALL = 2 };

/* Like a return address, as all the others are: those who read it look at the
 * byte before. */
static uint64_t crash_pc(const void *context)
{
#ifdef __x86_64__
    return (uint64_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] +
           1;
#else
    (void)context;
    return 0;
#endif
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    uint64_t address = ADDRESS(info->si_addr);

    if (world->self == NULL) {
        signal(number, SIG_DFL);
        return; /* our own fault: it comes again, and ends the process */
    }
    if (is_guard_page(address))
        fail(FAULT_STACK_OVERFLOW, crash_pc(context), address,
             "the stack is full");
    fail(FAULT_CRASH, crash_pc(context), address, "%s", strsignal(number));
}

/* In the explorer's thread, while a real thread loops. */
static void loop_given_up(void)
{
    world->fault = FAULT_LOOP;
    world->fault_thread = world->self->number;
    world->fault_pc = 0; /* it is another thread's, and not known here */
    hand_over_give_up();
}

/* Twice a second of processor time: has anything been announced since? Or, in
 * virtual time, which ends loops by itself, has any passed? */
static void on_tick(int number, siginfo_t *info, void *context)
{
    static uint64_t steps, clock;
    static uint32_t schedule;
    static unsigned silent;
    unsigned most = settings.small ? LOOP_TICKS_SMALL : LOOP_TICKS;

    (void)number;
    (void)info;
    if (world->self == NULL || world->steps != steps ||
        world->schedule != schedule || world->self->clock != clock)
        silent = 0;
    else if (++silent >= most && carrier == &hand_over)
        loop_given_up();
    else if (silent >= most)
        fail(FAULT_LOOP, crash_pc(context), 0,
             "%g s of processor time without a step",
             most * (TICK_USEC / 1e6));
    clock = world->self != NULL ? world->self->clock : 0;
    steps = world->steps;
    schedule = world->schedule;
}

void signals_watch(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t stack = {.ss_sp = own_memory(65536), .ss_size = 65536};
    struct itimerval tick = {{0, TICK_USEC}, {0, TICK_USEC}};

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &action, NULL);
    action.sa_sigaction = on_tick;
    action.sa_flags |= SA_RESTART;
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &tick, NULL);
    signal(SIGPIPE, SIG_IGN);
}
