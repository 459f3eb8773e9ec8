/*
 * hand_over.c - threads as real threads: one runs, the others sleep on a word
 * of their own. To switch is to set the other's word, and to wait for one's
 * own: read all that is needed before, as the other runs at once.
 *
 * For machines where fibers cannot be; and each bug that fibers have found is
 * seen once more in this way before it is told. The threads are kept: one
 * that a schedule has left in the middle jumps back to its beginning when the
 * next schedule needs it.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "carry.h"
#include "explorer.h"

enum { EXPLORER = THREADS };

static struct worker {
    pthread_t pthread;
    bool made;
    bool fresh; /* begins a new life when its turn comes */
    _Atomic uint32_t turn;
    jmp_buf base;
    void *stack_pointer;
} workers[THREADS + 1];

#ifdef __x86_64__
/* On the program's own stack, as the fibers are: addresses are the same. */
noreturn void explorer_jump(void *stack_pointer);
__asm__(".text\n"
        ".globl explorer_jump\n"
        ".type explorer_jump, @function\n"
        "explorer_jump:\n"
        "    movq %rdi, %rsp\n"
        "    xorl %ebp, %ebp\n"
        "    ret\n"
        ".size explorer_jump, .-explorer_jump\n");
#endif

static void sleep_until_turn(struct worker *worker)
{
    while (atomic_load(&worker->turn) == 0)
        syscall(SYS_futex, &worker->turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    atomic_store(&worker->turn, 0);
}

static void give_turn(struct worker *worker)
{
    atomic_store(&worker->turn, 1);
    syscall(SYS_futex, &worker->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void hand_over_give_up(void)
{
    give_turn(&workers[EXPLORER]);
}

static noreturn void live(struct worker *worker)
{
    worker->fresh = false;
    tls_reset((uint64_t)pthread_self());
#ifdef __x86_64__
    explorer_jump(worker->stack_pointer);
#else
    thread_body();
#endif
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};

    sigaltstack(&stack, NULL);
    setjmp(worker->base); /* and whoever comes back here has been left */
    if (!worker->fresh)
        sleep_until_turn(worker);
    live(worker);
}

static void init(void)
{
    tls_init();
}

/* The clock's signal is for the explorer's own thread. */
static void make(struct worker *worker)
{
    sigset_t clock, before;

    sigemptyset(&clock);
    sigaddset(&clock, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &clock, &before);
    if (pthread_create(&worker->pthread, NULL, work, worker) != 0)
        fail(FAULT_UNCONTROLLED, 0, 0, "the system gives no thread");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    worker->made = true;
}

static void prepare(struct thread *thread)
{
    struct worker *worker = &workers[thread->number];
    uint64_t *top = (uint64_t *)stack_top(thread->number);

    *--top = 0;
    *--top = ADDRESS(thread_body);
    worker->stack_pointer = top;
    if (!worker->made)
        make(worker);
    else
        worker->fresh = true;
}

static void go(struct thread *from, struct thread *to)
{
    struct worker *self = &workers[from != NULL ? from->number : EXPLORER];
    struct worker *other = &workers[to != NULL ? to->number : EXPLORER];

    give_turn(other);
    sleep_until_turn(self);
    if (self->fresh)
        longjmp(self->base, 1);
}

const struct carrier hand_over = {init, prepare, go};
