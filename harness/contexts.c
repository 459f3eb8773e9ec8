/*
 * contexts.c - makecontext(), swapcontext(), setcontext().
 *
 * makecontext() says where a stack is, and that is kept (stacks.c). With it
 *
 *   - Valgrind is told of the stack, so that it does not take a switch for a
 *     function with a huge frame;
 *   - ThreadSanitizer gets a fiber for it, and is told of each switch: to the
 *     fiber on whose stack the new stack pointer lies, or else to the thread
 *     itself. So it does not matter how a context was saved, or copied;
 *   - an overflow can be told from other crashes (crash.c).
 *
 * The function of a context is called by the harness (context_begin), since
 * the C library goes on to uc_link without a call that could be wrapped. Like
 * all files but calls*.c this one is not compiled with ThreadSanitizer: what
 * a fiber calls first must be the student's function, and no function may
 * begin on one fiber and return on another.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <ucontext.h>

#include "inside.h"
#include "stacks.h"

__attribute__((weak)) void __tsan_switch_to_fiber(void *fiber, unsigned flags);
__attribute__((weak)) void *__tsan_get_current_fiber(void);

/* The fiber of the thread's own stack; set before it first leaves that. */
static _Thread_local void *home;

/* ThreadSanitizer: the next instruction runs on the stack of this context. */
static void tell_switch(const ucontext_t *to)
{
    void *fiber;

    if (__tsan_switch_to_fiber == NULL)
        return;
    if (home == NULL)
        home = __tsan_get_current_fiber();
    fiber = stack_fiber((uint64_t)to->uc_mcontext.gregs[REG_RSP], home);
    if (fiber != __tsan_get_current_fiber())
        __tsan_switch_to_fiber(fiber, 0);
}

/* The first function on a new stack. */
static void context_begin(const struct region *stack)
{
    typedef void (*with_all)(long long, long long, long long, long long,
                             long long, long long, long long, long long);
    with_all function = (with_all)(uintptr_t)stack->function;
    const ucontext_t *link = stack->link;
    const long long *a = stack->arguments;

    function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
    if (link != NULL)
        tell_switch(link); /* where the C library goes from here */
    else /* the C library ends the thread, and with main's the process */
        record_line("value %s assert the function of a context has returned, "
                    "and its uc_link is NULL: there is nowhere to go on, so "
                    "the whole thread ends",
                    board->test);
}

void il_makecontext(ucontext_t *context, void (*function)(void), int count,
                    ...);
void il_makecontext(ucontext_t *context, void (*function)(void), int count, ...)
{
    long long a[STACK_ARGUMENTS] = {0};
    struct region *stack;
    struct frames at;
    va_list list;

    va_start(list, count);
    for (int i = 0; i < count && i < STACK_ARGUMENTS; i++)
        a[i] = va_arg(list, long long); /* an int: the rest is anything */
    va_end(list);
    frames_here(&at, __builtin_frame_address(0));
    stack = stack_new(ADDRESS(context->uc_stack.ss_sp),
                      context->uc_stack.ss_size, &at);
    if (stack == NULL) {
        makecontext(context, function, STACK_ARGUMENTS, a[0], a[1], a[2], a[3],
                    a[4], a[5], a[6], a[7]);
    } else {
        stack->function = function;
        stack->link = context->uc_link;
        memcpy(stack->arguments, a, sizeof a);
        makecontext(context, (void (*)(void))(uintptr_t)context_begin, 1,
                    stack);
    }
    /* where those end who follow the frame pointers */
    context->uc_mcontext.gregs[REG_RBP] = 0;
}

int il_swapcontext(ucontext_t *from, const ucontext_t *to);
int il_swapcontext(ucontext_t *from, const ucontext_t *to)
{
    tell_switch(to);
    return swapcontext(from, to);
}

int il_setcontext(const ucontext_t *to);
int il_setcontext(const ucontext_t *to)
{
    tell_switch(to);
    return setcontext(to);
}
