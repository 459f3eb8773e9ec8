/* box_common.c - what every box needs */
#define _GNU_SOURCE
#include "box_common.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_bool interrupted;
static atomic_int interrupt_fd = -1; /* an eventfd that nobody reads */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_interrupt(void)
{
    atomic_store(&interrupt_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int box_interrupt_fd(void)
{
    pthread_once(&once, open_interrupt);
    return atomic_load(&interrupt_fd);
}

void box_interrupt(void)
{
    const uint64_t one = 1;
    int error = errno, fd;

    /* The flag first: who has made the descriptor too late to be woken by it
     * looks at the flag afterwards. */
    atomic_store(&interrupted, true);
    fd = atomic_load(&interrupt_fd);
    if (fd >= 0 && write(fd, &one, sizeof one) < 0) {
        /* Full: it is readable, which is all that is needed. */
    }
    errno = error;
}

bool box_interrupted(void)
{
    return atomic_load(&interrupted);
}

void box_classify(const struct box_limits *limits,
                  const struct box_ending *ending, struct box_result *result)
{
    const bool cpu_used =
        limits->cpu_seconds > 0 && result->cpu_seconds >= limits->cpu_seconds;

    if (WIFEXITED(ending->status)) {
        result->end = BOX_EXITED;
        result->code = WEXITSTATUS(ending->status);
    } else {
        result->end = BOX_SIGNALLED;
        result->code = WTERMSIG(ending->status);
        /* The kernel's own limits speak by signals, which others can send. */
        if (cpu_used && (result->code == SIGXCPU || result->code == SIGKILL))
            result->end = BOX_CPU;
        else if (limits->file_bytes != 0 && result->code == SIGXFSZ)
            result->end = BOX_FILES;
    }
    /* Passed between two looks, or found only after the end: a program shall
     * end in the same way however fast it was. */
    if (limits->memory_bytes != 0 && ending->peak_memory > limits->memory_bytes)
        result->end = BOX_MEMORY;
    if (ending->flooded)
        result->end = BOX_OUTPUT;
}
