/*
 * inside.h - what the harness' own files share. Not for tests.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "board.h"
#include "quiet.h"

/* The board; a private one that nobody reads when the grader gave none. */
extern struct board *board;

/* The row of the calling thread, or NULL for a thread that has none. */
struct board_row *row_self(void);

/* true for the row of a forked child, which counts as no thread */
static inline bool row_is_child(const struct board_row *row)
{
    return row != NULL && row->pid != 0;
}

/* A new row for a thread about to be created, or NULL when all are used. */
struct board_row *row_new(const struct frames *created);
void row_adopt(struct board_row *row, uint64_t stack_top);
void row_end(struct board_row *row);
struct board_row *row_of_pthread(uint64_t thread);

/* Around fork(), in the parent: a row for the child, and who it is, or -1 when
 * there is none. */
void row_for_child(void);
void row_of_child(pid_t child);

/*
 * The caller of a wrapped call, and its callers: walks frame pointers from
 * the wrapper's own frame up to the thread's first frame.
 */
void frames_here(struct frames *out, void *frame);

/*
 * Around a blocking call. wait_begin() says what is waited for; wait_end()
 * that it is over. In between the thread counts as asleep.
 */
void wait_begin(struct board_row *row, enum waiting waiting, uint64_t object,
                bool timed, const struct frames *at);
void wait_end(struct board_row *row);

void held_push(struct board_row *row, uint64_t lock, enum waiting kind,
               const struct frames *taken);
void held_pop(struct board_row *row, uint64_t lock);

/* Before a lock is asked for. Under the patient policy it holds back a thread
 * that has one already; who has none, and has tried in vain, lets others go
 * first. */
void patience(struct board_row *row, uint64_t object, const struct frames *at);

/*
 * The same before a thread's first try for a second lock, and only that one:
 * two that keep what they have and try for ever then meet every time, and
 * those that step back are not kept from it.
 */
void patience_try(struct board_row *row, uint64_t object,
                  const struct frames *at);

/*
 * A try that failed. While somebody waits to be let go, the thread sleeps
 * until a lock is released or somebody was let go: one that tries again and
 * again would keep all from ever being still.
 */
void try_failed(struct board_row *row, uint64_t object,
                const struct frames *at);
/* One that did not: the lock is held now. */
void try_succeeded(struct board_row *row, uint64_t object, enum waiting kind,
                   const struct frames *at);
void try_again(void);

/* true when fail_thread_create_after() says so */
bool creation_fails(void);

/* One line on the record pipe: one write, so lines do not mix. */
void record_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same from a signal handler: bytes as they are. */
void record_raw(const char *text, size_t size);
const char *record_secret(void);

/* Tells the grader that all may be still now: it then takes its two looks at
 * once, and not at its next tick. Says nothing while it has not yet begun to
 * look for the last one. */
void record_hint(void);

/*
 * true when a wait until that moment ends within seconds. One that ends in
 * an hour is, for a test, one that does not end.
 */
bool ends_soon(clockid_t clock, const struct timespec *until);

/*
 * The same for a wait on a condition variable, which cannot be asked for its
 * clock. The moment itself tells: what the calendar shows and the time since
 * the machine was started are decades apart.
 */
bool condition_ends_soon(const struct timespec *until);

/* And for a time-out as poll() has it: below 0 there is none. */
bool poll_ends_soon(int milliseconds);
bool time_ends_soon(time_t seconds);

/* quiet.c: what the compiler's own memcpy() and memset() become where
 * ThreadSanitizer would watch them. */
void *quiet_memcpy(void *to, const void *from, size_t size);
void *quiet_memset(void *to, int byte, size_t size);

/* Starts a wrapped call: its row, and where it was called. */
#define ENTER                                                                  \
    struct board_row *row = row_self();                                        \
    struct frames at;                                                          \
    frames_here(&at, __builtin_frame_address(0))

#define ADDRESS(object) ((uint64_t)(uintptr_t)(object))

/*
 * meet.c, at the end of a test. wait_at_end() gives the others the time that
 * they need: until it is enough, or all are asleep and will never go on by
 * themselves. wait_for_others(): until the other threads have ended; how many
 * are left.
 */
void wait_at_end(bool (*enough)(void));
int wait_for_others(void);

/* children.c: ends the processes that the test has left behind; how many. */
int take_processes(void);

/* blocks.c: which parts of the student's code have run since the one, told by
 * the other. */
void blocks_clear(void);
void blocks_tell(void);

/* crash.c: handlers for the signals that end a test. */
void crash_install(void);

#endif
