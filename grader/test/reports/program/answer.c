/*
 * answer.c - stands for a student's file: every fault that the readers know,
 * each in a function of its own. A comment in capitals names the lines that
 * the reports must point to.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct job {
    int id;
    long done;
    char text[24];
};

static long total;
static int squares[10];
static struct job whole;
static atomic_int flag;
static pthread_mutex_t north = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t south = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t west = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void both(void *(*one)(void *), void *(*other)(void *), void *argument)
{
    pthread_t first, second;

    pthread_create(&first, NULL, one, argument);
    pthread_create(&second, NULL, other, argument); /* SECOND THREAD */
    pthread_join(first, NULL);
    pthread_join(second, NULL);
}

static struct job *make(void)
{
    return malloc(sizeof(struct job)); /* ALLOCATED */
}

/* ---- races ---- */

static void *add(void *unused)
{
    for (int i = 0; i < 100; i++)
        total++; /* RACE GLOBAL */
    return unused;
}
void race_global(void)
{
    both(add, add, NULL);
}

static void *finish(void *argument)
{
    struct job *job = argument;

    job->done = 1; /* RACE HEAP */
    return NULL;
}
void race_heap(void)
{
    struct job *job = make();

    both(finish, finish, job);
    free(job);
}
static void *touch(void *argument)
{
    struct job *job = argument;

    job->id = 1; /* RACE STACK */
    return NULL;
}
void race_stack(void)
{
    struct job job = {0};

    both(touch, touch, &job);
}

static void *one_lock(void *unused)
{
    pthread_mutex_lock(&north);
    squares[3] = 9; /* RACE ONE LOCK */
    pthread_mutex_unlock(&north);
    return unused;
}
static void *two_locks(void *unused)
{
    pthread_mutex_lock(&south);
    pthread_mutex_lock(&west);
    squares[3] = 10; /* RACE TWO LOCKS */
    pthread_mutex_unlock(&west);
    pthread_mutex_unlock(&south);
    return unused;
}
void race_locks(void)
{
    both(one_lock, two_locks, NULL);
}

static void *set_flag(void *unused)
{
    atomic_store(&flag, 1); /* RACE ATOMIC */
    return unused;
}
static void *see_flag(void *unused)
{
    usleep(10000);
    whole.id = *(int *)&flag; /* RACE PLAIN */
    return unused;
}
void race_atomic(void)
{
    both(see_flag, set_flag, NULL);
}

static void *fill(void *argument)
{
    memset(argument, 0, 40); /* RACE MEMSET */
    return NULL;
}
void race_memset(void)
{
    struct job *job = make();

    both(fill, fill, job);
    free(job);
}

static void *count_calls(void *unused)
{
    static int calls;

    calls++; /* RACE LOCAL STATIC */
    return unused;
}
void race_local_static(void)
{
    both(count_calls, count_calls, NULL);
}

static int pipes[2];
static void *read_pipe(void *unused)
{
    char c;

    if (read(pipes[0], &c, 1) < 1) /* RACE READ */
        abort();
    return unused;
}
static void *close_pipe(void *unused)
{
    usleep(10000);
    close(pipes[0]); /* RACE CLOSE */
    return unused;
}
void race_descriptor(void)
{
    if (pipe(pipes) != 0 || write(pipes[1], "x", 1) != 1)
        abort();
    both(read_pipe, close_pipe, NULL);
    close(pipes[1]);
}

static pthread_mutex_t *made;
static void *use_lock(void *unused)
{
    pthread_mutex_lock(made);
    pthread_mutex_unlock(made);
    return unused;
}
static void *destroy_lock(void *unused)
{
    usleep(10000);
    pthread_mutex_destroy(made); /* RACE DESTROY */
    return unused;
}
void race_destroy(void)
{
    made = malloc(sizeof *made);
    pthread_mutex_init(made, NULL);
    both(use_lock, destroy_lock, NULL);
    free(made);
}

static void *give_back(void *argument)
{
    free(argument); /* FREED BY ANOTHER */
    return NULL;
}
static void *late(void *argument)
{
    usleep(10000);
    ((struct job *)argument)->id = 1; /* USED LATE */
    return NULL;
}
void race_free(void)
{
    both(give_back, late, make());
}

/* ---- locks ---- */

static void north_south(void)
{
    pthread_mutex_lock(&north);
    pthread_mutex_lock(&south); /* ORDER NORTH SOUTH */
    pthread_mutex_unlock(&south);
    pthread_mutex_unlock(&north);
}
static void south_north(void)
{
    pthread_mutex_lock(&south);
    pthread_mutex_lock(&north); /* ORDER SOUTH NORTH */
    pthread_mutex_unlock(&north);
    pthread_mutex_unlock(&south);
}
void order_two(void)
{
    north_south();
    south_north();
}

