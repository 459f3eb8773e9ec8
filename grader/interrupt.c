/*
 * interrupt.c - see interrupt.h.
 */
#define _GNU_SOURCE
#include "interrupt.h"

#include <signal.h>

#include "box.h"

static void on_interrupt(int signal)
{
    (void)signal;
    box_interrupt();
}

void interrupt_by_signals(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}
