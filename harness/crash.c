/*
 * crash.c - a crash says where: the handler writes the return addresses that
 * led to it, then lets the signal have its way. SIGXCPU is what the grader
 * sends to a thread that has used up its time: the same, as `loop`.
 *
 * Only async-signal-safe calls: no stdio, no malloc.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "inside.h"
#include "stacks.h"

static char signal_stack[16384];

static size_t put_text(char *line, size_t n, const char *text)
{
    while (*text != '\0' && n < 900)
        line[n++] = *text++;
    return n;
}

static size_t put_hex(char *line, size_t n, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        line[n++] = "0123456789abcdef"[(value >> shift) & 15];
    return n;
}

static const char *name_of(int signal)
{
    switch (signal) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    case SIGABRT:
        return "SIGABRT";
    default:
        return "SIGXCPU";
    }
}

static bool is_mapped(uint64_t address)
{
    return syscall(SYS_msync, address & ~4095ull, 1, MS_ASYNC) == 0;
}

extern const char __executable_start[], etext[]; /* ld(1) */

static bool in_program(uint64_t pc)
{
    return pc >= (uint64_t)__executable_start && pc < (uint64_t)etext;
}

/* 0 where nothing can be read: a guard page, say. */
static uint64_t word_at(uint64_t address)
{
    uint64_t word = 0;
    struct iovec to = {&word, sizeof word};
    struct iovec from = {(void *)(uintptr_t)address, sizeof word};

    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) < 0 ? 0 : word;
}

/* Do the bytes before `back` call what was at work at `pc`? By its address,
 * which is at the beginning of a function, or through a pointer (0xff /2, of
 * two to seven bytes). */
QUIET static bool follows_call(uint64_t back, uint64_t pc)
{
    const unsigned char *at = (const unsigned char *)(uintptr_t)back;
    int32_t distance;

    memcpy(&distance, at - 4, sizeof distance);
    if (at[-5] == 0xe8)
        return pc - (back + (uint64_t)(int64_t)distance) < 4096;
    for (int length = 2; length <= 7; length++)
        if (at[-length] == 0xff && (at[1 - length] & 0x38) == 0x10)
            return true;
    return false;
}

/* A system call of the C library has no frame of its own, so the frames begin
 * with its caller's: where it goes back to lies on top of the stack. 0: this
 * is no such place. */
QUIET static uint64_t caller_of_leaf(uint64_t pc, uint64_t low)
{
    uint64_t back;

    if (in_program(pc))
        return 0;
    back = word_at(low);
    return in_program(back) ? back : 0;
}

/* Nor has a small function that gcc compiles; but what lies on top of the stack
 * can be another's, long gone. So this is a guess, for want of better. */
QUIET static uint64_t perhaps_caller(const greg_t *registers)
{
    uint64_t pc = (uint64_t)registers[REG_RIP];
    uint64_t low = (uint64_t)registers[REG_RSP], back = word_at(low);

    if (!in_program(pc))
        return 0;
    if (back == (uint64_t)registers[REG_RBP]) /* its frame is half made */
        back = word_at(low + 8);
    return in_program(back) && follows_call(back, pc) ? back : 0;
}

/* "@pc,pc,...": where it stands, and the return addresses that led there;
 * ",?pc" is a guess. */
QUIET static size_t put_callers(char *line, size_t n, const greg_t *registers)
{
    struct board_row *row = row_self();
    uint64_t low = (uint64_t)registers[REG_RSP];
    uint64_t top = row ? row->stack_top : 0;
    uint64_t frame = (uint64_t)registers[REG_RBP];
    uint64_t leaf = caller_of_leaf((uint64_t)registers[REG_RIP], low);
    uint64_t guess = perhaps_caller(registers);
    bool known; /* some line of the program */

    n = put_text(line, n, "@");
    n = put_hex(line, n, (uint64_t)registers[REG_RIP] - board->base);
    if (leaf != 0) {
        n = put_text(line, n, ",");
        n = put_hex(line, n, leaf - board->base);
    }
    if (guess != 0) {
        n = put_text(line, n, ",?");
        n = put_hex(line, n, guess - board->base);
    }
    known = leaf != 0 || in_program((uint64_t)registers[REG_RIP]);
    for (int i = 0; i < 16 && frame >= low && frame < top && is_mapped(frame);
         i++) {
        const uint64_t *at = (const uint64_t *)frame;

        n = put_text(line, n, ",");
        n = put_hex(line, n, at[1] - board->base);
        known |= in_program(at[1]);
        if (at[0] <= frame)
            break;
        frame = at[0];
    }
    for (int i = 0; !known && row && row->inside && i < BOARD_FRAMES; i++) {
        n = put_text(line, n, ",");
        n = put_hex(line, n, row->at.pc[i] - board->base);
    }
    return n;
}

/*
 * When a coroutine's stack is to blame: what it is, which takes the place of
 * the signal's name; and the line "SIZE@pc,pc,...", where its stack was given
 * to it.
 */
QUIET static const char *blame_stack(const siginfo_t *info,
                                     const greg_t *registers)
{
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr, size;
    char line[1024];
    struct frames at;
    const char *what = stack_blamed(address, (uint64_t)registers[REG_RSP],
                                    info->si_code == SEGV_ACCERR, &size, &at);
    size_t n = 0;

    if (what == NULL)
        return NULL;
    n = put_text(line, n, record_secret());
    n = put_text(line, n, " value ");
    n = put_text(line, n, board->test);
    n = put_text(line, n, " stack-from ");
    n = put_hex(line, n, size);
    for (int i = 0; i < BOARD_FRAMES && at.pc[i] != 0; i++) {
        n = put_text(line, n, i ? "," : "@");
        n = put_hex(line, n, at.pc[i] - board->base);
    }
    line[n++] = '\n';
    record_raw(line, n);
    return what;
}

QUIET static void on_signal(int signal, siginfo_t *info, void *context)
{
    const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const char *what = NULL;
    char line[1024];
    size_t n = 0;

    if (signal == SIGSEGV || signal == SIGBUS)
        what = blame_stack(info, registers);
    n = put_text(line, n, record_secret());
    n = put_text(line, n, " value ");
    n = put_text(line, n, board->test);
    if (row_is_child(row_self()))
        n = put_text(line, n, " child-crash ");
    else
        n = put_text(line, n, signal == SIGXCPU ? " loop " : " crash ");
    n = put_text(line, n, what ? what : name_of(signal));
    n = put_callers(line, n, registers);
    line[n++] = '\n';
    record_raw(line, n);
    /* SA_RESETHAND: coming back runs into it again and ends the process */
    if (signal == SIGXCPU)
        raise(SIGKILL);
}

void crash_install(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS,  SIGFPE,
                                  SIGILL,  SIGABRT, SIGXCPU};
    stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    struct sigaction action;

    if (getenv("INTERLEAVE_RECORD") == NULL)
        return;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}