static pthread_mutex_t forks[3] = {PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_MUTEX_INITIALIZER};
static void *eat(void *seat)
{
    long i = (long)seat;

    pthread_mutex_lock(&forks[i]);
    pthread_mutex_lock(&forks[(i + 1) % 3]); /* ORDER FORKS */
    pthread_mutex_unlock(&forks[(i + 1) % 3]);
    pthread_mutex_unlock(&forks[i]);
    return NULL;
}
void order_three(void)
{
    pthread_t thread;

    for (long i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, eat, (void *)i);
        pthread_join(thread, NULL);
    }
}

void unlock_free(void)
{
    static pthread_mutex_t idle = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_unlock(&idle); /* UNLOCK FREE */
}

void unlock_twice(void)
{
    pthread_rwlock_t lock;

    pthread_rwlock_init(&lock, NULL);
    pthread_rwlock_rdlock(&lock);
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_unlock(&lock); /* UNLOCK TWICE */
    pthread_rwlock_destroy(&lock);
}

static pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;
static void *hold(void *unused)
{
    pthread_mutex_lock(&taken);
    return unused;
}
static void *release(void *unused)
{
    pthread_mutex_unlock(&taken); /* UNLOCK OTHER */
    return unused;
}
void unlock_other(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, hold, NULL); /* HOLDER */
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, release, NULL);
    pthread_join(thread, NULL);
}

void lock_twice(void)
{
    pthread_mutexattr_t kind;
    pthread_mutex_t lock;

    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&lock, &kind);
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&lock); /* LOCK TWICE */
    pthread_mutex_unlock(&lock);
    pthread_mutex_destroy(&lock);
}

void destroy_locked(void)
{
    pthread_mutex_t lock;

    pthread_mutex_init(&lock, NULL);
    pthread_mutex_lock(&lock);    /* LOCKED THEN DESTROYED */
    pthread_mutex_destroy(&lock); /* DESTROY LOCKED */
}

void lock_destroyed(void)
{
    static pthread_mutex_t lock;

    pthread_mutex_init(&lock, NULL);
    pthread_mutex_destroy(&lock);
    pthread_mutex_lock(&lock); /* LOCK DESTROYED */
}

/* The mutexes of the conditions are not those that other faults leave
 * locked. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static void *wait_unlocked(void *unused)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_cond_timedwait(&cond, &gate, &until); /* WAIT UNLOCKED */
    pthread_mutex_unlock(&gate);
    return unused;
}
void cond_unlocked(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, wait_unlocked, NULL);
    pthread_join(thread, NULL);
}

static void *wait_locked(void *unused)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&gate);
    pthread_cond_timedwait(&cond, &gate, &until);
    pthread_mutex_unlock(&gate);
    return unused;
}
static void *signal_unlocked(void *unused)
{
    usleep(50000);
    pthread_cond_signal(&cond); /* DUBIOUS */
    return unused;
}
void cond_dubious(void)
{
    both(wait_locked, signal_unlocked, NULL);
}
static pthread_cond_t short_lived = PTHREAD_COND_INITIALIZER;
static void *wait_short(void *unused)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&gate);
    pthread_cond_timedwait(&short_lived, &gate, &until);
    pthread_mutex_unlock(&gate);
    return unused;
}
static void *destroy_cond(void *unused)
{
    usleep(50000);
    /* glibc would block here for ever if the wait had no end. */
    pthread_cond_destroy(&short_lived); /* DESTROY WAITED */
    return unused;
}
void cond_destroy(void)
{
    both(wait_short, destroy_cond, NULL);
}

/* ---- threads, signals, crashes ---- */

static void *nothing(void *unused)
{
    return unused;
}
void thread_leak(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, nothing, NULL); /* THREAD LEAK */
    usleep(10000);
}

static void handler(int number)
{
    (void)number;
    free(malloc(10)); /* IN HANDLER */
}
void signal_unsafe(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
}

void crash(void)
{
    *(volatile int *)8 = 1; /* CRASH */
}

/* ---- memory ---- */

void use_freed(void)
{
    struct job *job = make();

    free(job);   /* FREED */
    job->id = 4; /* USE FREED */
}

void overrun(void)
{
    int *a = malloc(10 * sizeof *a); /* TEN */

    a[10] = 3;     /* PAST THE END */
    total = a[-1]; /* BEFORE THE START */
    free(a);
}

void free_wrong(void)
{
    char *p = malloc(16);

    free(p + 4); /* FREE INSIDE */
    free(p);
    free(p); /* FREE TWICE */
}

void unset(void)
{
    struct job *job = make();
    int out = open("/dev/null", O_WRONLY);

    if (job->id > 3) /* UNSET CONDITION */
        total++;
    squares[0] = squares[job->id & 7]; /* UNSET VALUE */
    if (write(out, job, 8) < 0)        /* UNSET SENT */
        abort();
    if (write(out, (void *)8, 1) == 9) /* NOT ITS OWN */
        abort();
    close(out);
    free(job);
}

static void *kept;
void leak(void)
{
    struct job **job = malloc(sizeof *job); /* LEAK */

    *job = make();
    kept = malloc(33);
    job = malloc(100);
    squares[1] = job == NULL;
}
