/*
 * trace.h - what is told of one schedule while it is replayed: every step,
 * one line each, for the grader's timeline. When nobody asked, nothing.
 */
#ifndef TRACE_H
#define TRACE_H

#include "explorer.h"

void trace_open(const char *path);

/* A debugger stops here, before the step that it was asked for. */
void explorer_stop(void);

/* A replay knows its choices by their place in the run. */
bool trace_wants_choice(void);

void trace_step(struct thread *self);
void trace_access(uint64_t address, size_t size, unsigned access, uint64_t pc);
void trace_atomic(uint64_t address, size_t size);
void trace_switch(struct thread *from, struct thread *to, bool preempted);
void trace_note(struct thread *thread, const char *what);
void trace_created(struct thread *thread, uint64_t start);
void trace_allocated(uint64_t address, size_t size, uint64_t pc);
void trace_freed(uint64_t address, uint64_t pc);

/* A function of the program, and where its variables lie: %rbp. */
void trace_entry(uint64_t function, uint64_t frame);
void trace_exit(void);

void trace_end(void);

#endif
