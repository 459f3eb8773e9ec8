/*
 * explorer.h - every interleaving: what the files of this folder share.
 *
 * The explorer takes the place of ThreadSanitizer's runtime. A program is
 * compiled with -fsanitize=thread, its calls are renamed (pthread_mutex_lock
 * becomes ex_pthread_mutex_lock, calls.h), and what is linked to it is this.
 * Then:
 *
 *   - One thread runs at a time. Before each step that other threads can
 *     notice, the thread announces it, and the strategy chooses who goes on:
 *     announce, choose, perform. (steps.c, options.c, schedule.c)
 *   - Threads are fibers on stacks of our own, each with the thread-local
 *     storage of a parked thread; or real threads that hand over. (fibers.c,
 *     hand_over.c)
 *   - Locks, condition variables and the like are models: nothing ever
 *     blocks, a thread is ready or it is not. Time is virtual. (calls_*.c)
 *   - Every access is looked at for races, exact to the byte. (race.c)
 *   - When a schedule has ended the student's memory is put back, and the
 *     next one begins. (explore.c) A crash or an endless loop ends a schedule,
 *     not the process. (signals.c)
 *   - What to try next is a strategy's word. (strategy.h, strategy_*.c) One
 *     tries nothing: it lets each thread go on in the order of virtual time,
 *     and counts how long the program takes on how many cores.
 *     (strategy_clock.c, lines.c, path.c, curve.c)
 *
 * It explores sequential consistency: what a weak memory adds shows as a data
 * race. Nothing here judges; the grader does.
 */
#ifndef EXPLORER_H
#define EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "told.h"

#ifndef EXPLORER_THREADS
#define EXPLORER_THREADS 64 /* virtual time is built with more: Makefile */
#endif

enum {
    THREADS = EXPLORER_THREADS, /* in one schedule, one after the other */
    OBJECTS = 8192, /* locks, atomics, ... touched in one schedule */
    OPTIONS = 2 * THREADS
};

/* ---- vector clocks (race.c) --------------------------------------------- */

/*
 * at[t]: the last stamp of thread t that happened before. Stamps come from
 * one counter that never goes back, so a stamp of an earlier schedule is
 * smaller than `first_stamp` and means nothing.
 */
struct clocks {
    uint32_t at[THREADS];
};

/* ---- objects ------------------------------------------------------------ */

enum object_kind {
    OBJECT_MEMORY, /* 8 bytes that are accessed atomically or in a race */
    OBJECT_THREAD,
    OBJECT_MUTEX,
    OBJECT_CONDITION,
    OBJECT_RWLOCK,
    OBJECT_BARRIER,
    OBJECT_SPINLOCK,
    OBJECT_SEMAPHORE,
    OBJECT_ONCE,
    OBJECT_FUTEX,
    OBJECT_FILES /* all descriptors together */
};

/* What the explorer knows of one address in this schedule. */
struct object {
    uint64_t address;
    uint32_t schedule; /* of which this is the entry; older: free */
    enum object_kind kind;
    uint64_t history; /* hash of all that was done to it, see depend() */
    struct thread *owner;
    int count;   /* recursion, readers, value, arrived */
    int size;    /* of a barrier; kind of a mutex */
    int waiting; /* threads that wait for a condition, a barrier's turn */
    bool dead;   /* destroyed */
    bool robust; /* told of an owner that ends: calls_robust.c */
    enum { HEALTHY, ORPHANED, LOST } health;
    bool has_clocks;
    struct clocks clocks; /* what a thread that takes it has seen */
};

/* ---- threads ------------------------------------------------------------ */

/* What a thread is about to do, for the timeline. */
enum op {
    OP_END,
    OP_READ,
    OP_WRITE,
    OP_ATOMIC_READ,
    OP_ATOMIC_WRITE,
    OP_ATOMIC_CHANGE,
    OP_CREATE,
    OP_JOIN,
    OP_LOCK,
    OP_TRYLOCK,
    OP_UNLOCK,
    OP_WAIT,
    OP_WAKE, /* comes back from a wait, with the mutex */
    OP_SIGNAL,
    OP_BROADCAST,
    OP_READ_LOCK,
    OP_WRITE_LOCK,
    OP_BARRIER,
    OP_SEM_WAIT,
    OP_SEM_POST,
    OP_ONCE,
    OP_YIELD,
    OP_SLEEP,
    OP_CLOCK,
    OP_FREE,
    OP_FILE, /* epoll_ctl, close, ... of a pipe */
    OP_FILE_READ,
    OP_FILE_WRITE,
    OP_FILE_WAIT,
    OP_EXIT,
    OP_DESTROY
};

const char *op_name(enum op op); /* names.c */

struct cleanup;

struct thread {
    int number;        /* 0 is main */
    uint64_t identity; /* place in the tree of creations: the same whatever
                          the schedule */
    unsigned children;
    uint64_t history; /* hash of all that it did and saw, see depend() */
    uint64_t term;    /* its part of the state's hash */
    bool has_relaxed, has_fenced; /* see the clocks below */

