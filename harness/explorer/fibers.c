/*
 * fibers.c - threads as fibers: a switch saves six registers and takes 10 ns.
 *
 * Thread-local storage (errno, the student's own _Thread_local) is found
 * through the FS base, so each fiber borrows that of a real thread which is
 * parked and does nothing else. This needs the instruction WRFSBASE, which
 * the kernel has to allow (AT_HWCAP2; Intel 64 manual, volume 2). Where that
 * is missing hand_over.c takes its place.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "carry.h"
#include "explorer.h"

#ifdef __x86_64__

/* Saves the registers that a function must keep, then takes up others. */
void explorer_swap(void **from, void *to, uint64_t fs_base);
__asm__(".text\n"
        ".globl explorer_swap\n"
        ".type explorer_swap, @function\n"
        "explorer_swap:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    wrfsbase %rdx\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size explorer_swap, .-explorer_swap\n");

static void *explorer_stack;
static uint64_t main_base;      /* FS base of the process' first thread */
static uint64_t bases[THREADS]; /* of the parked ones */
static sem_t parked;

bool fibers_possible(void)
{
    return (getauxval(AT_HWCAP2) & 2) != 0;
}

static void *park(void *unused)
{
    (void)unused;
    sem_post(&parked);
    for (;;)
        pause();
    return NULL;
}

static void fibers_init(void)
{
    tls_init();
    sem_init(&parked, 0, 0);
    main_base = (uint64_t)pthread_self(); /* that is what it is, here */
}

static uint64_t base_of(int number)
{
    pthread_attr_t small;
    sigset_t all, before;
    pthread_t thread;

    if (number == 0)
        return main_base;
    if (bases[number] == 0) {
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 65536);
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, &before);
        if (pthread_create(&thread, &small, park, NULL) != 0)
            fail(FAULT_UNCONTROLLED, 0, 0, "the system gives no thread");
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&small);
        while (sem_wait(&parked) != 0)
            continue;
        bases[number] = (uint64_t)thread;
    }
    return bases[number];
}

static void fibers_prepare(struct thread *thread)
{
    uint64_t *top = (uint64_t *)stack_top(thread->number);

    thread->fs_base = base_of(thread->number);
    tls_reset(thread->fs_base);
    *--top = 0; /* no caller; and the stack is aligned as after a call */
    *--top = ADDRESS(thread_body);
    thread->stack_pointer = top - 6;
    memset(thread->stack_pointer, 0, 6 * sizeof *top);
}

static void fibers_go(struct thread *from, struct thread *to)
{
    explorer_swap(from != NULL ? &from->stack_pointer : &explorer_stack,
                  to != NULL ? to->stack_pointer : explorer_stack,
                  to != NULL ? to->fs_base : main_base);
}

#else /* another machine */

bool fibers_possible(void)
{
    return false;
}

static void fibers_init(void)
{
    abort();
}

static void fibers_prepare(struct thread *thread)
{
    (void)thread;
}

static void fibers_go(struct thread *from, struct thread *to)
{
    (void)from;
    (void)to;
}

#endif

const struct carrier fibers = {fibers_init, fibers_prepare, fibers_go};
