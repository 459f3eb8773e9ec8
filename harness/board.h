/*
 * board.h - the board: a table in shared memory that says, for every thread
 * of the test's process, what it holds and what it waits for. The harness
 * writes it from inside (calls.c); the grader reads it from outside
 * (stillness.c) and so can tell a deadlock from a slow machine, and say who
 * holds which lock, taken at which line.
 *
 * Rules. A row belongs to its thread: only that thread writes its fields,
 * but for `met` and `meeting`, which are written under `lock`, and the state
 * of a child process, which the grader ends when the process is gone. A child
 * process has one row, which no count of threads includes. Readers outside
 * take two looks and believe only what stood still between them. Nothing here
 * is seen by ThreadSanitizer or Helgrind (quiet.h): the board must not give
 * the student's threads an order that her program does not give them.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdatomic.h>
#include <stdint.h>

#define BOARD_THREADS 256 /* rows; later threads go unseen */
#define BOARD_HELD    16  /* locks of one thread; later ones go unseen */
#define BOARD_SUITES  16  /* that are not begun any more */
#define BOARD_SUITE   32  /* a suite's name */
#define BOARD_FRAMES  6   /* return addresses kept of a call */

enum waiting {
    WAIT_NOTHING, /* runs, or sleeps in a call that is not wrapped */
    WAIT_MUTEX,
    WAIT_RWLOCK,
    WAIT_SPINLOCK,
    WAIT_CONDITION,
    WAIT_SEMAPHORE,
    WAIT_BARRIER,
    WAIT_JOIN,
    WAIT_READ, /* in read() and its like; `object` is the descriptor */
    WAIT_WRITE,
    WAIT_POLL,     /* in poll(), epoll_wait() and their like */
    WAIT_CHILD,    /* in waitpid(); `object` is the child, or 0 for any */
    WAIT_SLEEP,    /* in sleep(), nanosleep() and their like */
    WAIT_RUNNER,   /* for Criterion's runner (assertions.c) */
    WAIT_MEETING,  /* inside meet(): to be let go when all is still */
    WAIT_END,      /* at the test's end: likewise, after all meetings */
    WAIT_PATIENCE, /* held back by the patient policy: likewise */
    WAIT_TRY       /* tried a lock in vain, and sleeps before it tries again */
};

enum row_state { ROW_FREE, ROW_ALIVE, ROW_ENDED };

/* Return addresses, innermost first, 0 after the last. */
struct frames {
    uint64_t pc[BOARD_FRAMES];
};

struct held_lock {
    uint64_t lock;  /* address of the lock */
    uint32_t kind;  /* enum waiting: which kind of lock */
    uint32_t times; /* recursive locks, read locks */
    struct frames taken;
};

struct board_row {
    _Atomic uint32_t state; /* enum row_state */
    _Atomic int32_t tid;    /* kernel thread id; 0 while being born */
    _Atomic int32_t pid;    /* a child process; 0 in the test's own */
    _Atomic int32_t gone;   /* the grader's word: the child `gone` has died */
    uint32_t number;        /* 0 the test's own thread, 1, 2, ... */
    struct frames created;

    _Atomic uint32_t waiting; /* enum waiting */
    uint32_t timed;           /* the wait ends by itself */
    uint64_t object;          /* lock, condition, or row number joined */
    uint64_t object2;         /* condition: its mutex */
    struct frames at;

    _Atomic uint32_t held_count;
    struct held_lock held[BOARD_HELD];

    /* written under board.lock */
    uint64_t meeting; /* address of the meeting it is in, or 0 */
    int32_t met;      /* how many were there */

    /* the harness' own */
    uint64_t pthread; /* pthread_t, so that join finds the row */
    uint64_t start, argument;
    uint64_t stack_top;
    uint32_t tried; /* was held back before a try, once */
    uint32_t vain;  /* tries for a second lock that failed, since one did not */
    uint32_t inside; /* a library, called from `at`, which has no frames */
};

/*
 * A child that was killed cannot say so. The grader says it, and names the
 * process: by then the row may be another's, of the next test.
 */
static inline int board_alive(const struct board_row *row)
{
    return row->state == ROW_ALIVE && (row->pid == 0 || row->gone != row->pid);
}

enum board_policy { POLICY_FREE, POLICY_PATIENT };

struct board {
    uint32_t policy;         /* enum board_policy; set by the grader */
    _Atomic int32_t pid;     /* the test's process, 0 outside a test */
    uint64_t base;           /* load address of the executable */
    char test[128];          /* "suite/name" */
    _Atomic uint32_t serial; /* tests begun */

    _Atomic uint32_t lock;   /* shared_lock(); for a few instructions */
    _Atomic int32_t alive;   /* rows alive */
    _Atomic int32_t running; /* rows alive and not in a wrapped wait */
    _Atomic int32_t pending; /* threads that wait to be let go */
    _Atomic uint32_t most;   /* most rows alive at one time in this test */
    _Atomic uint32_t rows_used;

    /* Let-go: the grader adds 1 to the epoch, then to the bell, and wakes
     * the bell (a futex). Threads that wait look again. */
    _Atomic uint32_t let_go_patience;
    _Atomic uint32_t let_go_meetings;
    _Atomic uint32_t let_go_end;
    _Atomic uint32_t releases; /* locks released while somebody tries */
    _Atomic int32_t trying;    /* threads in WAIT_TRY */
    _Atomic uint32_t bell;

    /* A hint is on its way: set with it, cleared by the grader before it
     * looks. Who polls would else fill the record with them. */
    _Atomic uint32_t hinted;

    /* Set by the grader: no further test begins; none of these suites. */
    _Atomic uint32_t enough;
    _Atomic uint32_t spent_count;
    char spent[BOARD_SUITES][BOARD_SUITE];

    /* The origin server (grader/origin.c), which is no part of the test's
     * process. It writes these; the grader lets its requests go. */
    _Atomic int32_t origin; /* its process, or 0 */
    _Atomic int32_t origin_port;
    _Atomic uint32_t holds;       /* requests that wait to be let go */
    _Atomic uint32_t origin_acts; /* it will act by itself, by the clock */
    _Atomic uint32_t let_go_origin;

    struct board_row rows[BOARD_THREADS];
};

#endif