    enum { NEVER, ALIVE, ENDED } life;
    bool detached, joined;
    void *(*start)(void *);
    void *argument, *result;
    struct cleanup *cleanups;
    void *values[16]; /* of keys */

    /* What it is about to do. It may when ready() says so; NULL: always. */
    enum op op;
    uint64_t address;
    bool (*ready)(struct thread *thread);
    struct object *object, *mutex;
    uint64_t pc;
    uint64_t wanted; /* descriptors that are polled */

    /* Waits. */
    bool waits;      /* in a queue; woken by another thread */
    unsigned ticket; /* its place in the queue */
    bool may_wake;   /* for no reason (condition variables) */
    bool woken_early;
    bool last_resort; /* its wait ends when nobody else can move */
    bool timed;       /* and not after `deadline` */
    bool timed_out;
    uint64_t deadline; /* virtual nanoseconds */

    /* Fairness, see spin.c. */
    bool yields;
    uint64_t yielded_at; /* `changes` then */
    uint64_t age;        /* of what stands in `seen` */

    /* Virtual time, see strategy_clock.c. */
    uint64_t clock; /* picoseconds */
    enum thread_place { OFF_CORE, IN_QUEUE, ON_CORE } place;
    int core;
    uint64_t queued;    /* its place in the queue for a core, or in a wait */
    uint64_t slice_end; /* when others may have its core */

    /* fibers.c */
    void *stack_pointer;
    uint64_t fs_base;

    /* What follows is not cleared for a new thread: an old age or an old stamp
     * means nothing. */
    struct clocks clocks;
    struct clocks seen_relaxed; /* becomes clocks at an acquire fence */
    struct clocks fenced;       /* clocks at the last release fence */
    struct {
        uint64_t place, value, age;
        unsigned times;
    } seen[16];
};

/* All that one schedule changes. */
struct state {
    struct thread threads[THREADS];
    int thread_count, alive;
    struct thread *self; /* runs now */
    uint64_t state;      /* hash of all histories */
    uint64_t steps;      /* announced, and every access: places in a token */
    unsigned points;     /* at which there was a choice */
    unsigned moves;      /* steps that were announced */
    unsigned run;        /* points since the last switch */
    unsigned silent;     /* accesses since the last announcement */
    uint64_t changes;    /* to anything that threads share */
    uint64_t idle;       /* steps since then, all threads waiting in loops */
    unsigned tickets;
    uint64_t now;  /* virtual nanoseconds */
    unsigned cost; /* preemptions and other surprises so far */
    bool fair;     /* from now on chance decides: will it ever end? */

    enum fault_kind fault;
    int fault_thread;
    uint64_t fault_pc, fault_address;
    char fault_text[256];
    bool pruned; /* given up: all that follows has been seen */
    bool exited;
    int status;    /* of exit() */
    int exited_by; /* which thread called it */

    uint32_t schedule, first_stamp, stamp;
    uint64_t ages; /* grows through all schedules */
};

/* It lies at a fixed place, far from all that a program can reach by mistake;
 * and each access is looked at before it is made (race.c). */
#define OWN_MEMORY 0x30000000000 /* 3 TB, and what follows */
#define world      ((struct state *)OWN_MEMORY)

/* ---- steps.c ------------------------------------------------------------ */

/*
 * Announces what the calling thread is about to do, and comes back when it is
 * its turn and it can be done. Does not come back when the schedule ends.
 */
void announce(enum op op, struct object *object, bool (*ready)(struct thread *),
              uint64_t pc);

/* The same for a thread that cannot go on before another has woken it, or
 * (with `timed`) a moment has come. The caller has put it into a queue. */
void announce_wait(enum op op, struct object *object, struct object *mutex,
                   bool (*ready)(struct thread *), bool timed,
                   uint64_t deadline, uint64_t pc);

/* The same for what waits in the kernel: `what` is a descriptor, or a list. */
void announce_file(int fd, struct object *files, bool (*ready)(struct thread *),
                   uint64_t pc);
void announce_file_wait(enum op op, uint64_t what, struct object *files,
                        bool (*ready)(struct thread *), bool timed,
                        uint64_t deadline, uint64_t pc);

/* Lets other threads go first: sched_yield(), or a loop that waits. */
void announce_yield(enum op op, uint64_t pc);

/* Before an access that races, which is a step already. */
void announce_access(enum op op, struct object *object, uint64_t pc);

/* The calling thread's step is done: what was changed, for the state's hash.
 * With `changes` no other step on that object commutes with it. */
void depend(struct object *object, enum op op, bool changes);

/* ---- schedule.c --------------------------------------------------------- */

/* One of `count` things happens that the program cannot choose. The first is
 * the usual one; the others are surprises. */
unsigned choose(unsigned count);

/* Ends the schedule with a fault. */
noreturn void fail(enum fault_kind kind, uint64_t pc, uint64_t address,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The calling thread has ended, or the program: never comes back. */
noreturn void thread_ends(void); /* calls_threads.c */
noreturn void thread_gone(void);
noreturn void program_ends(int status);
noreturn void main_returned(int status); /* calls_exit.c: exit(), unasked */

/* Ends a schedule that is too long to be one of a small test. */
noreturn void too_long(uint64_t pc);

/* In a replay: calls the debugger before the step that it was asked for. */
void stop_if_asked(void);

struct thread *thread_new(void *(*start)(void *), void *argument);

/* ---- objects.c ---------------------------------------------------------- */

/* The entry of an address, made at first use. */
struct object *object_at(const volatile void *address, enum object_kind kind);

/* A robust mutex that this thread has, or NULL. Looks at every object. */
struct object *object_robust_of(const struct thread *owner);

/* A lock that was destroyed is filled with a pattern. When the pattern is gone
 * somebody has made the lock again, by a static initialiser: that is no call,
 * and then it is not destroyed any more. */
void object_bury(struct object *object, void *memory, size_t size);
bool object_buried(struct object *object, const void *memory, size_t size);
void objects_forget(void); /* all of all schedules */

/* ---- race.c ------------------------------------------------------------- */

void race_init(void);
void race_begin(void); /* a schedule */
void race_thread(struct thread *parent, struct thread *child);
void acquire(struct object *object); /* what came before is seen */
void release(struct object *object); /* and seen by who acquires later */
void acquire_from(const struct clocks *clocks);
void release_to(struct clocks *clocks);
void clocks_join(struct clocks *to, const struct clocks *from);
void clocks_copy(struct clocks *to, const struct clocks *from);

enum access {
    ACCESS_READ = 0,
    ACCESS_WRITE = 1,
    ACCESS_ATOMIC = 2,
    ACCESS_FREE = 5, /* a write that ends all */
    ACCESS_LOCK = 8  /* of a lock, by its functions */
};
void race_access(uint64_t address, size_t size, unsigned access, uint64_t pc);
void race_freed(uint64_t address, size_t size, uint64_t pc);

/* More accesses that race have been found in this schedule (places.h). */
extern bool racy_grew;

/* ---- spin.c ------------------------------------------------------------- */

/* The thread reads this value here; again and again: it waits for another. */
void spin_read(uint64_t address, uint64_t value, uint64_t pc);
void spin_progress(void);

/* ---- memory.c: where the program's data lies ---------------------------- */

/*
 * Its static data, its heap and its stacks: three ranges, each with a shadow
 * in which race.c keeps 16 bytes for each byte. Heap and stacks lie at fixed
 * places, and each thread has a part of them for itself: so a block has the
 * same address in every schedule (told.h).
 */
void memory_init(void);
void memory_begin(void); /* the data as it was before main() */

/* The highest address of the stack of a thread. */
char *stack_top(int thread);
bool is_guard_page(uint64_t address);

/* The cell of a byte, or NULL where nobody can race. */
struct cell *cell_of(uint64_t address);

/* true where the explorer's own memory lies */
bool is_ours(uint64_t address, size_t size);

/* Memory for the explorer itself, zeroed, never given back. */
void *own_memory(size_t size);

/* ---- who carries a thread: fibers.c, hand_over.c ------------------------ */

struct carrier {
    void (*init)(void);
    void (*prepare)(struct thread *thread); /* before its first step */
    /* From a thread (NULL: the explorer) to another (NULL: the explorer). */
    void (*go)(struct thread *from, struct thread *to);
};
extern const struct carrier fibers, hand_over;
extern const struct carrier *carrier;
bool fibers_possible(void);

/* What a thread runs, on its own stack. */
noreturn void thread_body(void);

/* ---- settings, from the environment ------------------------------------- */

struct settings {
    uint64_t schedules; /* at the most */
    uint64_t steps;     /* of all schedules together; 0: no limit */
    double seconds;     /* 0: no limit */
    uint64_t seed;
    int bound; /* preemptions; -1: none */
    bool reduce, races, trace;
    bool detect;      /* look for races at all */
    bool clock;       /* count virtual time instead (clock.h) */
    bool small;       /* what is explored is a small test */
    bool visits;      /* note where accesses are made */
    uint64_t stop_at; /* step before which a debugger is called; or 0 */
    bool chance;      /* when half of the budget is used up: PCT */
};
extern struct settings settings;

/* Two numbers become one that hangs on every bit of both. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 m =
        (unsigned __int128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd6e8feb86659fd93);

    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* splitmix's step with mix() behind it: the same sequence on every machine. */
uint64_t next_random(uint64_t *state);

#define PC         ((uint64_t)__builtin_return_address(0))
#define ADDRESS(p) ((uint64_t)(uintptr_t)(p))

#endif
